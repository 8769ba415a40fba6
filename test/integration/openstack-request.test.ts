import assert from 'node:assert/strict'
import { demoId } from '../../lab/demo/cloud'
import { demoApplicationCredential, demoProjects, demoUsers } from '../../lab/demo/people'
import { type PocketCloud, type PocketCloudOptions, startPocketCloud } from '../../lab/pocket-cloud'
import { undiciClient } from '../../src/http/undici-client'
import type { KeystoneAuth } from '../../src/openstack/auth'
import { type AskedCall, readCall } from '../../src/openstack/request/call'
import { type PerformOptions, perform } from '../../src/openstack/request/perform'
import { type KeystoneSession, keystoneSession } from '../../src/openstack/session'

const { id, secret } = demoApplicationCredential
const operator: KeystoneAuth = { method: 'application_credential', credential: { id }, secret }
const alice: KeystoneAuth = {
  method: 'password',
  user: { id: demoUsers.alice.id },
  password: demoUsers.alice.password,
  scope: { project: { id: demoProjects.shop.id } },
}
const archive = demoProjects.archive.id

describe('Requests to the services of the pocket cloud', () => {
  let cloud: PocketCloud
  let session: KeystoneSession
  let beforeCall: (url: string) => void

  afterEach(async () => {
    await session.close()
    await cloud.close()
  })

  async function start(auth = operator, options: PocketCloudOptions = {}): Promise<void> {
    beforeCall = () => {}
    cloud = await startPocketCloud({ certificate: false, ...options })
    const http = undiciClient({})
    session = keystoneSession({
      authUrl: cloud.urls.keystone,
      auth,
      interface: 'public',
      region: '',
      http: {
        ...http,
        request: (each) => {
          beforeCall(each.url)
          return http.request(each)
        },
      },
    })
  }
  const request = (call: Partial<AskedCall>, options: Partial<PerformOptions> = {}) =>
    perform(
      session,
      readCall({
        ...{ service: 'compute', method: 'GET', path: '/servers', query: undefined, headers: undefined },
        ...{ body: undefined, microversion: '', changes: true },
        ...call,
      }),
      { paged: true, collection: '', maxBytes: 1_000_000, missingIsAnswer: false, ...options },
    )
  const names = async (call: Partial<AskedCall>) =>
    ((await request(call)).payload as { name: string }[]).map(({ name }) => name).sort()
  const calls = (service: string) => cloud.received.filter((each) => each.request.service === service)

  it('read the listings of five services, page by page', async () => {
    await start()
    const all = `all_tenants=1&project_id=${archive}&limit=1`
    assert.deepEqual(await names({ path: '/servers/detail', query: all }), ['store-1', 'store-2', 'vault-1'])
    assert.equal(calls('nova').length, 4)
    assert.deepEqual(await names({ service: 'block-storage', path: '/volumes/detail', query: all }), [
      'cold-copy',
      'store-data',
    ])
    assert.deepEqual(await names({ service: 'load-balancer', path: '/v2/lbaas/loadbalancers', query: 'limit=1' }), [
      'archive-lb',
      'shop-lb',
    ])
    assert.deepEqual(await names({ service: 'network', path: '/v2.0/networks', query: { limit: 2 } }), [
      'archive-net',
      'public',
      'shop-net',
    ])
    assert.deepEqual(await names({ service: 'identity', path: '/projects', query: 'enabled=true' }), [
      'admin',
      'archive',
      'cloud-admin',
      'depot',
      'service',
      'shop',
    ])
  })

  it('are as free as the account, and no freer', async () => {
    await start(alice)
    assert.deepEqual(await names({}), ['db-1', 'six-1', 'web-1', 'web-2'])
    await assert.rejects(request({ query: 'all_tenants=1' }), {
      code: 'OPENSTACK_FORBIDDEN',
      message: /get_all_tenants/,
    })
    await assert.rejects(request({ service: 'identity', path: '/projects' }), { code: 'OPENSTACK_FORBIDDEN' })
  })

  it('renew a token that was revoked between two pages', async () => {
    await start()
    await session.identity()
    beforeCall = (url) => {
      if (url.includes('marker=') && calls('nova').length === 1) cloud.identity.revokeAll()
    }
    assert.equal((await names({ query: 'all_tenants=1&limit=2' })).length, 7)
    assert.equal(calls('nova').filter(({ status }) => status === 401).length, 1)
    assert.equal(calls('keystone').filter((each) => each.request.method === 'POST').length, 2)
  })

  it('change what they are asked to, and see it changed', async () => {
    await start()
    const one = { service: 'identity', path: `/projects/${archive}` }
    const body = { project: { enabled: false } }
    assert.equal((await request({ ...one, method: 'PATCH', body })).status, 200)
    const { payload } = await request(one, { paged: false })
    assert.equal((payload as { project: { enabled: boolean } }).project.enabled, false)
    const volume = { service: 'block-storage', path: `/volumes/${demoId('volume cold-copy')}` }
    assert.equal((await request({ ...volume, method: 'DELETE' })).status, 202)
    await assert.rejects(request(volume, { paged: false }), { code: 'OPENSTACK_NOT_FOUND' })
    assert.equal((await request(volume, { paged: false, missingIsAnswer: true })).status, 404)
  })

  it('come through a bad moment of a service, and are whole or an error', async () => {
    await start()
    const listing = { query: 'all_tenants=1&limit=3' }
    cloud.faults.add({ service: 'nova', query: 'marker=', status: 503, headers: { 'retry-after': '0' }, times: 2 })
    assert.equal((await names(listing)).length, 7)
    cloud.faults.add({ service: 'nova', query: 'marker=', links: 'internal', times: 1 })
    assert.equal((await names(listing)).length, 7)
    cloud.faults.add({ service: 'nova', query: 'marker=', status: 503, headers: { 'retry-after': '60' }, times: 1 })
    await assert.rejects(request(listing), { code: 'OPENSTACK_UNAVAILABLE', retryable: true, retryAfterMs: 60_000 })
    cloud.faults.add({ service: 'nova', links: 'repeat', times: 2 })
    await assert.rejects(request(listing), { code: 'OPENSTACK_PAGING', message: /never end/ })
    cloud.faults.clear()
    cloud.faults.add({ service: 'nova', page: 'captive-portal', times: 1 })
    await assert.rejects(request(listing), { code: 'OPENSTACK_ANSWER' })
    assert.ok(calls('nova').every(({ request: { headers } }) => headers['host']?.startsWith('127.0.0.1')))
  })

  it('do not repeat a change whose answer was lost', async () => {
    await start()
    cloud.faults.add({ service: 'keystone', method: 'POST', path: '/v3/projects', disconnect: 'after', times: 1 })
    const create = { service: 'identity', method: 'POST', path: '/projects', body: { project: { name: 'once' } } }
    await assert.rejects(request(create), { code: 'REQUEST_UNCLEAR', retryable: false })
    assert.equal(cloud.identity.projects.filter(({ name }) => name === 'once').length, 1)
    assert.equal(calls('keystone').filter((each) => each.request.path === '/v3/projects').length, 1)
  })

  it('give up an answer that is larger than allowed, while it comes', async () => {
    await start()
    cloud.faults.add({ service: 'nova', body: JSON.stringify({ servers: [{ id: 'x'.repeat(300_000) }] }), times: 1 })
    await assert.rejects(request({}, { maxBytes: 100_000 }), { code: 'REQUEST_TOO_LARGE' })
  })
})
