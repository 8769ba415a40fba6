import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/audit-store/audit-store'
import { parseCheckpoint } from '../../src/audit/chain/checkpoint'
import { refusingTrail } from '../../src/audit/opening/patient-trail'
import type { AuditTrail } from '../../src/audit/trail'
import { cadfProblems } from '../../src/cadf/validate'
import { OperatorError } from '../../src/errors/operator-error'
import { incoming } from '../../src/message/members'
import { linesOf, subjectsOf } from '../../src/syslog/lines'
import { readSettings } from '../../src/syslog/settings'
import { fakeStoreConfig } from '../support/fake-store-config'
import { type FakeTrail, fakeTrail } from '../support/fake-trail'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Received = Record<string, unknown>

describe('the audit-store node', () => {
  let trail: FakeTrail
  let service: AuditTrail | undefined
  let passed: Received[]
  let checkpoints: Received[]
  let caught: { error: { code?: string; message: string } }[]

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    trail = fakeTrail()
    service = trail
  })
  afterEach(async () => {
    await helper.unload()
  })

  async function load(store = 'n-config'): Promise<Node> {
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'n-config', type: 'audit-store-config' },
      { id: 'n-store', type: 'audit-store', z: 'tab', store, wires: [['n-passed'], ['n-checkpoints']] },
      { id: 'n-catch', type: 'catch', z: 'tab', scope: ['n-store'], wires: [['n-caught']] },
      ...['n-passed', 'n-checkpoints', 'n-caught'].map((id) => ({ id, type: 'helper', z: 'tab' })),
    ] as TestFlows
    await helper.load([fakeStoreConfig(() => service), register] as never, flow)
    const collect = <M>(id: string): M[] => {
      const collected: M[] = []
      helper.getNode(id).on('input', (msg) => collected.push(msg as unknown as M))
      return collected
    }
    passed = collect('n-passed')
    checkpoints = collect('n-checkpoints')
    caught = collect('n-caught')
    return helper.getNode('n-store') as Node
  }
  const shown = () => {
    const args = statusCalls<Record<string, string>>(helper.getNode('n-store'))
    const [{ fill, shape, text }] = args.at(-1) ?? [{}]
    return `${fill} ${shape} ${text}`
  }

  it('stores an event and passes the message on, saying what became of it', async () => {
    const node = await load()
    node.receive({ ...occurrence('a'), other: 'kept' } as never)
    node.receive(occurrence('a') as never)
    await waitFor('both', () => passed.length === 2)
    assert.deepEqual(
      passed.map(({ audit }) => audit),
      [{ outcome: 'stored' }, { outcome: 'repeated' }],
    )
    assert.equal(passed[0]?.['other'], 'kept')
    assert.deepEqual(trail.kept.get('a')?.notification?.messageId, 'a')
    await waitFor('the counts', () => shown() === 'green dot 1 stored, 1 repeated')
  })

  it('stores a batch whole, and tells of each member', async () => {
    const node = await load()
    node.receive(occurrence('b') as never)
    const payload = ['a', 'b'].map((id) => occurrence(id))
    node.receive({ topic: 'batch', payload, batch: { id: 'b1', key: '', count: 2 } } as never)
    await waitFor('both', () => passed.length === 2)
    assert.deepEqual(passed[1]?.['audit'], { outcome: 'mixed', outcomes: ['stored', 'repeated'] })
  })

  it('says that an id came with other content', async () => {
    const node = await load()
    const first = occurrence('a')
    node.receive(first as never)
    node.receive({ ...first, event: { ...first.event, outcome: 'failure' } } as never)
    await waitFor('both', () => passed.length === 2)
    assert.deepEqual(passed[1]?.['audit'], { outcome: 'conflict' })
    const { args } = (node as unknown as { warn: { args: [string][] } }).warn
    assert.match(args[0]?.[0] ?? '', /both are kept/)
    await waitFor('the counts', () => shown() === 'green dot 1 stored, 1 in conflict')
  })

  it('stores an event that came with no notification', async () => {
    const node = await load()
    const { event } = occurrence('a')
    node.receive({ event } as never)
    await waitFor('it', () => passed.length === 1)
    assert.deepEqual(trail.kept.get('a'), { event })
  })

  it('refuses a message without an event, by a code', async () => {
    const node = await load()
    node.receive({ payload: 'hello' } as never)
    await waitFor('the error', () => caught.length === 1)
    assert.equal(caught[0]?.error.code, 'AUDIT_NO_EVENT')
    assert.equal(trail.calls.length, 0)
  })

  it('puts messages that come together into one call', async () => {
    const node = await load()
    for (let index = 0; index < 100; index += 1) node.receive(occurrence(`e${index}`) as never)
    await waitFor('all', () => passed.length === 100)
    assert.ok(trail.calls.length < 10, `${trail.calls.length} calls`)
    assert.equal(trail.kept.size, 100)
  })

  it('sends each checkpoint out of its second output, fit for syslog in whichever format', async () => {
    await load()
    const checkpoint = { writer: 'w-1', position: 12, link: 'ab'.repeat(32), time: '2026-11-21T07:00:00.000Z' }
    trail.checkpoint(checkpoint)
    const message: Received | undefined = (
      await waitFor('it', () => (checkpoints.length > 0 ? checkpoints : undefined))
    )[0]
    assert.deepEqual(parseCheckpoint(String(message?.['payload'])), checkpoint)
    assert.deepEqual(message?.['checkpoint'], checkpoint)
    assert.deepEqual(cadfProblems(message?.['event']), [])
    const text: unknown = message?.['payload']
    for (const format of ['json', 'text']) {
      const settings = readSettings({ host: 'h', format }, 'here')
      const subjects = subjectsOf(message ?? {}, incoming(message ?? {}), format)
      const lines: { bytes: Buffer }[] = subjects.flatMap((one) => linesOf(one, { text }, settings, new Date()))
      assert.deepEqual(parseCheckpoint(String(lines[0]?.bytes)), checkpoint, format)
    }
    assert.equal(passed.length, 0)
  })

  it('shows what is wrong with the store, and refuses what cannot wait', async () => {
    const node = await load()
    const full = new OperatorError('AUDIT_STORE_FULL', 'The disk is full.', { retryable: true })
    trail.before = () => {
      throw full
    }
    trail.trouble(full)
    node.receive(occurrence('a') as never)
    await waitFor('the error', () => caught.length === 1)
    assert.equal(caught[0]?.error.code, 'AUDIT_STORE_FULL')
    assert.match(shown(), /^red ring disk full(, retry in \d+ s)?$/)
    trail.before = undefined
    trail.trouble(undefined)
    await waitFor('a green dot', () => shown().startsWith('green dot'))
    node.receive(occurrence('a') as never)
    await waitFor('it', () => passed.length === 1)
  })

  it('says that the store is being opened, and that a person must mend it', async () => {
    service = refusingTrail(new OperatorError('AUDIT_STORE_CONFIG', 'There is no URL.'))
    await load()
    await waitFor('a red dot', () => shown() === 'red dot store not configured')
  })

  it('without a store shows a red dot and refuses messages', async () => {
    const node = await load('nowhere')
    assert.equal(shown(), 'red dot not configured')
    node.receive(occurrence('a') as never)
    await waitFor('the error', () => caught.length === 1)
    assert.equal(caught[0]?.error.code, 'AUDIT_STORE_CONFIG')
  })

  it('lets go of the trail when it closes', async () => {
    const node = (await load()) as Node & { close(): Promise<void> }
    await node.close()
    trail.checkpoint({ writer: 'w', position: 1, link: '', time: '' })
    trail.trouble(new Error('late'))
    assert.equal(checkpoints.length, 0)
  })
})
