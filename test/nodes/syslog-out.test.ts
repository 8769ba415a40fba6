import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { closeJournals } from '../../nodes/shared/journal'
import register from '../../nodes/syslog-out/syslog-out'
import { ByteServer } from '../support/byte-server'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Changes = Record<string, unknown>
interface Shown {
  fill?: string
  shape?: string
  text?: string
}

describe('the syslog-out node', () => {
  let server: ByteServer
  let userDir: string

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    server = new ByteServer()
    await server.start()
    userDir = mkdtempSync(join(tmpdir(), 'syslog-out-'))
    helper.settings({ userDir } as never)
  })
  afterEach(async () => {
    await helper.unload()
    await closeJournals()
    await server.stop()
    rmSync(userDir, { recursive: true, force: true })
  })

  function flow(changes: Changes = {}): TestFlows {
    const node = {
      ...{ id: 'n-sink', type: 'syslog-out', z: 'tab', host: '127.0.0.1', port: String(server.port), transport: 'tcp' },
      ...{
        framing: 'newline',
        protocol: 'rfc5424',
        format: 'json',
        facility: 'audit',
        severityBy: 'outcome',
        wires: [],
      },
      ...changes,
    }
    return [
      { id: 'tab', type: 'tab', label: 'test' },
      node,
      { id: 'n-catch', type: 'catch', z: 'tab', scope: ['n-sink'], wires: [['n-caught']] },
      { id: 'n-complete', type: 'complete', z: 'tab', scope: ['n-sink'], wires: [['n-completed']] },
      { id: 'n-caught', type: 'helper', z: 'tab' },
      { id: 'n-completed', type: 'helper', z: 'tab' },
    ] as TestFlows
  }

  async function load(changes: Changes = {}): Promise<Node> {
    await helper.load(register, flow(changes))
    return helper.getNode('n-sink') as Node
  }

  function collect(id: string): { message?: string; code?: string; _msgid?: string }[] {
    const collected: { message?: string; code?: string }[] = []
    const node = helper.getNode(id) as Node
    node.on('input', (msg) => {
      collected.push({ ...msg, ...(msg as { error?: { message?: string; code?: string } }).error })
    })
    return collected
  }

  function shown(): Shown {
    const calls = statusCalls<Shown>(helper.getNode('n-sink'))
    return calls.at(-1)?.[0] ?? {}
  }

  it('writes the event as JSON with its ids in the structured data', async () => {
    const sink = await load()
    const message = occurrence('e1')
    sink.receive(message)
    const line = await waitFor('a line', () => server.lines[0])
    const [header, json] = splitAt(line, '] ')
    assert.match(
      header,
      /^<110>1 2026-11-21T06:51:16\.590561\+00:00 \S+ openstack-events \d+ security_group_rule\.create\.end /,
    )
    assert.ok(
      header.endsWith(
        '[openstack@32473 messageId="e1" eventId="e1" eventType="security_group_rule.create.end" cloud="lab"',
      ),
      header,
    )
    assert.deepEqual(JSON.parse(json), message.event)
  })

  it('completes a message only when the server has taken it', async () => {
    const port = server.port
    await server.stop()
    const sink = await load({ port: String(port) })
    const completed = collect('n-completed')
    sink.receive(occurrence('e1'))
    await waitFor('away', () => /^away, 1 held: connection refused, retry in \d+ s$/.test(shown().text ?? ''))
    assert.deepEqual([shown().fill, shown().shape], ['red', 'ring'])
    assert.equal(completed.length, 0)
    await server.start()
    await waitFor('the line', () => server.lines.length === 1)
    await waitFor('completion', () => completed.length === 1)
    await waitFor('a green dot', () => shown().fill === 'green')
    await waitFor('the count', () => shown().text === 'connected, 1 sent')
  })

  it('takes the severity from the outcome', async () => {
    const sink = await load({ severityFailure: 'crit' })
    const failed = occurrence('e1')
    sink.receive({ ...failed, event: { ...failed.event, outcome: 'failure' } })
    const line = await waitFor('a line', () => server.lines[0])
    assert.ok(line.startsWith(`<${13 * 8 + 2}>1 `), line)
  })

  it('takes the severity from a property', async () => {
    const sink = await load({
      severityBy: 'value',
      severityProperty: 'level',
      severityPropertyType: 'msg',
      facility: '16',
    })
    sink.receive({ ...occurrence('e1'), level: 'alert' })
    const line = await waitFor('a line', () => server.lines[0])
    assert.ok(line.startsWith(`<${16 * 8 + 1}>1 `), line)
  })

  it('writes a batch member by member', async () => {
    const sink = await load()
    const members = ['e1', 'e2', 'e3'].map((id) => occurrence(id))
    const completed = collect('n-completed')
    sink.receive({ topic: 'batch', payload: members, batch: { id: 'b1', key: '', count: 3 } } as never)
    await waitFor('three lines', () => server.lines.length === 3)
    assert.deepEqual(
      server.lines.map((line) => (JSON.parse(splitAt(line, '] ')[1]) as { id: string }).id),
      ['e1', 'e2', 'e3'],
    )
    await waitFor('completion', () => completed.length === 1)
  })

  it("writes osel's line for an audit record", async () => {
    const sink = await load({ format: 'osel', hostname: 'osel-host-1' })
    sink.receive({
      ...occurrence('e1'),
      payload: {
        change: 'sg_rule_add',
        rule: {
          ...{ id: 'b7d2', security_group_id: '6f0c', direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' },
          ...{ port_range_min: 22, port_range_max: 22, remote_ip_prefix: '0.0.0.0/0', remote_group_id: null },
          project_id: '9a1e',
        },
        ...{ address: '203.0.113.17', scan: 'scan/1790000000.12345', status: 'scanned', message: 'launched' },
      },
    })
    const line = await waitFor('a line', () => server.lines[0])
    assert.equal(
      splitAt(line, '] ')[1],
      '{"affected_ip_address":"203.0.113.17","change_type":"sg_rule_add","qualys_scan_id":"scan/1790000000.12345",' +
        '"qualys_scan_error":"","security_group_rule":{"remote_group_id":null,"direction":"ingress","protocol":"tcp",' +
        '"remote_ip_prefix":"0.0.0.0/0","port_range_max":22,"rule_direction":"","security_group_id":"6f0c",' +
        '"tenant_id":"9a1e","port_range_min":22,"ethertype":"IPv4","id":"b7d2"},"source_type":"osel1.1",' +
        '"source_message_bus":"osel-host-1"}',
    )
  })

  it('writes a text from a property of any message, on one line', async () => {
    const sink = await load({
      format: 'text',
      text: 'payload.note',
      textType: 'msg',
      protocol: 'rfc3164',
      appName: 'flow',
    })
    sink.receive({ payload: { note: 'one\n<13>two' } } as never)
    const line = await waitFor('a line', () => server.lines[0])
    assert.match(line, /^<109>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ flow\[\d+\]: one\\n<13>two$/)
    assert.equal(server.lines.length, 1)
  })

  it('reads the text by JSONata', async () => {
    const sink = await load({ format: 'text', text: 'event.action & " " & event.target.id', textType: 'jsonata' })
    sink.receive(occurrence('e1'))
    const line = await waitFor('a line', () => server.lines[0])
    assert.equal(splitAt(line, '] ')[1], 'create rule-e1')
  })

  const refused: [string, Changes, Record<string, unknown>, string][] = [
    ['a message without an event as JSON', {}, { payload: 1 }, 'SYSLOG_NO_EVENT'],
    ['an event without addresses as osel line', { format: 'osel' }, { ...occurrence('e1') }, 'SYSLOG_NOT_OSEL'],
    ['an empty text', { format: 'text', text: 'nothing' }, { payload: 1 }, 'SYSLOG_NO_TEXT'],
  ]
  for (const [what, changes, message, code] of refused) {
    it(`refuses ${what} with a code`, async () => {
      const sink = await load(changes)
      const caught = collect('n-caught')
      sink.receive(message as never)
      const error = await waitFor('an error', () => caught[0])
      assert.equal(error.code, code)
      assert.equal(server.lines.length, 0)
    })
  }

  it('does not write a redelivered event again', async () => {
    const sink = await load()
    const completed = collect('n-completed')
    sink.receive(occurrence('e1'))
    await waitFor('completion', () => completed.length === 1)
    sink.receive(occurrence('e1'))
    sink.receive(occurrence('e2'))
    await waitFor('three completions', () => completed.length === 3)
    await waitFor('two lines', () => server.lines.length === 2)
  })

  it('remembers what it sent over a restart', async () => {
    const port = server.port
    let sink = await load({ port: String(port) })
    const completed = collect('n-completed')
    sink.receive(occurrence('e1'))
    await waitFor('completion', () => completed.length === 1)
    await helper.unload()
    await closeJournals()
    sink = await load({ port: String(port) })
    const again = collect('n-completed')
    sink.receive(occurrence('e1'))
    await waitFor('completion', () => again.length === 1)
    assert.equal(server.lines.length, 1)
  })

  it('writes it again when the tick is off', async () => {
    const sink = await load({ once: false })
    sink.receive(occurrence('e1'))
    sink.receive(occurrence('e1'))
    await waitFor('two lines', () => server.lines.length === 2)
  })

  it('shows a red dot and fails every message when it is not configured', async () => {
    const sink = await load({ host: '' })
    assert.deepEqual(shown(), { fill: 'red', shape: 'dot', text: 'not configured' })
    const caught = collect('n-caught')
    sink.receive(occurrence('e1'))
    assert.equal((await waitFor('an error', () => caught[0])).code, 'SYSLOG_CONFIG')
  })

  it('shows a red dot with the reason when TLS is refused', async () => {
    const speaker = new ByteServer()
    await speaker.start()
    await load({ transport: 'tls', port: String(speaker.port) })
    await waitFor('a TLS greeting', () => speaker.text.length > 0)
    for (const socket of speaker.sockets) socket.end('<13>I speak no TLS\n')
    const status = await waitFor('a red dot', () =>
      shown().shape === 'dot' && shown().fill === 'red' ? shown() : undefined,
    )
    assert.equal(status.text, 'TLS refused: the server does not speak TLS')
    await helper.unload()
    await speaker.stop()
  })

  it('leaves no connection behind', async () => {
    await load()
    await waitFor('a connection', () => server.sockets.size === 1)
    await helper.unload()
    await waitFor('no connection', () => server.sockets.size === 0)
  })
})

function splitAt(line: string, mark: string): [string, string] {
  const index = line.indexOf(mark)
  assert.ok(index >= 0, line)
  return [line.slice(0, index), line.slice(index + mark.length)]
}
