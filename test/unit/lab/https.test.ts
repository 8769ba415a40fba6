import assert from 'node:assert/strict'
import { call } from '../../../lab/demo/client'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'

describe('The pocket cloud over https', () => {
  let cloud: PocketCloud
  before(async () => {
    cloud = await startPocketCloud({ https: true })
  })
  after(() => cloud.close())

  it('serves Keystone, Neutron and Qualys with a certificate of its private authority', async () => {
    for (const url of [cloud.urls.keystone, cloud.urls.neutron, cloud.urls.qualys]) {
      assert.match(url, /^https:\/\/127\.0\.0\.1:\d+/)
      assert.ok((await call('GET', url, { ca: cloud.certificate?.ca })).status > 0)
      await assert.rejects(call('GET', url), /self-signed|unable to (get|verify)/i)
    }
  })

  it('keeps the demo’s curl line on http, and it works', async () => {
    assert.match(cloud.urls.control, /^http:/)
    assert.equal((await call('POST', `${cloud.urls.control}/demo/open-port`)).status, 201)
  })

  it('cannot speak https without a certificate, and says so', async () => {
    await assert.rejects(startPocketCloud({ https: true, certificate: false }), /https needs a certificate/)
  })
})
