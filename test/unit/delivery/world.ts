import type { Clock, Runtime, Wire } from '../../../src/delivery'
import { DeliveryTracker } from '../../../src/delivery'
import type { Delivery, DeliverySource, Settlement, SourceOptions } from '../../../src/delivery/service'

export interface Message {
  _delivery?: string
  [property: string]: unknown
}

/** A clock that moves when it is told to. */
export class FakeClock implements Clock {
  private time = 0
  private immediates: (() => void)[] = []
  private readonly timers = new Set<{ at: number; callback: () => void }>()

  now(): number {
    return this.time
  }

  setTimeout(callback: () => void, ms: number): () => void {
    const timer = { at: this.time + ms, callback }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  setImmediate(callback: () => void): void {
    this.immediates.push(callback)
  }

  /** The next turn of the event loop. */
  turn(): void {
    const due = this.immediates
    this.immediates = []
    for (const callback of due) callback()
  }

  advance(ms: number): void {
    const until = this.time + ms
    for (;;) {
      for (let turns = 0; turns < 5; turns += 1) this.turn()
      const [next] = [...this.timers].filter((t) => t.at <= until).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.timers.delete(next)
      this.time = Math.max(this.time, next.at)
      next.callback()
    }
    this.time = until
  }
}

/** A runtime without Node-RED: named nodes, deployed or not, and messages that are moved by hand. */
export class World {
  readonly clock = new FakeClock()
  readonly faults: unknown[] = []
  readonly tracker: DeliveryTracker
  private readonly nodes = new Map<string, object>()
  readonly off = new Set<string>()
  /** Sources without wires. */
  readonly wireless = new Set<string>()

  constructor({ started = true } = {}) {
    const runtime: Runtime = {
      isDeployed: (id, node) => this.nodes.get(id) === node,
      destination: (id) => (this.off.has(id) ? 'off' : this.nodes.has(id) ? 'running' : 'failed'),
      hasWires: (id) => !this.wireless.has(id),
      describe: (id) => `node "${id}"`,
    }
    let sources = 0
    this.tracker = new DeliveryTracker({
      clock: this.clock,
      runtime,
      randomKey: () => {
        sources += 1
        return `source${sources}`
      },
      onFault: (thrown) => this.faults.push(thrown),
    })
    if (started) this.tracker.flowsStarted()
  }

  /** The deployed instance with this name; created where there is none. */
  node(id: string): { id: string; node: object } {
    let node = this.nodes.get(id)
    if (node === undefined) {
      node = { id }
      this.nodes.set(id, node)
    }
    return { id, node }
  }

  /** Takes a node out of the flows; returns the instance that lives on. */
  remove(id: string): { id: string; node: object } {
    const gone = this.node(id)
    this.nodes.delete(id)
    return gone
  }

  /** A whole deploy that closes these nodes and builds them again. */
  redeploy(...ids: string[]): void {
    this.tracker.flowsStopping()
    for (const id of ids) this.remove(id)
    this.tracker.flowsStopped()
    for (const id of ids) this.node(id)
    this.tracker.flowsStarted()
  }

  source(options: Partial<SourceOptions> = {}): DeliverySource {
    this.node('source')
    return this.tracker.source({ id: 'source', ...options })
  }

  /** Opens a delivery and sends one message of it to `receiver`, which has it then. */
  open(source: DeliverySource, receiver = 'a'): Opened {
    const settlements: Settlement[] = []
    const delivery = source.open((settlement) => settlements.push(settlement))
    const message = this.pass('source', receiver, { _delivery: delivery.token })
    delivery.sent()
    return {
      delivery,
      message,
      settlements,
      get settlement() {
        return settlements[0]
      },
    }
  }

  wire(from: string | { id: string; node: object }, to: string, message: Message): Wire & { msg: Message } {
    const source = typeof from === 'string' ? this.node(from) : from
    return { msg: message, source, destination: { id: to } }
  }

  /** A message goes over a wire and is received. */
  pass(from: string | { id: string; node: object }, to: string, message: Message): Message {
    const wire = this.wire(from, to, message)
    this.tracker.hops.announced(wire)
    this.tracker.hops.claimed(wire)
    this.tracker.hops.received(message, this.node(to))
    return message
  }

  done(at: string | { id: string; node: object }, message: Message, error?: unknown): void {
    this.tracker.hops.completed(message, typeof at === 'string' ? this.node(at) : at, error)
  }

  /** As the runtime does for `done(error)`: the completion, then the node's `error` method. */
  doneWithError(at: string, message: Message, error: unknown): void {
    this.done(at, message, error)
    this.tracker.hops.failed(message, this.node(at), error, false)
  }
}

export interface Opened {
  readonly delivery: Delivery
  readonly message: Message
  readonly settlements: readonly Settlement[]
  readonly settlement: Settlement | undefined
}
