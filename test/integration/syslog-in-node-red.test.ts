import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { ByteServer } from '../support/byte-server'
import { type Certificates, makeCertificates } from '../support/certificates'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { PrivateRsyslog } from '../support/rsyslog'
import { waitFor } from '../support/wait-for'

const WINDOW = 20

describe('Syslog in a real Node-RED', function () {
  this.timeout(120_000)
  let directory: string
  let log: string
  let server: ByteServer
  let nodeRed: NodeRed | undefined

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'syslog-'))
    log = join(directory, 'neutron.log')
    server = new ByteServer()
    await server.start()
  })
  afterEach(async () => {
    await nodeRed?.remove()
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  })

  const notification = (id: string) => {
    const body = {
      message_id: id,
      publisher_id: 'network.vm',
      event_type: 'port.update.end',
      priority: 'INFO',
      payload: {},
    }
    return `${JSON.stringify({ ...body, timestamp: '2026-11-21 07:57:44.201000' })}\n`
  }
  const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`)
  const lines = (some: string[]) => some.map(notification).join('')
  const received = () => server.lines.map((line) => / messageId="([^"]+)"/.exec(line)?.[1] ?? line)
  const all = (some: string[]) =>
    waitFor(
      () => `${some.filter((id) => !received().includes(id)).slice(0, 10)} of ${some.length}`,
      () => new Set(received()).size === some.length,
      { timeoutMs: 60_000 },
    )

  const flows = (changes: Record<string, unknown> = {}): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'audit' },
    {
      ...{ id: 'n-in', type: 'openstack-notification-in', z: 'tab', x: 100, y: 100, version: 1, name: '' },
      ...{ cloud: 'lab', source: 'log-file', file: log, start: 'beginning', deadLetters: '', include: '', ignore: '' },
      ...{ settle: 'flow', window: WINDOW, attempts: 1, deadline: 20, caught: false, wires: [['n-syslog']] },
    },
    {
      ...{ id: 'n-syslog', type: 'syslog-out', z: 'tab', x: 100, y: 100, version: 1, name: '', host: '127.0.0.1' },
      ...{ port: String(server.port), transport: 'tcp', framing: 'newline', protocol: 'rfc5424', format: 'json' },
      ...{ facility: 'audit', severityBy: 'outcome', wires: [], ...changes },
    },
    { id: 'n-status', type: 'status', z: 'tab', x: 100, y: 200, name: '', scope: ['n-in'], wires: [['n-debug']] },
    {
      ...{ id: 'n-debug', type: 'debug', z: 'tab', x: 300, y: 200, name: 'source', active: true, tosidebar: false },
      ...{ console: true, tostatus: false, complete: 'status.text', targetType: 'msg', wires: [] },
    },
  ]

  for (const line of ['5', '4.1'] as const) {
    it(`holds what it has while the server is away, in Node-RED ${line}, pauses the source, and delivers all of it once, in order`, async () => {
      await server.stop()
      const some = ids(0, 60)
      writeFileSync(log, lines(some))
      nodeRed = await startNodeRed({ line, flows: flows() })
      await nodeRed.waitForLog(/syslog server 127\.0\.0\.1:\d+: connection refused/)
      // Long enough for the window to fill; one attempt would dead-letter at once if being away counted.
      await nodeRed.waitForLog(/paused: syslog server/)
      await new Promise((resolve) => setTimeout(resolve, 500))
      await server.start()
      await all(some)
      assert.deepEqual(received(), some)
      await nodeRed.waitForLog(/connected again/)
    })
  }

  for (const type of ['full', 'nodes'] as const) {
    it(`loses and repeats nothing in a "${type}" deploy while the server is away`, async () => {
      await server.stop()
      const some = ids(0, 60)
      writeFileSync(log, lines(some))
      nodeRed = await startNodeRed({ flows: flows() })
      await nodeRed.waitForLog(/connection refused/)
      await nodeRed.deploy(flows({ name: 'changed' }), type)
      await server.start()
      await all(some)
      assert.deepEqual([...received()].sort(), [...some].sort())
    })
  }

  it('loses nothing when the process is killed, and repeats at most what was on its way', async () => {
    const some = ids(0, 400)
    writeFileSync(log, lines(some.slice(0, 200)))
    nodeRed = await startNodeRed({ flows: flows() })
    await waitFor('some lines', () => server.lines.length > 20)
    await nodeRed.kill()
    const before = server.lines.length
    appendFileSync(log, lines(some.slice(200)))
    nodeRed = await startNodeRed({ userDir: nodeRed.userDir })
    await all(some)
    const repeated = received().length - some.length
    assert.ok(repeated <= WINDOW, `${repeated} lines repeated after ${before}`)
  })

  it('writes nothing twice that it remembers, when the whole file is read again', async () => {
    const some = ids(0, 50)
    writeFileSync(log, lines(some))
    nodeRed = await startNodeRed({ flows: flows() })
    await all(some)
    // Another source reads the same file from the beginning into the same syslog node.
    const [tab, source, ...others] = flows() as [FlowNode, FlowNode, ...FlowNode[]]
    await nodeRed.deploy([tab, source, { ...source, id: 'n-again' }, ...others])
    appendFileSync(log, notification('last'))
    await waitFor('the last line', () => received().includes('last'))
    assert.equal(received().length, 51)
  })

  it('writes to a real rsyslog over TLS with the authority of a tls-config node, and to no other', async () => {
    const certificates = makeCertificates()
    const others = makeCertificates()
    const rsyslog = await PrivateRsyslog.create({ certificates })
    try {
      await rsyslog.start()
      writeFileSync(log, lines(ids(0, 3)))
      const tls = (authority: Certificates): FlowNode => ({
        ...{
          id: 'n-tls',
          type: 'tls-config',
          name: '',
          cert: '',
          key: '',
          certname: '',
          keyname: '',
          caname: '',
          servername: '',
        },
        ...{ ca: join(authority.directory, 'ca.pem'), verifyservercert: true, alpnprotocol: '' },
      })
      const over = {
        transport: 'tls',
        tls: 'n-tls',
        host: 'localhost',
        port: String(rsyslog.tlsPort),
        framing: 'octet-counting',
      }
      nodeRed = await startNodeRed({ flows: [...flows(over), tls(others)] })
      await nodeRed.waitForLog(/TLS refused: its (authority is not trusted|certificate has a wrong signature)/)
      assert.equal(rsyslog.messages.length, 0)
      await nodeRed.deploy([...flows(over), tls(certificates)])
      const messages = await rsyslog.waitForMessages(3)
      assert.deepEqual(
        messages.map(({ input, msg }) => [input, (JSON.parse(msg) as { id: string }).id]),
        ids(0, 3).map((id) => ['tls', id]),
      )
    } finally {
      await rsyslog.remove()
      certificates.remove()
      others.remove()
    }
  })
})
