import assert from 'node:assert/strict'
import { endpointOf } from '../../../src/qualys/endpoint'
import { PLATFORMS, platformOf } from '../../../src/qualys/platforms'

describe('the address of the API server', () => {
  it('is enough: every API has a path by default', () => {
    const endpoint = endpointOf('https://qualysapi.qg2.apps.qualys.com/')
    assert.equal(endpoint.launch, 'https://qualysapi.qg2.apps.qualys.com/api/2.0/fo/scan/')
    assert.equal(endpoint.list, 'https://qualysapi.qg2.apps.qualys.com/api/3.0/fo/scan/')
  })

  it("may be the whole scan address that osel's configuration holds; its version is for launching", () => {
    const endpoint = endpointOf('https://qualysapi.qualys.com/api/2.1/fo/scan/')
    assert.equal(endpoint.launch, 'https://qualysapi.qualys.com/api/2.1/fo/scan/')
    assert.equal(endpoint.list, 'https://qualysapi.qualys.com/api/3.0/fo/scan/')
  })

  it('keeps a path that a reverse proxy puts in front', () => {
    assert.equal(endpointOf('https://proxy.example/qualys').launch, 'https://proxy.example/qualys/api/2.0/fo/scan/')
    assert.equal(
      endpointOf('https://proxy.example/qualys/api/2.0/fo/scan').list,
      'https://proxy.example/qualys/api/3.0/fo/scan/',
    )
  })

  it('takes a path of its own for each API', () => {
    const endpoint = endpointOf('https://qualysapi.qualys.com', { launch: '/api/4.0/fo/scan/', list: ' ' })
    assert.equal(endpoint.launch, 'https://qualysapi.qualys.com/api/4.0/fo/scan/')
    assert.equal(endpoint.list, 'https://qualysapi.qualys.com/api/3.0/fo/scan/')
  })

  it('may be plain http on loopback only', () => {
    assert.equal(endpointOf('http://127.0.0.1:8080').launch, 'http://127.0.0.1:8080/api/2.0/fo/scan/')
    assert.ok(endpointOf('http://[::1]:8080'))
    assert.ok(endpointOf('http://localhost:8080'))
    for (const base of ['http://qualysapi.qualys.com', 'http://127.0.0.1.example.net', 'http://10.0.0.1']) {
      assert.throws(() => endpointOf(base), { code: 'QUALYS_URL' }, base)
    }
  })

  const refused = [
    'qualysapi.qualys.com',
    '',
    'ftp://qualysapi.qualys.com',
    'https://user:secret@qualysapi.qualys.com',
    'https://qualysapi.qualys.com/?action=launch',
    'https://qualysapi.qualys.com/#x',
  ]
  for (const base of refused) {
    it(`is refused as "${base}"`, () => {
      assert.throws(
        () => endpointOf(base),
        (error: Error & { code?: string }) => error.code === 'QUALYS_URL' && !error.message.includes('secret'),
      )
    })
  }

  it('refuses a path that leads elsewhere', () => {
    for (const launch of ['//evil.example/x', 'https://evil.example/', 'api', '/a?b=c', '/a\nb']) {
      const endpoint = () => endpointOf('https://qualysapi.qualys.com', { launch })
      if (launch.startsWith('//')) assert.equal(new URL(endpoint().launch).host, 'qualysapi.qualys.com')
      else assert.throws(endpoint, { code: 'QUALYS_URL' }, launch)
    }
  })

  it('is known for each platform, each once', () => {
    assert.equal(platformOf('eu1')?.api, 'https://qualysapi.qualys.eu')
    assert.equal(new Set(PLATFORMS.map(({ api }) => api)).size, PLATFORMS.length)
    for (const { api } of PLATFORMS) assert.ok(endpointOf(api))
  })
})
