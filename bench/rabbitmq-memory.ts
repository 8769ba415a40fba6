/**
 * How much memory Node-RED takes with 1,000,000 messages waiting on the broker: before they are there, while a flow holds
 * as many as the prefetch allows, and while it drains the queue as fast as it can. Resident memory of a real Node-RED
 * process with the built package, sampled ten times a second.
 *
 * Run: npm run build && npx tsx bench/rabbitmq-memory.ts [--messages 1000000]
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChannelModel } from 'amqplib'
import { READY_MADE } from '../src/cadf/rules/ready-made'
import { type FlowNode, startNodeRed } from '../test/support/node-red'
import { startRabbit } from '../test/support/rabbitmq'
import { fill } from './rabbitmq/task'

const at = process.argv.indexOf('--messages')
const MESSAGES = at < 0 ? 1_000_000 : Number(process.argv[at + 1])
const ALLOWED_MB = 60
const PLACE = { z: 'tab', x: 100, y: 100 }

const rssMb = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000

/** in → filter → wherever the test says. */
function flow(queue: string, next: FlowNode[]): FlowNode[] {
  return [
    { id: 'tab', type: 'tab' },
    { id: 'bus', type: 'openstack-bus-config', by: 'url' },
    {
      ...{
        id: 'in',
        type: 'openstack-notification-in',
        ...PLACE,
        source: 'rabbitmq',
        bus: 'bus',
        cloud: 'bench',
        queue,
      },
      ...{ queueType: 'classic', exchanges: 'amq.topic', topics: 'bench', priorities: 'info', settle: 'flow' },
      ...{ window: 250, attempts: 5, deadline: 20, retryDelay: 30, wires: [['filter']] },
    },
    {
      ...{ id: 'filter', type: 'cadf-filter', ...PLACE, mode: 'first', otherwise: true },
      rules: READY_MADE.slice(0, 1).map(({ rule }) => ({ ...rule, name: 'open' })),
      wires: next.length > 0 ? [['next'], ['next']] : [[], []],
    },
    ...next,
  ]
}

async function sample(pid: number, until: () => Promise<boolean>): Promise<{ peak: number; last: number }> {
  let peak = 0
  let last = 0
  for (let i = 0; ; i++) {
    last = rssMb(pid)
    peak = Math.max(peak, last)
    if (i % 10 === 9 && (await until())) return { peak, last }
    await sleep(100)
  }
}

async function main(): Promise<void> {
  const broker = await startRabbit()
  let model: ChannelModel | undefined
  const hold: FlowNode = {
    ...{ id: 'next', type: 'delay', ...PLACE, pauseType: 'delay', timeout: '1', timeoutUnits: 'hours', wires: [[]] },
  }
  const red = await startNodeRed({
    flows: flow('idle', [hold]),
    credentials: { bus: { url: broker.transportUrl() } },
  })
  try {
    model = await broker.connect()
    const channel = await model.createChannel()
    const depth = async (queue: string) => (await channel.checkQueue(queue)).messageCount
    await red.deploy(flow('full', [hold]))
    await sleep(1000)
    await red.deploy(flow('idle', [hold]))
    const seconds = (count: number) => {
      const end = Date.now() + count * 1000
      return () => Promise.resolve(Date.now() > end)
    }
    const idle = await sample(red.pid, seconds(10))
    console.log(`idle: ${idle.last.toFixed(0)} MB`)
    const started = Date.now()
    await fill(model, 'full', MESSAGES)
    console.log(`${MESSAGES} messages wait (${((Date.now() - started) / 1000).toFixed(0)} s to publish)`)

    await red.deploy(flow('full', [hold]))
    const held = await sample(red.pid, seconds(20))
    console.log(`flow holds ${MESSAGES - (await depth('full'))}: at most ${held.peak.toFixed(0)} MB`)

    await red.deploy(flow('full', []))
    const begun = Date.now()
    const drained = await sample(red.pid, async () => (await depth('full')) === 0)
    const rate = MESSAGES / ((Date.now() - begun) / 1000)
    console.log(
      `drained at ${rate.toFixed(0)} msg/s: at most ${drained.peak.toFixed(0)} MB, at the end ${drained.last.toFixed(0)} MB`,
    )
    const after = await sample(red.pid, seconds(30))
    console.log(`30 s later: ${after.last.toFixed(0)} MB`)
    const grown = Math.max(held.peak, drained.peak) - idle.last
    console.log(`grown by at most ${grown.toFixed(0)} MB (aim ${ALLOWED_MB})`)
    if (grown > ALLOWED_MB) process.exitCode = 1
  } finally {
    await model?.close()
    await red.remove()
    await broker.stop()
  }
}

void main()
