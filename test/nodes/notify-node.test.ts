import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node, NodeAPI } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { closeJournals } from '../../nodes/shared/journal'
import { registerChannel } from '../../nodes/shared/notify/notify-node'
import { OperatorError } from '../../src/errors/operator-error'
import { type ChannelDefinition, NotifyError, type Sent } from '../../src/notify/channel'
import type { Report } from '../../src/notify/model'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>

/** What a notifying node does whatever its channel: the channel here is a list. */
describe('a notifying node', () => {
  let userDir: string
  let told: Report[]
  let answers: (Sent | Error)[]

  const channel: ChannelDefinition = {
    name: 'test',
    fields: [{ name: 'title', escape: 'none' }],
    rate: { perSecond: 1000, burst: 1000 },
    idempotent: false,
    open({ credentials }) {
      if (credentials['token'] === undefined) throw new OperatorError('NOTIFY_CONFIG', 'The token is missing.')
      return {
        target: '#soc',
        send: async (report) => {
          told.push(report)
          const answer = answers.shift() ?? { did: 'sent', id: `m${told.length}` }
          if (answer instanceof Error) throw answer
          return answer
        },
        test: async () => 'fine',
        close: async () => {},
      }
    },
  }

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'notify-'))
    helper.settings({ userDir } as never)
    told = []
    answers = []
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    rmSync(userDir, { recursive: true, force: true })
  })

  async function load(changes: Changes = {}, credentials: Record<string, string> = { token: 'secret' }) {
    const flow = [
      { id: 'n-tab', type: 'tab', label: 'test' },
      { id: 'n-tell', type: 'audit-notify-test', z: 'n-tab', wires: [['n-out']], ...changes },
      { id: 'n-out', type: 'helper', z: 'n-tab' },
      { id: 'n-catch', type: 'catch', z: 'n-tab', scope: ['n-tell'], wires: [['n-caught']] },
      { id: 'n-caught', type: 'helper', z: 'n-tab' },
      { id: 'n-complete', type: 'complete', z: 'n-tab', scope: ['n-tell'], wires: [['n-completed']] },
      { id: 'n-completed', type: 'helper', z: 'n-tab' },
    ] as TestFlows
    const register = (RED: NodeAPI) => registerChannel(RED, channel, ['token'])
    await helper.load(register as never, flow, { 'n-tell': credentials })
    return {
      node: helper.getNode('n-tell') as Node,
      sent: collect('n-out'),
      caught: collect('n-caught'),
      completed: collect('n-completed'),
    }
  }

  function collect(id: string): Changes[] {
    const collected: Changes[] = []
    ;(helper.getNode(id) as Node).on('input', (msg) => {
      collected.push(msg as unknown as Changes)
    })
    return collected
  }

  const errorOf = (msg: Changes | undefined) => (msg?.['error'] ?? {}) as { code?: string; message: string }
  const shown = () => statusCalls<Changes>(helper.getNode('n-tell')).at(-1)?.[0] ?? {}

  it('sends, and hands on what the service answered', async () => {
    const { node, sent } = await load()
    node.receive(occurrence('e1'))
    await waitFor('the message', () => (sent.length === 1 ? true : undefined))
    assert.deepEqual(sent[0]?.['sent'], { did: 'sent', id: 'm1' })
    assert.equal(sent[0]?.['topic'], 'security_group_rule.create.end')
    assert.equal(told[0]?.title, 'dana created security group rule rule-e1')
    await waitFor('the status', () => (shown()['text'] === '1 sent' ? true : undefined))
  })

  it('sends an event once, and says of the second that it is a repetition', async () => {
    const { node, sent } = await load()
    node.receive(occurrence('e1'))
    node.receive(occurrence('e1'))
    await waitFor('both messages', () => (sent.length === 2 ? true : undefined))
    assert.equal(told.length, 1)
    assert.deepEqual(sent.map((msg) => (msg['sent'] as Sent).did).sort(), ['repeated', 'sent'])
  })

  it('waits while the service is away, and goes on by itself', async () => {
    const { node, sent } = await load()
    answers = [new NotifyError('transient', 'answered 503', { retryAfterMs: 300 })]
    node.receive(occurrence('e1'))
    await waitFor('the status', () => (String(shown()['text']).startsWith('away, 1 held') ? true : undefined))
    assert.deepEqual([shown()['fill'], shown()['shape']], ['red', 'ring'])
    await waitFor('the message', () => (sent.length === 1 ? true : undefined))
    assert.equal(told.length, 2)
  })

  it('gives an error for what the service will never take', async () => {
    const { node, caught } = await load()
    answers = [new NotifyError('too_large', 'msg_too_long')]
    node.receive(occurrence('e1'))
    const [msg] = await waitFor('the error', () => (caught.length === 1 ? caught : undefined))
    assert.equal(errorOf(msg).code, 'NOTIFY_TOO_LARGE')
  })

  it('throttles, and lets what it held back count as finished', async () => {
    const { node, sent, completed } = await load({ throttle: '1/1h' })
    for (const id of ['e1', 'e2', 'e3']) node.receive(occurrence(id))
    await waitFor('all are finished', () => (completed.length === 3 ? true : undefined))
    assert.deepEqual([told.length, sent.length], [1, 1])
  })

  it('makes one report of a group, and hands it on as a batch', async () => {
    const { node, sent, completed } = await load({ group: true, groupWindow: '1', groupWindowUnit: 'seconds' })
    for (const id of ['e1', 'e2', 'e3']) node.receive(occurrence(id))
    await waitFor('all are in the journal', () => (completed.length === 3 ? true : undefined))
    await waitFor('the group', () => (sent.length === 1 ? true : undefined))
    assert.equal(told.length, 1)
    assert.equal(told[0]?.title, '3 × security_group_rule.create.end: dana')
    assert.equal((sent[0]?.['payload'] as unknown[] | undefined)?.length, 3)
  })

  it('sends a batch as one report', async () => {
    const { node, sent } = await load()
    const payload = ['e1', 'e2'].map((id) => occurrence(id))
    const batch = { id: 'b1', key: '', count: 2, from: '', to: '', reason: 'time' }
    node.receive({ topic: 'batch', payload, batch } as never)
    await waitFor('the message', () => (sent.length === 1 ? true : undefined))
    assert.deepEqual([told.length, told[0]?.id], [1, 'b1'])
  })

  it('uses the texts of its templates', async () => {
    const { node, sent } = await load({ template_title: '{{ event.initiator.name }}: {{ topic }}' })
    node.receive(occurrence('e1'))
    await waitFor('the message', () => (sent.length === 1 ? true : undefined))
    assert.equal(told[0]?.filled['title'], 'dana: security_group_rule.create.end')
  })

  for (const [what, changes, credentials, pattern] of [
    ['a setting that is missing', {}, {}, /token is missing/],
    ['a broken template', { template_title: '{% if %}' }, { token: 'x' }, /template "title"/],
    ['a throttle that is none', { throttle: 'often' }, { token: 'x' }, /throttle/],
  ] as const) {
    it(`says at deploy what is wrong with ${what}`, async () => {
      const { node, caught } = await load(changes, credentials)
      assert.deepEqual([shown()['fill'], shown()['shape']], ['red', 'dot'])
      node.receive(occurrence('e1'))
      const [msg] = await waitFor('the error', () => (caught.length > 0 ? caught : undefined))
      assert.match(errorOf(msg).message, pattern)
      assert.equal(told.length, 0)
    })
  }

  it('takes nothing that is no event', async () => {
    const { node, caught } = await load()
    node.receive({ payload: 'hello' })
    const [msg] = await waitFor('the error', () => (caught.length > 0 ? caught : undefined))
    assert.equal(errorOf(msg).code, 'NOTIFY_NOT_AN_EVENT')
  })
})
