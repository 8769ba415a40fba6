import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { decodeCatalog, type EndpointInterface, selectEndpoint } from '../../../src/openstack/catalog'

const recorded = JSON.parse(readFileSync('test/fixtures/recordings/rest/keystone-auth-password.json', 'utf8'))
const real = decodeCatalog(recorded.body.token.catalog)
const twoRegions = ['north', 'south'].flatMap((region) => [
  { type: 'network', interface: 'public', region, url: `https://${region}/` },
  { type: 'network', interface: 'internal', region, url: `http://${region}.internal/` },
])
const choose = (catalog: typeof real, type: string, region: string, face: EndpointInterface = 'public') =>
  selectEndpoint(catalog, { type, region, interface: face })

describe('Choosing an endpoint from the catalogue', () => {
  it('takes it by type, interface and region', () => {
    assert.equal(choose(real, 'network', 'RegionOne'), 'http://127.0.0.1:9696')
    assert.equal(choose(twoRegions, 'network', 'south', 'internal'), 'http://south.internal/')
  })
  it('needs no region where there is only one', () => {
    assert.equal(choose(real, 'network', ''), 'http://127.0.0.1:9696')
  })

  const refused: [title: string, call: () => unknown, message: RegExp][] = [
    ['a region that does not exist', () => choose(twoRegions, 'network', 'east'), /public in north, public in south/],
    ['an interface that does not exist', () => choose(twoRegions, 'network', 'north', 'admin'), /internal in north/],
    ['no region where there are two', () => choose(twoRegions, 'network', ''), /has 2 endpoints.*north.*south/],
    ['a type that does not exist', () => choose(real, 'dns', ''), /it has the types identity, load-balancer, network/],
    ['an empty catalogue', () => choose([], 'network', ''), /nothing at all.*project/],
  ]
  for (const [title, call, message] of refused) {
    it(`lists what exists: ${title}`, () => {
      assert.throws(call, { code: 'KEYSTONE_CATALOG', message })
    })
  }

  it('passes over rows that are no endpoints', () => {
    const odd = [null, 'x', { type: 'network' }, { type: 'network', endpoints: [null, { interface: 'public' }] }]
    assert.deepEqual(decodeCatalog(odd), [])
    assert.deepEqual(decodeCatalog(undefined), [])
  })
})
