import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labClock } from '../../lab/clock'
import { SyslogReceiver } from '../../lab/syslog/receiver'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { freePort } from '../support/free-port'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'

const ALL = { scope: { tenants: 'all' }, where: [] } as const

describe('The nodes of the audit trail in a real Node-RED', function () {
  this.timeout(120_000)
  let directory: string
  let nodeRed: NodeRed | undefined
  let held: AuditStore | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'audit-node-'))
  })
  afterEach(async () => {
    await nodeRed?.remove()
    nodeRed = undefined
    await held?.close()
    held = undefined
    rmSync(directory, { recursive: true, force: true })
  })
  const file = (name: string) => join(directory, name)

  function writeLog(count: number): void {
    const line = (index: number) =>
      JSON.stringify({
        ...{ message_id: `m-${index}`, publisher_id: 'network.controller1', event_type: 'port.create.end' },
        ...{ priority: 'INFO', timestamp: '2026-11-21 08:00:00.000000', _context_project_id: 'p1' },
        payload: { port: { id: `port-${index}`, project_id: 'p1' } },
      })
    writeFileSync(file('neutron.log'), Array.from({ length: count }, (_, index) => `${line(index)}\n`).join(''))
  }

  /** With one attempt a counted failure would be a dead letter at once. */
  const source = (wire: string): FlowNode => ({
    ...{ id: 'in', type: 'openstack-notification-in', z: 'tab', x: 100, y: 100, version: 1, cloud: 'lab' },
    ...{ source: 'log-file', file: file('neutron.log'), deadLetters: file('dead.jsonl'), start: 'beginning' },
    ...{ attempts: 1, window: 250, deadline: 20, wires: [[wire]] },
  })
  const base = (name = ''): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'tab' },
    {
      id: 'store',
      type: 'audit-store-config',
      version: 1,
      name,
      engine: 'sqlite',
      file: file('t.sqlite'),
      cloud: 'lab',
    },
    { id: 'keep', type: 'audit-store', z: 'tab', x: 300, y: 100, version: 1, store: 'store', wires: [[], []] },
  ]
  async function counted(): Promise<number> {
    assert.ok(nodeRed !== undefined)
    const answer = await nodeRed.admin('/audit-store-config/test', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'store', engine: 'sqlite', cloud: 'lab', file: file('t.sqlite') }),
    })
    const { values } = (await answer.json()) as { values: { events?: number } }
    return values.events ?? 0
  }
  const stored = (count: number) =>
    waitFor(
      () => `${count} events: ${nodeRed?.log().slice(-800)}`,
      async () => (await counted().catch(() => 0)) >= count || undefined,
      { timeoutMs: 60_000, everyMs: 100 },
    )

  it('let messages wait while another process has the store, and bury none of them', async () => {
    writeLog(300)
    held = await openSqliteStore({ path: file('t.sqlite'), fullText: true })
    nodeRed = await startNodeRed({ flows: [...base(), source('keep')] })
    await nodeRed.waitForLog(/nothing can be stored: .*in use|in use by process/i)
    assert.equal(await held.count(ALL), 0)
    await held.close()
    held = undefined
    await stored(300)
    assert.equal(await counted(), 300)
    assert.equal(existsSync(file('dead.jsonl')), false)
  })

  it('lose nothing over deploys in the middle of storing, and need not be told to go on', async () => {
    writeLog(4000)
    nodeRed = await startNodeRed({ flows: [...base(), source('keep')] })
    for (const [round, type] of (['full', 'nodes', 'full'] as const).entries()) {
      await stored(200 * (round + 1))
      await nodeRed.deploy([...base(`deploy ${round}`), source('keep')], type)
    }
    await stored(4000)
    assert.equal(await counted(), 4000)
    assert.equal(existsSync(file('dead.jsonl')), false)
    assert.doesNotMatch(nodeRed.log(), /UnhandledPromise|Uncaught|timed out/)
  })

  it('replay no faster than the flow can take it, and wait for a sink that is away', async () => {
    writeLog(400)
    const port = await freePort()
    const syslog = (port: number): FlowNode => ({
      ...{ id: 'syslog', type: 'syslog-out', z: 'tab', x: 500, y: 200, version: 1, host: '127.0.0.1' },
      ...{ port: String(port), transport: 'tcp', framing: 'newline', format: 'json', once: false, wires: [] },
    })
    const query: FlowNode = {
      ...{ id: 'query', type: 'audit-query', z: 'tab', x: 300, y: 200, version: 1, store: 'store', what: 'replay' },
      ...{ pace: 'free', window: '20', span: 'all', rows: [], wires: [['syslog', 'seen']] },
    }
    const seen: FlowNode = {
      ...{ id: 'seen', type: 'change', z: 'tab', x: 500, y: 260, wires: [['file']] },
      rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'event.id', tot: 'msg' }],
    }
    const out: FlowNode = {
      ...{ id: 'file', type: 'file', z: 'tab', x: 700, y: 260, filename: file('seen.txt'), filenameType: 'str' },
      ...{ appendNewline: true, overwriteFile: 'false', wires: [[]] },
    }
    const go: FlowNode = {
      ...{ id: 'go', type: 'inject', z: 'tab', x: 100, y: 200, props: [{ p: 'payload' }], wires: [['query']] },
    }
    nodeRed = await startNodeRed({ flows: [...base(), source('keep'), syslog(port), query, seen, out, go] })
    await stored(400)
    await nodeRed.admin('/inject/go', { method: 'POST' })
    const sent = () =>
      existsSync(file('seen.txt')) ? readFileSync(file('seen.txt'), 'utf8').split('\n').length - 1 : 0
    await waitFor('the window to be full', () => sent() >= 20 || undefined, { timeoutMs: 30_000 })
    // Nothing shows outside that no more come, so give it time.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    assert.equal(sent(), 20)
    const receiver = await SyslogReceiver.listen({
      clock: labClock(),
      ports: { udp: 0, tcp: port, tls: 0 },
      certificate: undefined,
    })
    try {
      await waitFor(
        () => `400 lines, ${receiver.lines.length} came`,
        () => receiver.lines.length >= 400 || undefined,
        { timeoutMs: 60_000 },
      )
      await waitFor('all to be seen', () => sent() >= 400 || undefined)
      assert.equal(sent(), 400)
    } finally {
      await receiver.close()
    }
  })
})
