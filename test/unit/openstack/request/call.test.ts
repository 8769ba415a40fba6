import assert from 'node:assert/strict'
import { type AskedCall, readCall } from '../../../../src/openstack/request/call'

const asked = (members: Partial<AskedCall>): AskedCall => ({
  service: 'compute',
  method: 'GET',
  path: '/servers',
  query: undefined,
  headers: undefined,
  body: undefined,
  microversion: '',
  changes: false,
  ...members,
})

describe('A request to a service', () => {
  it('reads unless changing calls are allowed', () => {
    for (const method of ['POST', 'put', 'PATCH', 'DELETE']) {
      assert.throws(() => readCall(asked({ method })), { code: 'REQUEST_CHANGES_OFF' })
      assert.equal(readCall(asked({ method, changes: true })).method, method.toUpperCase())
    }
    assert.equal(readCall(asked({ method: undefined })).method, 'GET')
    for (const method of ['CONNECT', 'GET\r\nx', 7]) {
      assert.throws(() => readCall(asked({ method, changes: true })), { code: 'REQUEST_METHOD' })
    }
  })

  it('takes its query from path, text and object', () => {
    assert.deepEqual(readCall(asked({ path: '/servers?limit=1', query: 'a=b%26c' })).query, [
      ['limit', '1'],
      ['a', 'b&c'],
    ])
    assert.deepEqual(readCall(asked({ query: { id: ['x', 'y'], all_tenants: true, none: null } })).query, [
      ['id', 'x'],
      ['id', 'y'],
      ['all_tenants', 'true'],
    ])
    for (const query of [['a'], 7, { a: { b: 1 } }]) {
      assert.throws(() => readCall(asked({ query })), { code: 'REQUEST_QUERY' })
    }
  })

  it("keeps the account's token and the connection out of the flow's hands", () => {
    for (const name of [
      'X-Auth-Token',
      'x-subject-token',
      'Authorization',
      'Host',
      'Content-Length',
      'a b',
      'Cookie',
    ]) {
      assert.throws(() => readCall(asked({ headers: { [name]: 'x' } })), { code: 'REQUEST_HEADER' })
    }
    assert.throws(() => readCall(asked({ headers: { 'x-a': 'b\r\nx-auth-token: c' } })), { code: 'REQUEST_HEADER' })
    assert.deepEqual(readCall(asked({ headers: { 'X-OpenStack-Nova': '1' } })).headers, { 'x-openstack-nova': '1' })
  })

  it('asks for a microversion as the service names it', () => {
    assert.deepEqual(readCall(asked({ microversion: '2.79' })).headers, { 'openstack-api-version': 'compute 2.79' })
    assert.deepEqual(readCall(asked({ service: 'volumev3', microversion: '3.70' })).headers, {
      'openstack-api-version': 'volume 3.70',
    })
    assert.throws(() => readCall(asked({ microversion: '2' })), { code: 'REQUEST_HEADER' })
    assert.throws(() => readCall(asked({ service: 'load-balancer', microversion: '2.1' })), { code: 'REQUEST_HEADER' })
  })

  it('sends a body with what takes one, as JSON', () => {
    const body = { project: { enabled: false } }
    assert.equal(readCall(asked({ method: 'PATCH', changes: true, body })).body, JSON.stringify(body))
    assert.equal(readCall(asked({ method: 'POST', changes: true, body: '{"a":1}' })).body, '{"a":1}')
    assert.equal(readCall(asked({ body })).body, undefined)
    assert.equal(readCall(asked({ method: 'DELETE', changes: true, body })).body, undefined)
    for (const wrong of ['not JSON', 7, Buffer.from('{}')]) {
      assert.throws(() => readCall(asked({ method: 'POST', changes: true, body: wrong })), { code: 'REQUEST_BODY' })
    }
  })

  it('finds services under their older types', () => {
    const { type, aliases } = readCall(asked({ service: 'block-storage' })).service
    assert.deepEqual([type, ...(aliases ?? [])], ['block-storage', 'volumev3', 'block-store', 'volume'])
    assert.equal(readCall(asked({ service: 'my-own' })).service.version, '')
    for (const service of ['', undefined, 'a b', 'x/../y']) {
      assert.throws(() => readCall(asked({ service })), { code: 'REQUEST_SERVICE' })
    }
  })
})
