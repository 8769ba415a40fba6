import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BatchMember } from '../../src/message/model'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { recordedOccurrences } from '../support/recorded-occurrences'
import { waitFor } from '../support/wait-for'
import { wholeLines } from '../support/whole-lines'

interface Written {
  readonly topic: string
  readonly id: string
  readonly with?: readonly { readonly messageId: string }[]
  readonly missing?: readonly string[]
  readonly events?: readonly { readonly messageId: string }[]
}

describe('Correlation and bursts in a real Node-RED that is killed', function () {
  this.timeout(120_000)
  let directory: string
  let nodeRed: NodeRed | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'correlation-'))
  })
  afterEach(async () => {
    await nodeRed?.remove()
    rmSync(directory, { recursive: true, force: true })
  })

  /** POST /take → the node → one line a message in out.txt; the ids of what it has taken go to taken.txt. */
  function flows(node: Readonly<Record<string, unknown>>, before = ''): FlowNode[] {
    const on = { z: 'tab', x: 100, y: 100 }
    const write = (id: string, file: string) => ({
      ...{ id, type: 'file', filename: join(directory, file), filenameType: 'str', appendNewline: true },
      ...{ overwriteFile: 'false', encoding: 'none', wires: [[]], ...on },
    })
    const report = `${before}
      const { with: joined, missing } = msg.event.correlated ?? {}
      const report = { topic: msg.topic, id: msg.notification.messageId, with: joined, missing, events: msg.payload.events }
      msg.payload = JSON.stringify(report); return msg`
    const taken = 'msg.payload = msg.notification.messageId; return msg'
    return [
      { id: 'tab', type: 'tab', label: 'correlation' },
      { id: 'n-take', type: 'http in', url: '/take', method: 'post', wires: [['n-unwrap', 'n-answer']], ...on },
      { id: 'n-answer', type: 'http response', statusCode: '200', wires: [], ...on },
      { id: 'n-unwrap', type: 'function', func: 'return msg.payload', outputs: 1, wires: [['n-node']], ...on },
      { id: 'n-node', type: '', version: 1, name: '', wires: [['n-report']], ...on, ...node },
      { id: 'n-report', type: 'function', func: report, outputs: 1, wires: [['n-out']], ...on },
      write('n-out', 'out.txt'),
      { id: 'n-complete', type: 'complete', scope: ['n-node'], wires: [['n-id']], ...on },
      { id: 'n-id', type: 'function', func: taken, outputs: 1, wires: [['n-taken']], ...on },
      write('n-taken', 'taken.txt'),
    ]
  }
  const linesOf = (file: string) => wholeLines(join(directory, file))
  const out = () => linesOf('out.txt').map((line) => JSON.parse(line) as Written)
  const take = (messages: readonly BatchMember[]) =>
    Promise.all(
      messages.map((message) =>
        nodeRed?.admin('/take', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(message),
        }),
      ),
    )
  const idOf = ({ notification }: BatchMember) => notification.messageId
  const everyTold = () => out().flatMap((line) => [line.id, ...(line.with ?? []).map(({ messageId }) => messageId)])

  const CORRELATE = { type: 'cadf-correlate', window: '30', windowUnit: 'seconds', notifications: true, held: '10000' }
  const BURST = {
    ...{ type: 'cadf-burst', count: '5', window: '10', windowUnit: 'minutes', key: 'actor', rearm: '0' },
    ...{ rearmUnit: 'minutes', keys: '10000' },
  }

  it('joins what came before with what comes after, each message once, and tells of the rest when its time is up', async () => {
    const requests = recordedOccurrences('octavia-audit.jsonl').filter(({ topic }) => topic === 'audit.http.request')
    const responses = recordedOccurrences('octavia-audit.jsonl').filter(({ topic }) => topic === 'audit.http.response')
    nodeRed = await startNodeRed({ flows: flows({ ...CORRELATE, window: '8' }) })
    await take(requests.slice(0, 20))
    await waitFor('20 taken', () => linesOf('taken.txt').length === 20, { timeoutMs: 10_000 })
    // More are on their way when it dies, and some are being sent; what was not taken the sender still has.
    const unsure = take([...requests.slice(20), ...responses.slice(0, 5)]).catch(() => {})
    await nodeRed.kill()
    await unsure

    const taken = linesOf('taken.txt')
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    await take([...requests.slice(20), ...responses.slice(0, 19)])
    await waitFor(
      () => `all to be told of, ${new Set(everyTold()).size} are`,
      () => new Set(everyTold()).size >= requests.length + 19,
      { timeoutMs: 40_000 },
    )
    const told = everyTold()
    assert.deepEqual(
      taken.filter((id) => !told.includes(id)),
      [],
      'taken, and not told of',
    )
    const answered = out().filter(({ topic }) => topic === 'audit.http.response')
    assert.equal(new Set(answered.map(({ id }) => id)).size, 19)
    for (const { with: joined } of answered) assert.equal(joined?.length, 1)
    const alone = out().filter(({ topic }) => topic === 'audit.http.request')
    assert.deepEqual([...new Set(alone.map(({ id }) => id))].sort(), requests.slice(19).map(idOf).sort())
    for (const { missing } of alone) assert.deepEqual(missing, ['response'])
  })

  it('tells once of a burst whose events came before and after it', async () => {
    const failures = recordedOccurrences('keystone-cadf-lockout.jsonl').filter(
      ({ event }) => event.outcome === 'failure',
    )
    nodeRed = await startNodeRed({ flows: flows(BURST) })
    await take(failures.slice(0, 4))
    await waitFor('4 taken', () => linesOf('taken.txt').length === 4, { timeoutMs: 10_000 })
    await nodeRed.kill()
    assert.equal(out().length, 0)

    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    // The sender is not sure what was taken.
    await take(failures.slice(0, 4))
    await waitFor('8 taken', () => linesOf('taken.txt').length === 8, { timeoutMs: 10_000 })
    assert.equal(out().length, 0)
    await take(failures.slice(4, 5))
    const [burst] = await waitFor('the burst', () => (out().length > 0 ? out() : undefined))
    assert.deepEqual(
      burst?.events?.map(({ messageId }) => messageId),
      failures.slice(0, 5).map(idOf),
    )
    await nodeRed.kill()
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    await take(failures.slice(5))
    await waitFor('10 taken', () => linesOf('taken.txt').length === 10, { timeoutMs: 10_000 })
    assert.equal(new Set(out().map(({ id }) => id)).size, 1)
  })

  it('sends a burst again, under its id, when the process dies while the flow works on it', async () => {
    const failures = recordedOccurrences('keystone-cadf-lockout.jsonl').filter(
      ({ event }) => event.outcome === 'failure',
    )
    const hold = `node.warn('works on ' + msg.event.id); await new Promise((resolve) => setTimeout(resolve, 60000));`
    nodeRed = await startNodeRed({ flows: flows(BURST, hold) })
    await take(failures)
    const [, id] = await nodeRed.waitForLog(/works on (\S+)/)
    await nodeRed.kill()
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir, flows: flows(BURST) })
    const [burst] = await waitFor('the burst', () => (out().length > 0 ? out() : undefined))
    assert.equal(burst?.id, id)
  })

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`loses and repeats nothing in a "${type}" deploy while the flow works on it`, async () => {
      const slow = 'await new Promise((resolve) => setTimeout(resolve, 1500));'
      nodeRed = await startNodeRed({ flows: flows(CORRELATE, slow) })
      const messages = recordedOccurrences('octavia-audit.jsonl').slice(0, 7)
      await take(messages)
      await waitFor('7 taken', () => linesOf('taken.txt').length === 7)
      await nodeRed.deploy(flows({ ...CORRELATE, name: 'changed' }), type)
      await waitFor('three operations', () => out().length === 3)
      await take([{ flush: true, ...recordedOccurrences('octavia-audit.jsonl')[7] } as never])
      await waitFor('the fourth', () => out().length === 4)
      assert.equal(new Set(everyTold()).size, 8)
      assert.equal(everyTold().length, 8)
    })
  }
})
