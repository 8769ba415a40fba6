import assert from 'node:assert/strict'
import type { ChannelModel, ConfirmChannel } from 'amqplib'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { DEMO_SLACK } from '../../lab/slack/service'
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red'
import { type PrivateRabbit, sharedRabbit, uniqueName, until } from '../support/rabbitmq'

/** Node-RED takes a node without coordinates for a config node. */
const PLACE = { z: 'tab', x: 100, y: 100 }
const LONG = 90_000

/** Real RabbitMQ, real Node-RED; Slack is the pocket cloud's. */
describe('openstack-notification-in to audit-notify-slack in Node-RED', function () {
  this.timeout(240_000)
  let broker: PrivateRabbit
  let admin: ChannelModel
  let channel: ConfirmChannel
  let exchange: string
  let queue: string
  let cloud: PocketCloud
  let red: NodeRed | undefined

  before(async () => {
    broker = await sharedRabbit()
  })
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    cloud.vendors.slack.perSecond = 100
    admin = await broker.connect()
    channel = await admin.createConfirmChannel()
    exchange = uniqueName('neutron')
    queue = uniqueName('osx')
    await channel.assertExchange(exchange, 'topic', { durable: false })
  })
  afterEach(async () => {
    await red?.remove()
    red = undefined
    await admin.close().catch(() => {})
    await cloud.close()
  })

  const flows = (): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'test' },
    { id: 'bus', type: 'openstack-bus-config', by: 'url', heartbeat: 30 },
    {
      ...{ id: 'in', type: 'openstack-notification-in', ...PLACE, source: 'rabbitmq', bus: 'bus', cloud: 'lab', queue },
      ...{ queueType: 'classic', exchanges: exchange, topics: 'notifications', priorities: 'info', settle: 'flow' },
      ...{ window: 250, attempts: 2, deadline: 20, retryDelay: 0.3, wires: [['tell']] },
    },
    {
      ...{ id: 'tell', type: 'audit-notify-slack', ...PLACE, way: 'bot', channel: DEMO_SLACK.channel },
      ...{ api: `${cloud.vendors.slack.url}/api`, template_title: '{{ notification.messageId }}', wires: [[]] },
    },
  ]
  async function start(userDir?: string): Promise<NodeRed> {
    const credentials = { bus: { url: broker.transportUrl() }, tell: { botToken: DEMO_SLACK.token } }
    red = await startNodeRed(userDir === undefined ? { flows: flows(), credentials } : { userDir })
    // The boot mark is left when every exchange has been bound.
    await until('the queue is bound', async () => {
      const probe = await admin.createChannel()
      probe.on('error', () => {})
      const marked = await probe.checkExchange(`${queue}.boot-mark`).then(
        () => true,
        () => false,
      )
      if (marked) await probe.close()
      return marked
    })
    return red
  }
  async function publish(...ids: string[]): Promise<void> {
    for (const id of ids) {
      const message = {
        ...{ message_id: id, publisher_id: 'network.vm', event_type: 'port.create.end', priority: 'INFO' },
        ...{ timestamp: '2026-11-21 07:57:44.201000', payload: { port: { id: `port-${id}` } } },
      }
      const body = JSON.stringify({ 'oslo.version': '2.0', 'oslo.message': JSON.stringify(message) })
      channel.publish(exchange, 'notifications.info', Buffer.from(body), { persistent: true })
    }
    await channel.waitForConfirms()
  }
  const posted = () => cloud.vendors.slack.messages.map(({ text }) => text)
  const waiting = async () => (await channel.checkQueue(queue)).messageCount
  /** How many messages a node has got, by its counters. */
  async function came(id: string): Promise<number | undefined> {
    assert.ok(red)
    const answer = await red.admin('/openstack-events/counters')
    const { nodes } = (await answer.json()) as { nodes: { id: string; received: number }[] }
    return nodes.find((node) => node.id === id)?.received
  }
  /** What is still unacknowledged goes back to the queue when its consumer ends. */
  async function assertNothingLeft(): Promise<void> {
    await red?.stop()
    await until('the queue is empty', async () => (await waiting()) === 0)
  }

  it('lets the source pause while Slack is away, and then tells everything once, in order', async () => {
    await start()
    await publish('a1')
    await until('the first message', () => posted().length === 1)
    cloud.faults.add({ service: 'slack', status: 503 })
    await publish('a2')
    await red?.waitForLog(/Slack answered 503/)
    await publish('a3', 'a4', 'a5')
    await until('the source to have them', async () => (await waiting()) === 0)
    assert.equal(await came('tell'), 2, 'the source keeps the rest to itself')
    assert.deepEqual(posted(), ['a1'])
    cloud.faults.clear('slack')
    await until('all messages', () => posted().includes('a5'), LONG)
    await assertNothingLeft()
    assert.deepEqual(posted(), ['a1', 'a2', 'a3', 'a4', 'a5'], 'nothing twice, nothing lost')
  })

  it('loses nothing when it is killed, and repeats at most what Slack had just taken', async () => {
    const ids = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6']
    // Slack has posted the third, and its answer is on its way for minutes.
    cloud.faults.add({ service: 'slack', skip: 2, times: 1, slowBody: { bytes: 1, everyMs: 5000 } })
    const running = await start()
    await publish(...ids)
    await until('the third message', () => posted().length === 3)
    await running.kill()
    assert.deepEqual(posted(), ['k1', 'k2', 'k3'])
    await start(running.userDir)
    await until('all messages', () => ids.every((id) => posted().includes(id)), LONG)
    await assertNothingLeft()
    const repeated = posted().filter((id, index) => posted().indexOf(id) !== index)
    assert.deepEqual(repeated, ['k3'])
    assert.equal(posted().length, 7)
  })
})
