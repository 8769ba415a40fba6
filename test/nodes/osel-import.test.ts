import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'mocha'
import helper from 'node-red-node-test-helper'
import register from '../../nodes/syslog-out/syslog-out'
import type { FlowNode } from '../../src/osel/fill'
import { OSEL_YAML } from '../support/osel-yaml'

describe("the editor's osel import", () => {
  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  afterEach(async () => {
    await helper.unload()
  })

  it('answers with the example filled in, the secrets apart, and what became of each key', async () => {
    await helper.load(register, [])
    const { body, status } = await helper.request().post('/openstack-events/import-osel').send({ yaml: OSEL_YAML })
    assert.equal(status, 200)
    const flow = body.flow as FlowNode[]
    const syslog = flow.find(({ type }) => type === 'syslog-out')
    assert.equal(syslog?.['host'], 'splunk.example')
    assert.match(syslog?.id ?? '', /^[0-9a-f]{16}$/)
    assert.doesNotMatch(JSON.stringify([body.flow, body.notes]), /Secret/)
    assert.match(JSON.stringify(body.credentials), /KeystoneSecret/)
    assert.equal(body.notes.length, 20)
  })

  it('refuses what is no such file, without repeating it', async () => {
    await helper.load(register, [])
    const { body, status } = await helper
      .request()
      .post('/openstack-events/import-osel')
      .send({ yaml: 'password: "AnySecret' })
    assert.equal(status, 400)
    assert.equal(body.code, 'OSEL_CONFIGURATION')
    assert.doesNotMatch(body.message, /AnySecret/)
  })

  it('refuses a request without a text', async () => {
    await helper.load(register, [])
    const { status } = await helper.request().post('/openstack-events/import-osel').send({})
    assert.equal(status, 400)
  })
})
