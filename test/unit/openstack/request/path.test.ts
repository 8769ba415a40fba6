import assert from 'node:assert/strict'
import { filled } from '../../../../src/openstack/request/fill'
import { checkedPath, pathBelow } from '../../../../src/openstack/request/path'

describe('The path of a request', () => {
  for (const bad of [
    'http://evil.example/servers',
    'HTTPS://evil.example',
    '//evil.example/servers',
    '/../identity/v3/users',
    '/servers/..',
    '/servers/%2e%2e/os-keypairs',
    '/servers/%2E./x',
    '/servers/%252e%252e/x',
    '/servers/x%2f..%2f..%2fidentity',
    '/servers/..\\..\\x',
    '/servers/%5c..%5cx',
    '/servers/./x',
    '/servers//x',
    '/servers/a b',
    '/servers/a%0d%0ax-auth-token: t',
    '/servers#x',
    '/servers/100%',
  ]) {
    it(`is refused as ${JSON.stringify(bad)}`, () => {
      assert.throws(() => checkedPath(bad), { code: 'REQUEST_PATH' })
    })
  }

  it('may leave out the slash in front, and carry its query', () => {
    assert.deepEqual(checkedPath('servers?limit=2'), { path: '/servers', query: 'limit=2' })
    assert.deepEqual(checkedPath('/containers/a%2Fb'), { path: '/containers/a%2Fb', query: '' })
  })

  for (const [endpoint, path, whole] of [
    ['http://nova/v2.1', '/servers/detail', '/servers/detail'],
    ['http://nova/v2.1', '/v2.1/servers/detail', '/servers/detail'],
    ['https://cloud/compute/v2.1', '/v2.1/servers', '/servers'],
    ['http://cinder/v3/p1', '/v3/p1/volumes/detail', '/volumes/detail'],
    ['http://cinder/v3/p1', '/volumes/detail', '/volumes/detail'],
    ['http://octavia/v2', '/v2/lbaas/loadbalancers', '/lbaas/loadbalancers'],
    ['http://swift', '/v1/AUTH_x', '/v1/AUTH_x'],
    ['http://nova/v2.1', '/', '/'],
  ] as const) {
    it(`at ${endpoint}, ${path} asks for ${whole}`, () => {
      assert.equal(pathBelow(endpoint, path), whole)
    })
  }

  it("is refused for another version than the endpoint's", () => {
    assert.throws(() => pathBelow('http://nova/v2.1', '/v2/servers'), { code: 'REQUEST_PATH', message: /v2\.1/ })
  })

  it('is filled in from the message, escaped', () => {
    const msg = { event: { target: { id: 'a/../b?x=1&y' } }, n: 7 }
    assert.equal(filled('/projects/{event.target.id}/{n}', msg), '/projects/a%2F..%2Fb%3Fx%3D1%26y/7')
    assert.throws(() => checkedPath(filled('/projects/{event.target.id}', msg)), { code: 'REQUEST_PATH' })
  })

  it('is refused when the message lacks what it names', () => {
    for (const msg of [{}, { event: { id: '' } }, { event: { id: {} } }, { event: null }]) {
      assert.throws(() => filled('/projects/{event.id}', msg), { code: 'REQUEST_PLACEHOLDER' })
    }
    assert.throws(() => filled('/x/{constructor.name}', {}), { code: 'REQUEST_PLACEHOLDER' })
  })
})
