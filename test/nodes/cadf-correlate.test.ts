import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/cadf-correlate/cadf-correlate'
import { closeJournals } from '../../nodes/shared/journal'
import type { Correlated } from '../../src/correlate/model'
import type { OccurrenceMessage } from '../../src/message/model'
import { deploy } from '../support/deploy'
import { recordedOccurrences } from '../support/recorded-occurrences'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

describe('the cadf-correlate node', () => {
  let userDir: string
  const [asked, answered] = recordedOccurrences('octavia-audit.jsonl')
  const gap = recordedOccurrences('keystone-cadf.jsonl').find(({ event }) => event.initiator.id === 'unknown')

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'cadf-correlate-'))
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
        ...{ id: 'n-correlate', type: 'cadf-correlate', z: 'n-tab', window: '60', windowUnit: 'seconds' },
        ...{ notifications: true, held: '10000', wires: [['n-out']], ...changes },
      },
      { id: 'n-out', type: 'helper', z: 'n-tab' },
      { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-correlate'], wires: [['n-caught']] },
      { id: 'n-complete', type: 'complete', z: 'n-tab', scope: ['n-correlate'], wires: [['n-completed']] },
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
  const receive = (message: object | undefined) =>
    (helper.getNode('n-correlate') as Node).receive({ ...message } as never)
  const shown = () => statusCalls<Changes>(helper.getNode('n-correlate')).at(-1)?.[0] ?? {}
  const correlatedOf = (message: OccurrenceMessage | undefined) => message?.event['correlated'] as Correlated

  it('joins a request with its response, and says what waits', async () => {
    const { sent, completed } = await load()
    await waitFor('empty', () => shown()['text'] === 'empty')
    receive(answered)
    await waitFor('one waiting', () => shown()['text'] === '1 waiting')
    assert.equal(sent.length, 0)
    receive(asked)
    await waitFor('the event', () => sent.length === 1)
    assert.equal(sent[0]?.topic, 'audit.http.response')
    assert.equal(correlatedOf(sent[0]).with[0]?.topic, 'audit.http.request')
    await waitFor('two completions', () => completed.length === 2)
    await waitFor('empty', () => shown()['text'] === 'empty')
  })

  it('sends at once and unchanged what there is nothing to join to', async () => {
    const { sent } = await load()
    receive({ ...gap, extra: 1 })
    await waitFor('the event', () => sent.length === 1)
    assert.equal(sent[0]?.['extra'], 1)
    assert.equal(correlatedOf(sent[0]), undefined)
  })

  it('sends what has waited long enough', async () => {
    const { sent } = await load({ window: '0.2' })
    receive(asked)
    await waitFor('the event', () => sent.length === 1)
    assert.deepEqual(correlatedOf(sent[0]).missing, ['response'])
  })

  it('joins over a full deploy', async () => {
    const { completed } = await load()
    receive(asked)
    await waitFor('completion', () => completed.length === 1)
    await deploy(flow({ name: 'changed' }))
    const sent = collect<OccurrenceMessage>('n-out')
    receive(answered)
    await waitFor('the event', () => sent.length === 1)
    assert.deepEqual(correlatedOf(sent[0]).missing, undefined)
  })

  it('is flushed by a message', async () => {
    const { sent, completed } = await load()
    receive(asked)
    await waitFor('completion', () => completed.length === 1)
    receive({ flush: true })
    await waitFor('the event', () => sent.length === 1)
  })

  it('refuses a message without an event, and a batch', async () => {
    await load()
    const caught = collect<{ error: { code?: string } }>('n-caught')
    receive({ payload: 1 })
    receive({ payload: [asked], batch: { id: 'b' } })
    await waitFor('two errors', () => caught.length === 2)
    assert.deepEqual(
      caught.map(({ error }) => error.code),
      ['CORRELATE_NO_EVENT', 'CORRELATE_NO_EVENT'],
    )
  })

  it('says at once when it keeps as much as it may', async () => {
    const { completed } = await load({ held: '10' })
    const caught = collect<{ error: { code?: string } }>('n-caught')
    const requests = recordedOccurrences('octavia-audit.jsonl').filter(({ topic }) => topic === 'audit.http.request')
    for (const request of requests.slice(0, 10)) receive(request)
    await waitFor('ten completions', () => completed.length === 10)
    receive(requests[10])
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'CORRELATE_FULL')
  })

  it('shows a red dot and fails every message when it is not configured', async () => {
    await load({ window: '25', windowUnit: 'hours' })
    assert.deepEqual(shown(), { fill: 'red', shape: 'dot', text: 'not configured' })
    const caught = collect<{ error: { code?: string } }>('n-caught')
    receive(asked)
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'CORRELATE_CONFIG')
  })

  it('shows a red dot and takes nothing when there is no journal', async () => {
    helper.settings({ userDir: join(userDir, 'missing') } as never)
    await load()
    await waitFor('a red dot', () => shown()['fill'] === 'red' && shown()['shape'] === 'dot')
    const caught = collect<{ error: { code?: string } }>('n-caught')
    receive(asked)
    assert.equal((await waitFor('an error', () => caught[0])).error.code, 'JOURNAL_UNAVAILABLE')
  })
})
