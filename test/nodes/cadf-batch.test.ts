import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/cadf-batch/cadf-batch'
import { closeJournals } from '../../nodes/shared/journal'
import type { BatchMessage } from '../../src/message/model'
import { deploy } from '../support/deploy'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

describe('the cadf-batch node', () => {
  let userDir: string

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'cadf-batch-'))
    helper.settings({ userDir } as never)
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    rmSync(userDir, { recursive: true, force: true })
  })

  function flow(changes: Changes): TestFlows {
    return [
      { id: 'n-tab', type: 'tab', label: 'test' },
      {
        ...{ id: 'n-batch', type: 'cadf-batch', z: 'n-tab', window: '10', windowUnit: 'minutes', count: '3', key: '' },
        ...{ held: '10000', wires: [['n-out']], ...changes },
      },
      { id: 'n-out', type: 'helper', z: 'n-tab' },
      { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-batch'], wires: [['n-caught']] },
      { id: 'n-complete', type: 'complete', z: 'n-tab', scope: ['n-batch'], wires: [['n-completed']] },
      { id: 'n-caught', type: 'helper', z: 'n-tab' },
      { id: 'n-completed', type: 'helper', z: 'n-tab' },
    ] as TestFlows
  }

  async function load(changes: Changes = {}): Promise<{ batch: Node; sent: BatchMessage[]; completed: object[] }> {
    await helper.load(register, flow(changes))
    return { batch: helper.getNode('n-batch') as Node, sent: collect('n-out'), completed: collect('n-completed') }
  }

  function collect<M>(id: string): M[] {
    const collected: M[] = []
    const node = helper.getNode(id) as Node
    node.on('input', (msg) => {
      collected.push(msg as unknown as M)
    })
    return collected
  }

  const shown = () => statusCalls<Changes>(helper.getNode('n-batch')).at(-1)?.[0] ?? {}
  const idsOf = (message: BatchMessage | undefined) => message?.payload.map(({ event }) => event.id)

  it('joins events into one message without an event of its own', async () => {
    const { batch, sent, completed } = await load()
    for (const id of ['e1', 'e2', 'e3'])
      batch.receive({ ...occurrence(id), exposure: { changes: [], addresses: [] }, extra: 1 })
    const [message] = await waitFor('a batch', () => (sent.length > 0 ? sent : undefined))
    assert.deepEqual(idsOf(message), ['e1', 'e2', 'e3'])
    assert.equal(message?.topic, 'batch')
    assert.ok(!('event' in (message ?? {})))
    const [member] = message?.payload ?? []
    assert.deepEqual(Object.keys(member ?? {}).sort(), ['event', 'exposure', 'notification', 'payload', 'topic'])
    assert.equal(message?.batch.count, 3)
    assert.equal(message?.batch.reason, 'count')
    assert.match(message?.batch.id ?? '', /^[0-9a-f-]{36}$/)
    await waitFor('three completions', () => completed.length === 3)
  })

  it('sends when the time is up', async () => {
    const { batch, sent } = await load({ window: '0.2', windowUnit: 'seconds' })
    batch.receive(occurrence('e1'))
    await waitFor('a batch', () => sent.length === 1)
    assert.equal(sent[0]?.batch.reason, 'time')
  })

  it('shows what it has collected', async () => {
    const { batch } = await load()
    await waitFor('empty', () => shown()['text'] === 'empty')
    batch.receive(occurrence('e1'))
    await waitFor('a count', () => shown()['text'] === '1 collected')
    assert.equal(shown()['fill'], 'blue')
  })

  it('makes a batch for each key, and puts no key where the source told nothing', async () => {
    const { batch, sent } = await load({ key: 'event.initiator.project_id, notification.source.cloud', count: '1000' })
    const of = (id: string, project: string) => {
      const message = occurrence(id)
      return { ...message, event: { ...message.event, initiator: { ...message.event.initiator, project_id: project } } }
    }
    batch.receive(of('e1', 'red'))
    batch.receive(of('e2', 'blue'))
    batch.receive(of('e3', 'unknown'))
    batch.receive({ flush: true } as never)
    await waitFor('three batches', () => sent.length === 3)
    assert.deepEqual(sent.map(({ batch: { key } }) => key).sort(), [' lab', 'blue lab', 'red lab'])
    assert.deepEqual(sent.map(({ topic }) => topic).sort(), [' lab', 'blue lab', 'red lab'])
  })

  it('is flushed by a message, which may be an event as well', async () => {
    const { batch, sent } = await load()
    batch.receive(occurrence('e1'))
    batch.receive({ ...occurrence('e2'), flush: true })
    await waitFor('a batch', () => sent.length === 1)
    assert.deepEqual(idsOf(sent[0]), ['e1', 'e2'])
    assert.equal(sent[0]?.batch.reason, 'flush')
  })

  it('takes an event once', async () => {
    const { batch, sent, completed } = await load()
    for (const id of ['e1', 'e1', 'e2', 'e2', 'e3']) batch.receive(occurrence(id))
    await waitFor('a batch', () => sent.length === 1)
    assert.deepEqual(idsOf(sent[0]), ['e1', 'e2', 'e3'])
    batch.receive(occurrence('e2'))
    await waitFor('every completion', () => completed.length === 6)
    assert.equal(sent.length, 1)
  })

  it('keeps an open batch over a full deploy', async () => {
    const { batch, completed } = await load()
    batch.receive(occurrence('e1'))
    await waitFor('completion', () => completed.length === 1)
    await deploy(flow({ name: 'changed' }))
    const sent = collect<BatchMessage>('n-out')
    for (const id of ['e2', 'e3']) (helper.getNode('n-batch') as Node).receive(occurrence(id))
    await waitFor('a batch', () => sent.length === 1)
    assert.deepEqual(idsOf(sent[0]), ['e1', 'e2', 'e3'])
  })

  it('keeps it while it is removed, and takes it up when it comes back', async () => {
    const { batch, completed } = await load()
    batch.receive(occurrence('e1'))
    await waitFor('completion', () => completed.length === 1)
    const without = flow({}).filter(({ id }) => id !== 'n-batch')
    await deploy(without)
    await deploy(flow({}))
    const sent = collect<BatchMessage>('n-out')
    ;(helper.getNode('n-batch') as Node).receive({ flush: true } as never)
    await waitFor('a batch', () => sent.length === 1)
    assert.deepEqual(idsOf(sent[0]), ['e1'])
  })

  const refused: [string, object, string][] = [
    ['a message without an event', { payload: 1 }, 'BATCH_NO_EVENT'],
    ['a batch', { payload: [occurrence('e1')], batch: { id: 'b' } }, 'BATCH_NO_EVENT'],
  ]
  for (const [what, message, code] of refused) {
    it(`refuses ${what} with a code`, async () => {
      const { batch } = await load()
      const caught = collect<{ error: { code?: string } }>('n-caught')
      batch.receive(message as never)
      const error = await waitFor('an error', () => caught[0])
      assert.equal(error.error.code, code)
    })
  }

  it('says at once when it keeps as much as it may', async () => {
    const { batch, completed } = await load({ count: '3', held: '3', window: '0', key: 'event.id' })
    const caught = collect<{ error: { code?: string } }>('n-caught')
    for (const id of ['e1', 'e2', 'e3']) batch.receive(occurrence(id))
    await waitFor('three completions', () => completed.length === 3)
    batch.receive(occurrence('e4'))
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'BATCH_FULL')
  })

  it('shows a red dot and fails every message when it is not configured', async () => {
    const { batch } = await load({ window: '8000', windowUnit: 'hours' })
    assert.deepEqual(shown(), { fill: 'red', shape: 'dot', text: 'not configured' })
    const caught = collect<{ error: { code?: string } }>('n-caught')
    batch.receive(occurrence('e1'))
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'BATCH_CONFIG')
  })

  it('shows a red dot and takes nothing when there is no journal', async () => {
    helper.settings({ userDir: join(userDir, 'missing') } as never)
    const { batch } = await load()
    await waitFor('a red dot', () => shown()['fill'] === 'red' && shown()['shape'] === 'dot')
    const caught = collect<{ error: { code?: string } }>('n-caught')
    batch.receive(occurrence('e1'))
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'JOURNAL_UNAVAILABLE')
  })
})
