import assert from 'node:assert/strict'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { fillInExample } from '../../lab/examples/fill-in'
import type { FloatingIp, Port } from '../../lab/neutron/model'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { type Certificates, makeCertificates } from '../support/certificates'
import { MAIN_EXAMPLE, nodeOf, readExample, withSettings } from '../support/example'
import { expectedChanges } from '../support/exposure-table'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { type PrivateRabbit, startRabbit } from '../support/rabbitmq'
import { openEnvelope, type RecordedLine, recordedLines } from '../support/recorded-neutron'
import { type ParsedMessage, PrivateRsyslog } from '../support/rsyslog'
import { waitFor } from '../support/wait-for'

/** The example's filter. */
const LET_THROUGH = /^(security_group_rule|security_group|port|floatingip)\..*\.end$/

/** The record inside an audit line. */
interface Audited {
  readonly messageId: string
  readonly change: string
  readonly address: string | null
  readonly scan: string | null
  readonly status: string
}

function audited({ msg }: ParsedMessage): Audited {
  const event = JSON.parse(msg.slice(msg.indexOf('{'))) as {
    tags: string[]
    attachments: { content: Omit<Audited, 'messageId'> }[]
  }
  const cause = event.tags.find((tag) => tag.startsWith('cause?value='))
  const [attachment] = event.attachments
  if (cause === undefined || attachment === undefined) throw new Error(`no cause or record in ${msg}`)
  return { messageId: cause.slice('cause?value='.length), ...attachment.content }
}

/** Brings the pocket cloud's Neutron to the state that a recorded notification tells of, in silence. */
function follow(cloud: PocketCloud, eventType: string, payload: Readonly<Record<string, unknown>>): void {
  const [, single = '', action] = /^(port|floatingip)\.(\w+)\.end$/.exec(eventType) ?? []
  if (single === '') return
  const world: Map<string, unknown> = single === 'port' ? cloud.world.ports : cloud.world.floatingips
  if (action === 'delete') {
    const id = String(payload[`${single}_id`])
    world.delete(id)
    for (const floating of cloud.world.floatingips.values()) {
      if (floating.port_id === id) Object.assign(floating, { port_id: null, fixed_ip_address: null })
    }
    return
  }
  for (const resource of (payload[`${single}s`] ?? [payload[single]]) as (Port | FloatingIp)[]) {
    world.set(resource.id, structuredClone(resource))
  }
}

describe('the recorded Neutron run through the main example, over a real RabbitMQ to a real rsyslog', function () {
  this.timeout(180_000)
  let certificates: Certificates
  let rabbit: PrivateRabbit
  let rsyslog: PrivateRsyslog
  let broker: ChannelModel
  let channel: ConfirmChannel
  let cloud: PocketCloud
  let nodeRed: NodeRed

  before(async () => {
    certificates = makeCertificates()
    rabbit = await startRabbit()
    rsyslog = await PrivateRsyslog.create({ certificates })
    await rsyslog.start()
    broker = await connect(rabbit.url())
    channel = await broker.createConfirmChannel()
    await channel.assertExchange('neutron', 'topic', { durable: false })
  })
  after(async () => {
    await broker?.close()
    await rsyslog?.remove()
    await rabbit?.stop()
    certificates?.remove()
  })

  beforeEach(async () => {
    cloud = await startPocketCloud({
      certificate: false,
      neutron: { fill: () => {} },
      qualys: {
        approved: ['10.20.0.0/24', '203.0.113.0/24'],
        limits: { concurrency: 2, calls: 1000, windowSeconds: 60 },
      },
    })
  })
  afterEach(async () => {
    await nodeRed?.remove()
    await cloud?.close()
  })

  async function start(batch: Readonly<Record<string, unknown>>, queue: string): Promise<void> {
    const filled = fillInExample(readExample(MAIN_EXAMPLE), { cloud, rabbitmq: rabbit.transportUrl() })
    const [flows] = [
      withSettings(filled.flows, {
        'openstack-notification-in': { queue },
        'cadf-batch': batch,
        // The recorded addresses are private or for documentation: an appliance may scan them, External may not.
        'qualys-scan': { appliances: 'pocket-appliance' },
        'syslog-out': { port: String(rsyslog.tcpPort) },
      }),
    ]
    const overTcp = nodeOf(flows, 'syslog-out')
    const tls = {
      id: 'tls1',
      type: 'tls-config',
      name: '',
      verifyservercert: true,
      ca: `${certificates.directory}/ca.pem`,
    }
    const overTls = {
      ...overTcp,
      id: 'syslog-tls',
      transport: 'tls',
      tls: tls.id,
      host: 'localhost',
      port: String(rsyslog.tlsPort),
    }
    const wired = flows.map((node) =>
      node.type === 'qualys-scan' ? { ...node, wires: [[], [overTcp.id, overTls.id]] } : node,
    )
    nodeRed = await startNodeRed({ flows: [...wired, tls, overTls], credentials: filled.credentials })
    await waitFor('the queue to be bound', async () => (await bindings(queue)) > 0, { timeoutMs: 30_000, everyMs: 500 })
  }

  async function bindings(queue: string): Promise<number> {
    const listed = await rabbit.ctl('list_bindings', 'source_name', 'destination_name')
    return listed.split('\n').filter((line) => line.startsWith('neutron\t') && line.endsWith(queue)).length
  }

  async function publish({ exchange, routingKey, properties, body }: RecordedLine): Promise<void> {
    channel.publish(exchange, routingKey, Buffer.from(body), {
      contentType: String(properties['content_type']),
      contentEncoding: String(properties['content_encoding']),
      deliveryMode: 2,
    })
    await channel.waitForConfirms()
  }

  const arrived = (input: string) => rsyslog.messages.filter((message) => message.input === input)

  it('gives for every change the addresses of the table written by hand, one scan per batch, over TCP and TLS', async () => {
    await start({ count: '1' }, 'recorded.one')
    const lines = recordedLines()
    const expected = expectedChanges()
    const found: unknown[] = []
    let before = 0
    let launches = 0
    for (const [index, line] of lines.entries()) {
      const { event_type, payload, message_id } = openEnvelope(line.body)
      follow(cloud, event_type, payload)
      await publish(line)
      const wanted = expected.filter((change) => change.line === index + 1)
      if (!LET_THROUGH.test(event_type)) continue
      // What changes nothing (a floating address that belongs to no port yet) leaves a record that says so.
      const count = wanted.reduce((sum, { addresses }) => sum + Math.max(1, addresses.length), 0) || 1
      await waitFor(
        () =>
          `${count} audit lines for line ${index + 1}; there are ${arrived('tcp').length - before}; ${nodeRed.log().slice(-800)}`,
        () => arrived('tcp').length >= before + count && arrived('tls').length >= before + count,
      )
      const records = arrived('tcp').slice(before).map(audited)
      assert.deepEqual(arrived('tls').slice(before).map(audited), records, 'TCP and TLS tell the same')
      before += count
      assert.deepEqual([...new Set(records.map(({ messageId }) => messageId))], [message_id], `line ${index + 1}`)
      for (const kind of new Set(wanted.map((change) => change.kind))) {
        const addresses = records.filter(({ change }) => change === kind).flatMap(({ address }) => address ?? [])
        found.push([index + 1, kind, addresses.sort()])
      }
      // IPv6 is dropped by default, so only IPv4 addresses make a scan.
      const scannable = wanted.some(({ scan, addresses }) => scan && addresses.some((address) => !/:.*:/.test(address)))
      launches += scannable ? 1 : 0
      assert.equal(cloud.qualys.subscription.scans.length, launches, `scans after line ${index + 1}`)
      for (const { address, status, scan } of records) {
        const scanned = scannable && address !== null && !address.includes(':')
        assert.equal(status, scanned ? 'scanned' : 'not-scanned', `${address} of line ${index + 1}`)
        assert.equal(scan, scanned ? cloud.qualys.subscription.scans.at(-1)?.reference : null)
      }
    }
    const byLineAndKind = new Map<string, string[]>()
    for (const { line, kind, addresses } of expected) {
      const key = `${line} ${kind}`
      const plain = addresses.map((address) => address.replace(/^f:/, ''))
      byLineAndKind.set(key, [...(byLineAndKind.get(key) ?? []), ...plain])
    }
    assert.deepEqual(
      found,
      [...byLineAndKind].map(([key, addresses]) => [Number(key.split(' ')[0]), key.split(' ')[1], addresses.sort()]),
    )
  })

  it('launches one scan for a whole window, with each address once', async () => {
    await start({ window: '4', windowUnit: 'seconds' }, 'recorded.window')
    const before = arrived('tcp').length
    // Up to the last port and floating address that is made, before the first is taken away.
    const lines = recordedLines().slice(0, 96)
    for (const line of lines) {
      const { event_type, payload } = openEnvelope(line.body)
      follow(cloud, event_type, payload)
      await publish(line)
    }
    const changed = new Set(
      lines
        .map((line) => openEnvelope(line.body))
        .filter(({ event_type }) => /^(security_group_rule|port)\..*\.end$/.test(event_type))
        .map(({ message_id }) => String(message_id)),
    )
    const told = () =>
      new Set(
        arrived('tcp')
          .slice(before)
          .map((message) => audited(message).messageId),
      )
    await waitFor('an audit line for every change', () => [...changed].every((id) => told().has(id)), {
      timeoutMs: 40_000,
    })
    const scans = cloud.qualys.subscription.scans
    assert.equal(scans.length, 1)
    const records = arrived('tcp').slice(before).map(audited)
    const scanned = new Set(records.filter(({ status }) => status === 'scanned').map(({ address }) => address))
    // 10.20.0.11 belonged to a port that got 10.20.0.21 within the window: it was exposed as well.
    assert.deepEqual([...scanned].sort(), [
      '10.20.0.101',
      '10.20.0.11',
      '10.20.0.116',
      '10.20.0.12',
      '10.20.0.168',
      '10.20.0.183',
      '10.20.0.21',
      '203.0.113.35',
      '203.0.113.80',
    ])
    const targets = cloud.received
      .filter(({ request }) => request.body.includes('action=launch'))
      .map(({ request }) => new URLSearchParams(String(request.body)).get('ip'))
    assert.equal(targets.length, 1)
  })
})
