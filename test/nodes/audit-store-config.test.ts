import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/audit-store-config/audit-store-config'
import type { AuditTrail } from '../../src/audit/trail'
import { deploy } from '../support/deploy'
import { type LocalServer, serve } from '../support/http-server'
import { occurrence } from '../support/occurrence'
import { waitFor } from '../support/wait-for'

type ConfigNode = Node & {
  service: AuditTrail
  cloud: string
  error: { args: [string][] }
  warn: { args: [string][] }
  close(): Promise<void>
}
const ALL = { scope: { tenants: 'all' }, where: [] } as const

describe('the audit-store-config node', function () {
  this.timeout(60_000)
  let directory: string
  let search: LocalServer
  let asked: (string | undefined)[]

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
    search = await serve((request, response) => {
      asked.push(request.headers.authorization)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ version: { distribution: 'opensearch', number: '3.1.0' } }))
    })
  })
  after(async () => {
    await search.close()
    await helper.stopServer()
  })
  beforeEach(() => {
    asked = []
    directory = mkdtempSync(join(tmpdir(), 'audit-store-'))
    helper.settings({ userDir: directory } as never)
  })
  afterEach(async () => {
    await helper.unload()
    rmSync(directory, { recursive: true, force: true })
  })

  async function load(
    nodes: readonly ({ id: string } & Record<string, unknown>)[],
    credentials: object = {},
  ): Promise<void> {
    const flow = nodes.map((node) => ({ type: 'audit-store-config', cloud: 'lab', ...node })) as TestFlows
    await helper.load(register, flow, credentials as never)
  }
  const config = (id: string) => helper.getNode(id) as unknown as ConfigNode
  const test = async (fields: object) => {
    const body = { cloud: 'lab', ...fields }
    const answer = await helper.request().post('/audit-store-config/test').send(body)
    return {
      status: answer.status,
      body: answer.body as { found?: string; values?: object; message?: string; code?: string },
    }
  }

  it('offers a trail at once, in a file of the user directory', async () => {
    await load([{ id: 'a' }])
    const { service, cloud } = config('a')
    assert.equal(cloud, 'lab')
    assert.deepEqual(await service.keep([occurrence('e1'), occurrence('e1')]), ['stored', 'repeated'])
    assert.equal(await service.store.count(ALL), 1)
    const { body } = await test({ id: 'a', cloud: 'lab', engine: 'sqlite', file: '' })
    assert.equal(body.found, 'open')
  })

  it('finds again what was stored before, over a deploy', async () => {
    await load([{ id: 'a', file: 'trail.sqlite' }])
    await config('a').service.keep([occurrence('e1')])
    const flow = [{ id: 'a', type: 'audit-store-config', cloud: 'lab', file: 'trail.sqlite', name: 'changed' }]
    await deploy(flow as never)
    await waitFor('the new node', () => (config('a') as unknown as { name?: string }).name === 'changed')
    assert.deepEqual(await config('a').service.keep([occurrence('e1'), occurrence('e2')]), ['repeated', 'stored'])
  })

  it('tells of what was changed in its dialog, to administrators, and of a key nothing but its fingerprint', async () => {
    const events = async () => {
      const { store } = config('a').service
      const { events } = await store.list({ filter: ALL, sort: [], limit: 10, total: false })
      return events
    }
    const secret = 'one that nobody may read'
    await load([{ id: 'a', file: 'trail.sqlite', retentionDays: '90' }])
    assert.deepEqual(await events(), [])
    await helper.unload()
    const changed = { retentionDays: '30', recordByDefault: false, tenantRules: ['acting-project'], signing: 'hmac' }
    const flow = { id: 'a', file: 'trail.sqlite', ...changed }
    await load([flow], { a: { signingKey: secret } })
    const [event, ...more] = await events()
    assert.equal(more.length, 0)
    assert.deepEqual(event?.tenants, [])
    const told = JSON.parse(event?.body ?? '')
    assert.equal(told.action, 'update/settings')
    const [before, after] = told.attachments.map(({ content }: { content: object }) => content)
    assert.deepEqual([before.retentionDays, after.retentionDays], [90, 30])
    assert.deepEqual([before.recordByDefault, after.recordByDefault], [true, false])
    assert.deepEqual(after.tenantRules, ['acting-project'])
    const { key } = await config('a').service.store.checkpoint()
    assert.deepEqual([before.signedWith, after.signedWith], [null, key])
    assert.ok(!event?.body.includes(secret))
    await helper.unload()
    // Nothing of a file's index of words is decided by the dialog once the file is there.
    await load([{ ...flow, name: 'another', fullText: false }], { a: { signingKey: secret } })
    assert.equal((await events()).length, 1)
  })

  it('makes what was handed over durable before it closes', async () => {
    await load([{ id: 'a' }])
    await config('a').service.store.size()
    const kept = config('a').service.keep([occurrence('e1')])
    await config('a').close()
    assert.deepEqual(await kept, ['stored'])
    await assert.rejects(config('a').service.keep([occurrence('e2')]), { code: 'AUDIT_STORE_CLOSED' })
  })

  it('says of a damaged file what is wrong with it before anything is stored, and still shows where', async () => {
    await load([{ id: 'a', file: 'trail.sqlite' }])
    const events = Array.from({ length: 200 }, (_, number) => occurrence(`e${number}`))
    await config('a').service.keep(events)
    await helper.unload()
    const path = join(directory, 'trail.sqlite')
    const at = readFileSync(path).indexOf('"e100"')
    assert.ok(at > 0)
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.alloc(16_384, 0x5a), 0, 16_384, at - (at % 16_384))
    closeSync(file)

    await load([{ id: 'a', file: 'trail.sqlite' }])
    const { service } = config('a')
    const codes: (string | undefined)[] = []
    service.onTrouble((trouble) => codes.push((trouble as { code?: string } | undefined)?.code))
    await waitFor('it to be told', () => codes.at(-1) === 'AUDIT_STORE_DAMAGED')
    const { warn } = config('a')
    assert.match(warn.args.map(([text]) => text).join(), /damaged.*openstack-audit-verify/)
    const { ok, findings } = await service.store.verify([])
    assert.equal(ok, false)
    assert.match(findings[0]?.text ?? '', /cannot be read/)
    await assert.rejects(service.keep([occurrence('new')]), { code: 'AUDIT_STORE_DAMAGED' })
  })

  it('refuses a second node for the same file, whichever way it is written, and says what to do', async () => {
    writeFileSync(join(directory, 'trail.sqlite'), '')
    symlinkSync(join(directory, 'trail.sqlite'), join(directory, 'other.sqlite'))
    await load([
      { id: 'a', file: 'trail.sqlite', name: 'Trail' },
      { id: 'b', file: join(directory, 'other.sqlite') },
    ])
    await config('a').service.keep([occurrence('e1')])
    await assert.rejects(config('b').service.keep([occurrence('e2')]), { code: 'AUDIT_STORE_IN_USE' })
    assert.match(config('b').error.args[0]?.[0] ?? '', /Another audit store "Trail" has the file .*Choose that one/)
  })

  for (const [name, settings, secrets, text] of [
    ['no cloud', { cloud: '' }, {}, /"cloud" cannot be used/],
    ['no address', { engine: 'opensearch' }, {}, /"url" cannot be used/],
    ['a password in the address', { engine: 'opensearch', url: 'https://u:p@h:9200' }, {}, /without user and password/],
    ['a pattern for a prefix', { engine: 'opensearch', url: 'https://h', indexPrefix: '*' }, {}, /"indexPrefix"/],
    ['another engine', { engine: 'excel' }, {}, /"engine"/],
    ['a key that is missing', { signing: 'hmac' }, {}, /the key is missing/],
    ['a short secret', { signing: 'hmac' }, { signingKey: 'short' }, /fewer than 16/],
    ['no PEM', { signing: 'ed25519' }, { signingKey: 'x'.repeat(40) }, /not a PEM/],
    ['less than a day', { retentionDays: '0.1' }, {}, /days/],
    ['a rule that there is not', { tenantRules: ['everybody'] }, {}, /"tenantRules"/],
  ] as const) {
    it(`refuses everything with ${name}, and says what is wrong`, async () => {
      await load([{ id: 'a', ...(settings as object) }], { a: secrets })
      assert.match(config('a').error.args[0]?.[0] ?? '', text)
      const refused = (thrown: { code?: string; retryable?: boolean }) =>
        thrown.code === 'AUDIT_STORE_CONFIG' && thrown.retryable === false
      await assert.rejects(config('a').service.keep([occurrence('e1')]), refused)
      for (const secret of Object.values(secrets)) {
        assert.ok(!JSON.stringify(config('a').error.args).includes(`${secret}`), 'the secret is not told')
      }
    })
  }

  it('signs checkpoints with a key whose line breaks the field has taken away', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await load([{ id: 'a', signing: 'ed25519' }], { a: { signingKey: pem.replaceAll('\n', '') } })
    const { service } = config('a')
    await service.keep([occurrence('e1')])
    const { key, signature, position } = await service.store.checkpoint()
    assert.match(key ?? '', /^ed25519:/)
    assert.ok(signature !== undefined && position > 0)
  })

  it('hands out checkpoints after so many events', async () => {
    await load([{ id: 'a', checkpointEvents: '2', checkpointMinutes: '0' }])
    const { service } = config('a')
    const positions: number[] = []
    service.onCheckpoint(({ position }) => positions.push(position))
    await service.keep([occurrence('e1'), occurrence('e2'), occurrence('e3')])
    await waitFor('a checkpoint', () => positions.length === 1)
  })

  describe('its test', () => {
    it('looks at a file that is not open, without making it', async () => {
      await load([])
      const { body } = await test({ engine: 'sqlite', file: 'new.sqlite' })
      assert.deepEqual(body, { found: 'newFile', values: { path: join(directory, 'new.sqlite') } })
      writeFileSync(join(directory, 'there.sqlite'), 'x')
      assert.equal((await test({ engine: 'sqlite', file: 'there.sqlite' })).body.found, 'file')
      const { status, body: wrong } = await test({ engine: 'sqlite', file: '/nowhere/x.sqlite' })
      assert.deepEqual([status, wrong.code], [400, 'AUDIT_STORE_REFUSED'])
    })

    it('asks a search engine who it is, with what was typed', async () => {
      await load([])
      const { body } = await test({ engine: 'opensearch', url: search.url, username: 'u', password: 'p' })
      assert.deepEqual(body, { found: 'search', values: { name: 'opensearch', version: '3.1.0' } })
      assert.deepEqual(asked, [`Basic ${btoa('u:p')}`])
    })

    it('sends a stored password nowhere but where it is deployed to go', async () => {
      await load([{ id: 'a', engine: 'opensearch', url: 'http://127.0.0.1:9/' }], {
        a: { username: 'u', password: 'p' },
      })
      const { status, body } = await test({
        ...{ id: 'a', engine: 'opensearch', url: search.url, username: 'u', password: '__PWRD__' },
      })
      assert.deepEqual([status, body.code], [400, 'AUDIT_STORE_CONFIG'])
      assert.deepEqual(asked, [])
    })

    it('tells a key that cannot be used', async () => {
      await load([])
      const { status, body } = await test({ engine: 'sqlite', file: '', signing: 'hmac', signingKey: 'short' })
      assert.equal(status, 400)
      assert.match(body.message ?? '', /fewer than 16/)
    })
  })
})
