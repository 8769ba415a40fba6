/**
 * What tracking costs a hop: the same flow of plain nodes in one Node-RED, with and without a delivery around each message,
 * 250 messages in flight. Rounds alternate; the best of each are compared, as whatever else the machine does only adds.
 * Run: npx tsx bench/delivery-hop.ts [4.1]
 */
import type { Node, NodeAPI, NodeDef } from 'node-red'
import { deliveryService } from '../nodes/shared/delivery'
import type { DeliverySource } from '../src/delivery/service'
import { embeddedRuntime } from '../test/support/embedded-runtime'
import type { FlowNode } from '../test/support/node-red'

const HOPS = 10
const MESSAGES = 10_000
const IN_FLIGHT = 250
const ROUNDS = 15
const ALLOWED_MICROSECONDS_A_HOP = 1

type Handler = (msg: object, send: (msg: object) => void, done: () => void) => void

let source: Node
let onEnd: () => void = () => {}
let RED: NodeAPI

const nodes = {
  'bench-source': (red: NodeAPI) => {
    RED = red
    red.nodes.registerType('bench-source', function (this: Node, config: NodeDef) {
      red.nodes.createNode(this, config)
      source = this
    } as never)
  },
  'bench-hop': (red: NodeAPI) => {
    red.nodes.registerType('bench-hop', function (this: Node, config: NodeDef) {
      red.nodes.createNode(this, config)
      const handler: Handler = (msg, send, done) => {
        send(msg)
        done()
      }
      this.on('input', handler as never)
    } as never)
  },
  'bench-end': (red: NodeAPI) => {
    red.nodes.registerType('bench-end', function (this: Node, config: NodeDef) {
      red.nodes.createNode(this, config)
      const handler: Handler = (_msg, _send, done) => {
        done()
        onEnd()
      }
      this.on('input', handler as never)
    } as never)
  },
}

/** source → hops → end: HOPS wires. */
function flow(): FlowNode[] {
  const types = ['bench-source', ...Array<string>(HOPS - 1).fill('bench-hop'), 'bench-end']
  return [
    { id: 'tab', type: 'tab' },
    ...types.map((type, index) => ({
      id: `n${index}`,
      type,
      z: 'tab',
      x: 1,
      y: 1,
      wires: index < HOPS ? [[`n${index + 1}`]] : [],
    })),
  ]
}

/** Microseconds a message, from the first sent to the last finished. */
async function round(tracked: boolean): Promise<number> {
  const deliveries: DeliverySource | undefined = tracked ? deliveryService(RED).source({ id: source.id }) : undefined
  const begin = process.hrtime.bigint()
  await new Promise<void>((resolve) => {
    let sent = 0
    let ended = 0
    const next = () => {
      sent += 1
      if (deliveries === undefined) {
        source.send({ payload: sent, _msgid: 'x' } as never)
        return
      }
      const delivery = deliveries.open(finished)
      source.send({ payload: sent, _msgid: 'x', _delivery: delivery.token } as never)
      delivery.sent()
    }
    const finished = () => {
      ended += 1
      if (sent < MESSAGES) next()
      if (ended === MESSAGES) resolve()
    }
    onEnd = tracked ? () => {} : finished
    for (let i = 0; i < IN_FLIGHT; i += 1) next()
  })
  const spent = Number(process.hrtime.bigint() - begin) / 1000 / MESSAGES
  deliveries?.close()
  return spent
}

async function main(): Promise<void> {
  const line = process.argv[2] === '4.1' ? '4.1' : '5'
  const runtime = await embeddedRuntime(line, nodes)
  await runtime.deploy(flow())
  const untracked: number[] = []
  const tracked: number[] = []
  for (let i = 0; i < ROUNDS; i += 1) {
    untracked.push(await round(false))
    tracked.push(await round(true))
  }
  const without = Math.min(...untracked)
  const withTracking = Math.min(...tracked)
  const aHop = (withTracking - without) / HOPS
  console.log(
    `Node-RED ${line}, ${HOPS} hops, ${IN_FLIGHT} in flight, best of ${ROUNDS} rounds of ${MESSAGES} messages`,
  )
  console.log(`untracked  ${without.toFixed(2)} µs a message`)
  console.log(`tracked    ${withTracking.toFixed(2)} µs a message, ratio ${(withTracking / without).toFixed(2)}`)
  console.log(`tracking   ${aHop.toFixed(2)} µs a hop (at most ${ALLOWED_MICROSECONDS_A_HOP})`)
  await runtime.stop()
  process.exit(aHop <= ALLOWED_MICROSECONDS_A_HOP ? 0 : 1)
}

void main()
