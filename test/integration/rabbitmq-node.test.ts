import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ChannelModel, ConfirmChannel, Options } from 'amqplib'
import type { OccurrenceMessage } from '../../src/message/model'
import { freePort } from '../support/free-port'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { type PrivateRabbit, sharedRabbit, uniqueName, until } from '../support/rabbitmq'
import { wholeLines } from '../support/whole-lines'

const KEY = 'notifications.info'
/** Node-RED takes a node without coordinates for a config node. */
const PLACE = { z: 'tab', x: 100, y: 100 }

interface Recorded {
  readonly exchange: string
  readonly routingKey: string
  readonly body: string
}

function recorded(name: string): Recorded[] {
  return readFileSync(join(__dirname, '..', 'fixtures', 'recordings', name), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded)
}

const notification = (id: string, payload: unknown = {}, eventType = 'port.create.end') =>
  JSON.stringify({
    'oslo.version': '2.0',
    'oslo.message': JSON.stringify({
      message_id: id,
      publisher_id: 'network.vm',
      event_type: eventType,
      priority: 'INFO',
      timestamp: '2026-11-21 07:57:44.201000',
      payload,
    }),
  })

/** Real Node-RED, real RabbitMQ; the last node of the flow writes every message as a line into a file. */
describe('openstack-notification-in consuming RabbitMQ in Node-RED', function () {
  this.timeout(180_000)
  let broker: PrivateRabbit
  let admin: ChannelModel
  let channel: ConfirmChannel
  let exchange: string
  let queue: string
  let directory: string
  let file: string
  let red: NodeRed | undefined

  before(async () => {
    broker = await sharedRabbit()
  })
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'received-'))
    file = join(directory, 'received.jsonl')
    admin = await broker.connect()
    channel = await admin.createConfirmChannel()
    channel.on('error', () => {})
    exchange = uniqueName('neutron')
    queue = uniqueName('osx')
    await channel.assertExchange(exchange, 'topic', { durable: false })
  })
  afterEach(async () => {
    await red?.remove()
    red = undefined
    await admin.close().catch(() => {})
    rmSync(directory, { recursive: true })
  })

  const flows = (config: object, between: readonly FlowNode[] = [], first = 'out'): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'test' },
    { id: 'bus', type: 'openstack-bus-config', by: 'url', heartbeat: 30 },
    {
      id: 'in',
      type: 'openstack-notification-in',
      ...PLACE,
      source: 'rabbitmq',
      bus: 'bus',
      cloud: 'lab',
      queue,
      queueType: 'classic',
      exchanges: exchange,
      topics: 'notifications',
      priorities: 'info',
      settle: 'flow',
      window: 250,
      attempts: 2,
      deadline: 20,
      retryDelay: 0.3,
      wires: [[first]],
      ...config,
    },
    ...between,
    {
      id: 'out',
      type: 'function',
      ...PLACE,
      func: 'msg.payload = JSON.stringify({ ...msg, payload: msg.payload }); return msg',
      wires: [['file']],
    },
    {
      id: 'file',
      type: 'file',
      ...PLACE,
      filename: file,
      filenameType: 'str',
      appendNewline: true,
      overwriteFile: 'false',
      wires: [[]],
    },
  ]
  const start = async (nodes: FlowNode[], userDir?: string) => {
    red = await startNodeRed({
      flows: nodes,
      credentials: { bus: { url: broker.transportUrl() } },
      ...(userDir === undefined ? {} : { userDir }),
    })
    await bound()
    return red
  }
  /** The boot mark is left when every exchange has been bound. */
  const bound = () =>
    until('the queue is bound', async () => {
      const probe = await admin.createChannel()
      probe.on('error', () => {})
      const marked = await probe.checkExchange(`${queue}.boot-mark`).then(
        () => true,
        () => false,
      )
      if (marked) await probe.close()
      return marked
    })
  const received = () => wholeLines(file).map((line) => JSON.parse(line) as OccurrenceMessage)
  const ids = () => received().map((message) => message.notification.messageId)
  const publish = async (body: string | Buffer, options: Options.Publish = {}) => {
    channel.publish(exchange, KEY, Buffer.from(body), { persistent: true, ...options })
    await channel.waitForConfirms()
  }
  const waiting = async (name: string) => (await channel.checkQueue(name)).messageCount
  /** What a message has brought about is seen before its acknowledgement; until then it counts here, but as waiting nowhere. */
  const forgotten = () =>
    until(
      'the broker has forgotten all messages',
      async () => {
        const rows = (await broker.ctl('list_queues', 'name', 'messages')).split('\n')
        return rows.includes(`${queue}\t0`)
      },
      60_000,
    )
  /** What is left in the queue when Node-RED has ended. */
  const stopped = async () => {
    await forgotten()
    await red?.stop()
    return waiting(queue)
  }

  it('receives every recorded message of Neutron once, as published and as a CADF event', async () => {
    await start(flows({}))
    const messages = recorded('neutron.jsonl')
    for (const message of messages) await publish(message.body)
    await until('all are received', () => received().length >= messages.length, 30_000)
    const expected = messages.map(({ body }) => {
      const outer = JSON.parse(body) as Record<string, string>
      return JSON.parse(outer['oslo.message'] ?? '') as { message_id: string; event_type: string; payload: unknown }
    })
    assert.deepEqual(
      received().map((message) => [message.notification.messageId, message.topic, message.payload]),
      expected.map((message) => [message.message_id, message.event_type, message.payload]),
    )
    const [first] = received()
    assert.equal(first?.event.typeURI, 'http://schemas.dmtf.org/cloud/audit/1.0/event')
    assert.deepEqual(first?.notification.source, {
      kind: 'rabbitmq',
      cloud: 'lab',
      exchange,
      routingKey: KEY,
      queue,
      redelivered: false,
    })
    assert.equal(await stopped(), 0)
  })

  it('puts every body that it cannot read into the dead-letter queue with the reason, and goes on', async () => {
    await start(flows({}))
    const bad: [string, string | Buffer, Options.Publish?][] = [
      ['ENVELOPE_EMPTY', ''],
      ['ENVELOPE_NOT_JSON', 'this is not JSON'],
      ['ENVELOPE_NOT_JSON', 'x'.repeat(5_000_000)],
      ['ENVELOPE_SHAPE', '[1, 2]'],
      ['ENVELOPE_NO_EVENT_TYPE', '{"method": "get_active_networks_info", "args": {}}'],
      ['ENVELOPE_SHAPE', '{"oslo.version": "2.0", "oslo.message": {"event_type": "x"}}'],
      ['ENVELOPE_NOT_UTF8', Buffer.from('{"event_type": "réseau.créé"}', 'latin1')],
      ['ENVELOPE_VERSION', '{"oslo.version": "3.0", "oslo.message": "{}"}'],
      ['ENVELOPE_NO_EVENT_TYPE', notification('m', {}, '')],
      ['ENVELOPE_COMPRESSED', gzipSync(notification('m')), { headers: { compression: 'application/x-gzip' } }],
      ['ENVELOPE_COMPRESSED', gzipSync(notification('m')), { contentEncoding: 'gzip' }],
    ]
    for (const [index, [, body, options]] of bad.entries()) {
      await publish(body, options)
      await publish(notification(`good-${index}`))
    }
    const large = 'x'.repeat(5_000_000)
    await publish(notification('large', { large }))
    const deadLetters = `${queue}.dead-letter`
    const reasons: string[] = []
    for (const [code, body] of bad) {
      const dead = await until(`${code} is dead-lettered`, () => channel.get(deadLetters, { noAck: true }))
      reasons.push(String(dead.properties.headers?.['x-osx-reason-code']))
      assert.ok(dead.content.equals(Buffer.from(body)), code)
      assert.equal(dead.properties.headers?.['x-osx-exchange'], exchange)
      assert.match(String(dead.properties.headers?.['x-osx-reason']), /\w/)
    }
    assert.deepEqual(
      reasons,
      bad.map(([code]) => code),
    )
    await until('the readable ones are received', () => ids().length === bad.length + 1)
    assert.deepEqual(ids(), [...bad.map((_, index) => `good-${index}`), 'large'])
    assert.deepEqual(received().at(-1)?.payload, { large })
    assert.equal(await waiting(deadLetters), 0)
    assert.equal(await stopped(), 0)
  })

  it('leaves out API calls that only looked, if told so, and acknowledges them', async () => {
    await start(flows({ dropReads: true }))
    const calls = recorded('octavia-audit.jsonl')
    for (const { body } of calls) await publish(body)
    await publish(notification('last'))
    await until('the last is received', () => ids().includes('last'), 30_000)
    const actions = received().map(({ event }) => event.action)
    assert.ok(actions.length > 20 && actions.length < calls.length / 2, `${actions.length} of ${calls.length}`)
    assert.deepEqual(
      actions.filter((action) => action.startsWith('read')),
      [],
    )
    assert.equal(await stopped(), 0)
  })

  it('hands on only the event types that are chosen', async () => {
    await start(flows({ include: 'port.* network.*', ignore: '*.start' }))
    await publish(notification('1', {}, 'port.create.start'))
    await publish(notification('2', {}, 'port.create.end'))
    await publish(notification('3', {}, 'router.create.end'))
    await publish(notification('4', {}, 'network.create.end'))
    await until('the chosen are received', () => ids().length === 2)
    assert.deepEqual(ids(), ['2', '4'])
    assert.equal(await stopped(), 0)
  })

  it('tries a message again that the flow failed with, and dead-letters it with the failing node', async () => {
    const fails: FlowNode = {
      id: 'fails',
      type: 'function',
      ...PLACE,
      func: "if (msg.notification.messageId === 'poison') throw new Error('cannot digest'); return msg",
      wires: [['out']],
    }
    await start(flows({}, [fails], 'fails'))
    await publish(notification('poison'))
    await publish(notification('fine'))
    const dead = await until('it is dead-lettered', () => channel.get(`${queue}.dead-letter`, { noAck: true }))
    const { headers } = dead.properties
    assert.equal(headers?.['x-osx-reason-code'], 'FLOW_ERROR')
    assert.match(String(headers?.['x-osx-reason']), /cannot digest/)
    assert.equal(headers?.['x-osx-node'], 'fails')
    assert.equal(headers?.['x-osx-attempts'], 2)
    await until('the other is received', () => ids().length > 0)
    assert.deepEqual(ids(), ['fine'])
    assert.equal(await stopped(), 0)
  })

  const slowly: FlowNode = {
    ...{ id: 'slowly', type: 'delay', ...PLACE, pauseType: 'delay', timeout: '3', timeoutUnits: 'seconds' },
    wires: [['out']],
  }
  /** For longer than any test takes, however slow the machine is. */
  const held: FlowNode = { ...slowly, timeout: '10', timeoutUnits: 'minutes' }

  it('loses nothing when Node-RED is killed with messages in the flow', async () => {
    const first = await start(flows({}, [held], 'slowly'))
    for (let i = 0; i < 20; i++) await publish(notification(`m${i}`))
    await until('they are in the flow', async () => (await waiting(queue)) === 0)
    assert.deepEqual(ids(), [])
    await first.kill()
    await until('the broker has them again', async () => (await waiting(queue)) === 20)
    await start(flows({}, [slowly], 'slowly'), first.userDir)
    await until('all are received', () => new Set(ids()).size === 20)
    assert.equal(await stopped(), 0)
  })

  it('loses nothing over a deploy with messages in the flow', async () => {
    const nodes = flows({}, [slowly], 'slowly')
    const running = await start(nodes)
    for (let i = 0; i < 20; i++) await publish(notification(`m${i}`))
    await until('they are in the flow', async () => (await waiting(queue)) === 0)
    await running.deploy(nodes)
    await until('all are received', () => new Set(ids()).size === 20, 30_000)
    assert.equal(await stopped(), 0)
  })

  it('sends a gap in which an exchange was not bound as a message with a CADF event', async () => {
    const late = uniqueName('octavia')
    await start(flows({ exchanges: `${exchange} ${late}`, include: 'port.*' }))
    await channel.assertExchange(late, 'topic', { durable: false })
    await until('the gap is received', () => received().length === 1)
    const [gap] = received()
    assert.equal(gap?.topic, 'gap.rabbitmq.binding')
    const payload = gap?.payload as Record<string, unknown>
    assert.equal(payload['exchange'], late)
    assert.ok(Date.parse(String(payload['from'])) < Date.parse(String(payload['to'])))
    assert.equal(payload['certain'], true)
    assert.equal(gap?.event.target.name, late)
    assert.match(gap?.event.reason?.reasonType ?? '', /not bound to the exchange/)
  })

  it('holds messages back while a sink is away, counts no attempt, and goes on when it is back', async () => {
    const port = await freePort()
    const syslog: FlowNode = {
      ...{ id: 'syslog', type: 'syslog-out', ...PLACE, host: '127.0.0.1', port: String(port), transport: 'tcp' },
      ...{
        framing: 'newline',
        protocol: 'rfc5424',
        format: 'json',
        facility: 'audit',
        severityBy: 'fixed',
        severity: 'info',
      },
      ...{ severitySuccess: 'info', severityFailure: 'info', severityUnknown: 'info', severityPending: 'info' },
      ...{ time: 'event', hold: '10000', once: false, wires: [] },
    }
    const running = await start(flows({ window: 5, attempts: 1 }, [syslog], 'syslog'))
    for (let i = 0; i < 40; i++) await publish(notification(`m${i}`))
    await running.waitForLog(/syslog/)
    await until('the window is full', async () => (await waiting(queue)) === 35)
    let text = ''
    const server = createServer((socket) => socket.on('data', (chunk) => (text += chunk.toString())))
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    try {
      await until('every line is received', () => new Set(text.match(/m\d+(?=")/g)).size === 40, 60_000)
    } finally {
      server.close()
    }
    assert.equal(await stopped(), 0)
    assert.equal(await waiting(`${queue}.dead-letter`), 0)
  })

  it('acknowledges on receipt where it is told to, before the flow is done', async () => {
    const nodes = flows({ settle: 'receipt' }, [held], 'slowly')
    const running = await start(nodes)
    await publish(notification('m1'))
    await until('it is with the flow', async () => (await waiting(queue)) === 0)
    await forgotten()
    assert.deepEqual(ids(), [])
    await running.kill()
  })
})
