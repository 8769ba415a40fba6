import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'mocha'
import helper from 'node-red-node-test-helper'
import register from '../../nodes/cadf-filter/cadf-filter'
import { addWatchersImport } from '../../nodes/cadf-filter/watchers-import'
import type { FlowNode } from '../../src/watchers/model'

const FIRST = readFileSync(join(__dirname, '../fixtures/watchers/first.yaml'), 'utf8')
const URL = '/openstack-events/import-watchers'

describe("the editor's import of pretty-cool-events", () => {
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

  it('answers with a flow, the secrets apart, and what became of each key', async () => {
    await helper.load(register, [])
    const { body, status } = await helper.request().post(URL).send({ yaml: FIRST, template: '{{ event_type }}' })
    assert.equal(status, 200)
    const flow = body.flow as FlowNode[]
    assert.match(flow[0]?.id ?? '', /^[0-9a-f]{16}$/)
    assert.equal(flow.filter(({ type }) => type === 'audit-template').length, 1)
    assert.doesNotMatch(JSON.stringify([body.flow, body.notes]), /Secret/)
    assert.match(JSON.stringify(body.credentials), /PceSecret/)
  })

  it('refuses what is no such file, without repeating it', async () => {
    await helper.load(register, [])
    for (const sent of [{ yaml: 'pce_api_secret: "AnySecret' }, {}, { yaml: 7 }]) {
      const { body, status } = await helper.request().post(URL).send(sent)
      assert.equal(status, 400)
      assert.equal(body.code, 'WATCHERS_CONFIGURATION')
      assert.doesNotMatch(body.message, /AnySecret/)
    }
  })

  it('is for who may change filters', () => {
    const asked: unknown[] = []
    addWatchersImport({
      auth: { needsPermission: (permission: string) => permission },
      httpAdmin: { post: (path: string, may: unknown) => asked.push([path, may]) },
    } as never)
    assert.deepEqual(asked, [[URL, 'cadf-filter.write']])
  })
})
