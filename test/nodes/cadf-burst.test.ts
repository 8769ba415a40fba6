import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/cadf-burst/cadf-burst'
import { closeJournals } from '../../nodes/shared/journal'
import type { BurstPayload } from '../../src/burst/model'
import type { OccurrenceMessage } from '../../src/message/model'
import { deploy } from '../support/deploy'
import { recordedOccurrences } from '../support/recorded-occurrences'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

describe('the cadf-burst node', () => {
  let userDir: string
  const failures = recordedOccurrences('keystone-cadf-lockout.jsonl').filter(({ event }) => event.outcome === 'failure')

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'cadf-burst-'))
    helper.settings({ userDir } as never)
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    rmSync(userDir, { recursive: true, force: true })
  })

  const flow = (changes: Changes = {}) =>
    [
      { id: 'n-tab', type: 'tab', label: 'test' },
      {
        ...{
          id: 'n-burst',
          type: 'cadf-burst',
          z: 'n-tab',
          name: 'Logins',
          count: '5',
          window: '10',
          windowUnit: 'minutes',
        },
        ...{ key: 'actor', rearm: '0', rearmUnit: 'minutes', keys: '10000', wires: [['n-out']], ...changes },
      },
      { id: 'n-out', type: 'helper', z: 'n-tab' },
      { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-burst'], wires: [['n-caught']] },
      { id: 'n-complete', type: 'complete', z: 'n-tab', scope: ['n-burst'], wires: [['n-completed']] },
      { id: 'n-caught', type: 'helper', z: 'n-tab' },
      { id: 'n-completed', type: 'helper', z: 'n-tab' },
    ] as TestFlows

  function collect<M>(id: string): M[] {
    const collected: M[] = []
    const node = helper.getNode(id) as Node
    node.on('input', (msg) => {
      collected.push(msg as unknown as M)
    })
    return collected
  }
  async function load(changes: Changes = {}) {
    await helper.load(register, flow(changes))
    return { sent: collect<OccurrenceMessage>('n-out'), completed: collect<object>('n-completed') }
  }
  const receive = (message: object | undefined) => (helper.getNode('n-burst') as Node).receive({ ...message } as never)
  const shown = () => statusCalls<Changes>(helper.getNode('n-burst')).at(-1)?.[0] ?? {}
  const payloadOf = (message: OccurrenceMessage | undefined) => message?.payload as BurstPayload

  it('tells once of the failed logins of the recorded lockout, and passes nothing else', async () => {
    const { sent, completed } = await load()
    for (const failure of failures) receive(failure)
    await waitFor('every completion', () => completed.length === failures.length)
    await waitFor('the burst', () => sent.length === 1)
    assert.equal(sent[0]?.topic, 'burst')
    assert.equal(payloadOf(sent[0]).count, 5)
    assert.equal(sent[0]?.event.eventType, 'monitor')
    assert.equal(sent[0]?.event.observer.name, 'Logins')
    await waitFor('the key in the status', () => shown()['text'] === 'counting, 1 key')
  })

  it('counts on over a full deploy', async () => {
    const { completed } = await load()
    for (const failure of failures.slice(0, 4)) receive(failure)
    await waitFor('four completions', () => completed.length === 4)
    await deploy(flow({ wires: [['n-out'], []] }))
    const sent = collect<OccurrenceMessage>('n-out')
    receive(failures[4])
    await waitFor('the burst', () => sent.length === 1)
  })

  it('takes a message that lacks the key without counting it', async () => {
    const { sent, completed } = await load({ key: 'event.initiator.project_id', count: '2' })
    for (const failure of failures) receive(failure)
    await waitFor('every completion', () => completed.length === failures.length)
    assert.equal(sent.length, 0)
    assert.equal(shown()['text'], 'counting, 0 keys')
  })

  it('refuses a message without an event, and a batch', async () => {
    await load()
    const caught = collect<{ error: { code?: string } }>('n-caught')
    receive({ payload: 1 })
    receive({ payload: [failures[0]], batch: { id: 'b' } })
    await waitFor('two errors', () => caught.length === 2)
    assert.deepEqual(
      caught.map(({ error }) => error.code),
      ['BURST_NO_EVENT', 'BURST_NO_EVENT'],
    )
  })

  it('shows a red dot and fails every message when it is not configured', async () => {
    await load({ key: 'who.knows' })
    assert.deepEqual(shown(), { fill: 'red', shape: 'dot', text: 'not configured' })
    const caught = collect<{ error: { code?: string } }>('n-caught')
    receive(failures[0])
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'BURST_CONFIG')
  })

  it('shows a red dot and takes nothing when there is no journal', async () => {
    helper.settings({ userDir: join(userDir, 'missing') } as never)
    await load()
    await waitFor('a red dot', () => shown()['fill'] === 'red' && shown()['shape'] === 'dot')
    const caught = collect<{ error: { code?: string } }>('n-caught')
    receive(failures[0])
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'JOURNAL_UNAVAILABLE')
  })
})
