import type { Node, NodeAPI, NodeDef } from 'node-red'
import { deliveryService } from '../../nodes/shared/delivery'
import { onClose, onInput } from '../../nodes/shared/input'
import type { DeliverySource, Settlement, SourceOptions } from '../../src/delivery/service'
import { type EmbeddedRuntime, embeddedRuntime, type TestNodes } from './embedded-runtime'
import type { NodeRedLine } from './node-red'

type Message = { _delivery?: string; payload?: unknown; [property: string]: unknown }
type Handler = (msg: Message, send: (msg: unknown) => void, done: (error?: unknown) => void) => void

/** The gate at the end of a flow: what it lets go is finished. */
const LAST_GATE = 'gate'

/** A message that a gate holds until the test lets it go. */
interface Held {
  readonly gate: string
  readonly message: Message
  readonly send: (msg: unknown) => void
  readonly done: (error?: unknown) => void
}

/** What the fake source is asked to emit and what came of it: a broker in memory. */
export class Queue {
  readonly accepted: unknown[] = []
  /** Accepted although not every branch had been finished. */
  readonly lost: unknown[] = []
  redelivered = 0
  readonly deadLettered: unknown[] = []
  readonly settlements: Settlement[] = []
  readonly lateSends: string[] = []
  readonly events: string[] = []
  private waiting: unknown[] = []
  private consumer: ((payload: unknown) => void) | undefined
  /** Given back: emit again (as a broker does) or keep. */
  redeliver = false
  private readonly isFinished: (token: string) => boolean

  constructor(isFinished: (token: string) => boolean = () => true) {
    this.isFinished = isFinished
  }

  put(...payloads: unknown[]): void {
    this.waiting.push(...payloads)
    this.feed()
  }

  consume(consumer: (payload: unknown) => void): void {
    this.consumer = consumer
    this.feed()
  }

  cancel(): void {
    this.consumer = undefined
  }

  settled(payload: unknown, settlement: Settlement, token: string): void {
    this.settlements.push(settlement)
    if (settlement.outcome === 'accepted') {
      this.accepted.push(payload)
      if (!this.isFinished(token)) this.lost.push(payload)
    } else if (settlement.outcome === 'dead-letter') this.deadLettered.push(payload)
    else if (this.redeliver) {
      this.redelivered += 1
      this.put(payload)
    }
  }

  private feed(): void {
    while (this.consumer !== undefined && this.waiting.length > 0) this.consumer(this.waiting.shift())
  }
}

/** One Node-RED line with nodes that show and steer what happens to deliveries. */
export class Probes {
  queue = new Queue()
  held: Held[] = []
  /** Payloads that were finished at a sink or let through by the last gate. */
  finished: unknown[] = []
  /** How many messages of one delivery must be finished, lest it is lost. */
  branches = 1
  private readonly finishedOf = new Map<unknown, number>()
  runtime!: EmbeddedRuntime
  RED!: NodeAPI
  source: DeliverySource | undefined

  reset(): void {
    this.finished = []
    this.finishedOf.clear()
    this.branches = 1
    this.queue = new Queue((token) => (this.finishedOf.get(token) ?? 0) >= this.branches)
    this.held = []
  }

  finish(message: Message): void {
    this.finished.push(message.payload)
    this.finishedOf.set(message._delivery, (this.finishedOf.get(message._delivery) ?? 0) + 1)
  }

  /** Lets everything go that gates hold now. */
  release(error?: unknown): void {
    const held = this.held
    this.held = []
    for (const { gate, message, send, done } of held) {
      send(message)
      if (gate === LAST_GATE) this.finish(message)
      done(error)
    }
  }

  readonly nodes: TestNodes = {
    /** Emits what is put into the queue, one delivery each. */
    'probe-source': (RED) => {
      this.RED = RED
      const probes = this
      RED.nodes.registerType('probe-source', function (this: Node, config: NodeDef & Partial<SourceOptions>) {
        RED.nodes.createNode(this, config)
        const { queue } = probes
        const source = deliveryService(RED).source({
          id: this.id,
          onLateSend: (_total, nodeId) => queue.lateSends.push(nodeId),
          onPause: (reason) => queue.events.push(`pause: ${reason}`),
          onResume: () => queue.events.push('resume'),
          ...pick(config, 'deadlineMs', 'caughtErrorsCountAsHandled', 'settledByHand'),
        })
        probes.source = source
        const start = () =>
          queue.consume((payload) => {
            const delivery = source.open((settlement) => queue.settled(payload, settlement, delivery.token))
            this.send({ payload, topic: String(payload), _delivery: delivery.token } as never)
            delivery.sent()
          })
        RED.events.once('flows:started', start)
        onClose(this, async () => {
          RED.events.removeListener('flows:started', start)
          queue.cancel()
          await source.drain(5000)
          source.close()
        })
      } as never)
    },
    /** Holds what it is given; says nothing when it is closed. */
    'probe-gate': (RED) => {
      const probes = this
      register(RED, 'probe-gate', (node) => {
        const handler: Handler = (message, send, done) => {
          probes.held.push({ gate: node.id, message, send, done })
        }
        node.on('input', handler as never)
      })
    },
    /** Finishes at once. */
    'probe-sink': (RED) => {
      const probes = this
      register(RED, 'probe-sink', (node) => {
        const handler: Handler = (message, _send, done) => {
          probes.finish(message)
          done()
        }
        node.on('input', handler as never)
      })
    },
    /** Takes its time, closed or not. */
    'probe-slow': (RED) =>
      register(RED, 'probe-slow', (node, config: { ms: number }) => {
        const handler: Handler = (message, send, done) => {
          setTimeout(() => {
            send(message)
            done()
          }, config.ms)
        }
        node.on('input', handler as never)
      }),
    /** As sinks of ours do it: begins a write, and is told by the test when it has happened, closed or not. */
    'probe-writer': (RED) => {
      const probes = this
      register(RED, 'probe-writer', (node, config: { begins?: boolean }) => {
        onInput<Message>(RED, node, async (message, _send, context) => {
          if (config.begins !== false) context.begin()
          await new Promise<void>((resolve) => {
            probes.held.push({ gate: node.id, message, send: () => {}, done: () => resolve() })
          })
          probes.finish(message)
        })
        onClose(node, async () => {
          // A real sink ends what it has begun.
          await new Promise((resolve) => setTimeout(resolve, 150))
        })
      })
    },
    /** An old-fashioned node: no done, sends from its handler. */
    'probe-no-done': (RED) =>
      register(RED, 'probe-no-done', (node) => {
        node.on('input', ((message: Message) => node.send(message as never)) as never)
      }),
    /** An old-fashioned asynchronous node: no done, sends later. */
    'probe-no-done-later': (RED) =>
      register(RED, 'probe-no-done-later', (node) => {
        node.on('input', ((message: Message) => {
          setTimeout(() => node.send(message as never), 50)
        }) as never)
      }),
    'probe-throws': (RED) =>
      register(RED, 'probe-throws', (node) => {
        const handler: Handler = (_message, _send, _done) => {
          throw new Error('thrown by the handler')
        }
        node.on('input', handler as never)
      }),
    'probe-fails-to-start': (RED) => {
      RED.nodes.registerType('probe-fails-to-start', function (this: Node) {
        throw new Error(`constructor of ${this.type} failed`)
      } as never)
    },
  }
}

const probes = new Map<NodeRedLine, Probes>()

export async function probesOf(line: NodeRedLine): Promise<Probes> {
  let of = probes.get(line)
  if (of === undefined) {
    of = new Probes()
    probes.set(line, of)
    of.runtime = await embeddedRuntime(line, of.nodes)
  }
  return of
}

function register<C extends object>(RED: NodeAPI, type: string, build: (node: Node, config: C) => void): void {
  RED.nodes.registerType(type, function (this: Node, config: NodeDef & C) {
    RED.nodes.createNode(this, config)
    build(this, config)
  } as never)
}

function pick<T extends object, K extends keyof T>(from: T, ...keys: K[]): Partial<Pick<T, K>> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as never
}
