import assert from 'node:assert/strict'
import type { HttpResponse } from '../../../src/http/client'
import { identityEntry } from '../../../src/openstack/identity-look-ups'
import { OpenStackError, refusal } from '../../../src/openstack/openstack-error'
import type { KeystoneSession, ServiceRequest } from '../../../src/openstack/session'

/** A session whose answers are given; those other than success are errors, as the real one has it. */
function session(status: number, body: unknown): KeystoneSession & { readonly requests: ServiceRequest[] } {
  const requests: ServiceRequest[] = []
  const never = () => Promise.reject(new Error('not asked for here'))
  return {
    requests,
    async request(_service, request): Promise<HttpResponse> {
      requests.push(request)
      const response = { status, headers: {}, text: JSON.stringify(body) }
      if (status >= 300) throw refusal('Keystone: GET', response, [])
      return response
    },
    endpoint: never,
    catalog: never,
    identity: never,
    keystone: never,
    close: async () => {},
  }
}

describe('Asking Keystone about an id', () => {
  it('gives the name, and the domain that it is in', async () => {
    const keystone = session(200, { project: { id: 'p1', name: 'shop', domain_id: 'd1', enabled: true } })
    assert.deepEqual(await identityEntry(keystone, 'project', 'p1'), { name: 'shop', domainId: 'd1' })
    assert.deepEqual(keystone.requests, [{ method: 'GET', path: '/projects/p1' }])
  })
  it('gives what there is of it', async () => {
    assert.deepEqual(await identityEntry(session(200, { user: { name: 7, domain_id: '' } }), 'user', 'u1'), {})
    assert.deepEqual(await identityEntry(session(200, { domain: { name: 'Sales' } }), 'domain', 'd1'), {
      name: 'Sales',
    })
  })
  it('tells what is gone and what may not be asked for from a Keystone that is away', async () => {
    assert.equal(await identityEntry(session(404, {}), 'user', 'u1'), 'gone')
    assert.equal(await identityEntry(session(403, {}), 'user', 'u1'), 'forbidden')
    await assert.rejects(identityEntry(session(503, {}), 'user', 'u1'), { code: 'OPENSTACK_UNAVAILABLE' })
    await assert.rejects(identityEntry(session(200, { project: {} }), 'user', 'u1'), OpenStackError)
    await assert.rejects(identityEntry(session(200, []), 'user', 'u1'), OpenStackError)
  })
  it('asks for nothing but the id, whatever it is', async () => {
    const keystone = session(404, {})
    await identityEntry(keystone, 'user', '../projects?x=y#z')
    assert.equal(keystone.requests[0]?.path, '/users/..%2Fprojects%3Fx%3Dy%23z')
  })
})
