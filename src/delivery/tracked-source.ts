import { InOrder } from './in-order'
import { OpenDelivery } from './open-delivery'
import type { Cancel, Ports } from './ports'
import type { Delivery, DeliverySource, Settlement, SettlementReason, SourceOptions } from './service'

/** Below RabbitMQ's consumer timeout of 30 minutes, after which it closes the channel. */
export const DEFAULT_DEADLINE_MS = 20 * 60_000
/** So long may a sink be away before its sources give everything back. */
export const SUSPEND_AFTER_MS = 15 * 60_000

/** What a source needs from the machine that it belongs to. */
export interface SourceHost {
  readonly ports: Ports
  readonly epoch: () => number
  readonly opened: (delivery: OpenDelivery) => void
  readonly sent: (delivery: OpenDelivery) => void
  readonly zero: (delivery: OpenDelivery) => void
  /** Settles and forgets. */
  readonly settle: (delivery: OpenDelivery, settlement: Settlement) => void
  readonly closed: (source: TrackedSource) => void
  readonly holders: (delivery: OpenDelivery) => readonly string[]
}

/** One source: its open deliveries in the order of their opening, its deadline, and the sinks that pause it. */
export class TrackedSource implements DeliverySource {
  readonly key: string
  readonly options: SourceOptions
  /** In the order of opening, which is the order of their deadlines. */
  readonly deliveries = new InOrder<OpenDelivery>()
  private readonly host: SourceHost
  private readonly away = new Map<string, string>()
  private opened = 0
  private closed = false
  private lateSends = 0
  private cancelDeadline: Cancel | undefined
  private cancelSuspend: Cancel | undefined
  private onWriteEnded: (() => void) | undefined

  constructor(options: SourceOptions, host: SourceHost) {
    this.options = options
    this.host = host
    this.key = host.ports.randomKey()
  }

  get inFlight(): number {
    return this.deliveries.size
  }

  get settledByHand(): boolean {
    return this.options.settledByHand ?? false
  }

  private get deadlineMs(): number {
    return this.options.deadlineMs ?? DEFAULT_DEADLINE_MS
  }

  open(onSettled: (settlement: Settlement) => void): Delivery {
    this.opened += 1
    const at = { now: this.host.ports.clock.now(), epoch: this.host.epoch() }
    const token = `${this.key}.${this.opened}`
    const delivery = new OpenDelivery(this, token, at, onSettled, this.host)
    this.deliveries.add(delivery)
    this.host.opened(delivery)
    if (this.closed) {
      // What still came in when the source was closed: nothing is tracked for it any more.
      this.host.ports.clock.setImmediate(() => this.takeBack((open) => open === delivery))
    } else if (this.cancelDeadline === undefined) this.watchDeadline(this.deadlineMs)
    return delivery
  }

  async drain(timeoutMs: number): Promise<void> {
    const { clock } = this.host.ports
    const turn = () => new Promise<void>((resolve) => clock.setImmediate(resolve))
    const isWriting = () => this.deliveries.all().some(({ writes }) => writes > 0)
    // With nothing open any more a delivery settles by itself, in the next turn.
    const isStuck = ({ writes, queued }: OpenDelivery) => writes === 0 && queued === 'no'
    await turn()
    this.takeBack(isStuck)
    if (isWriting()) {
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimeout(resolve, timeoutMs)
        this.onWriteEnded = () =>
          // Twice: a confirmed write brings its delivery to zero, which is looked at again in the next turn.
          clock.setImmediate(() =>
            clock.setImmediate(() => {
              this.takeBack(isStuck)
              if (isWriting()) return
              cancel()
              resolve()
            }),
          )
      })
      this.onWriteEnded = undefined
    }
    if (this.deliveries.all().some(({ queued }) => queued !== 'no')) await turn()
    this.takeBack(() => true)
  }

  close(): void {
    this.closed = true
    this.takeBack(() => true)
    this.cancelDeadline?.()
    this.cancelDeadline = undefined
    this.cancelSuspend?.()
    this.cancelSuspend = undefined
    this.away.clear()
    this.host.closed(this)
  }

  writeEnded(): void {
    this.onWriteEnded?.()
  }

  isAway(nodeId: string): boolean {
    return this.away.has(nodeId)
  }

  get awaySinks(): readonly string[] {
    return [...this.away.keys()]
  }

  sinkAway(nodeId: string, reason: string): void {
    const first = this.away.size === 0
    this.away.set(nodeId, reason)
    if (!first) return
    this.cancelSuspend = this.host.ports.clock.setTimeout(() => this.suspend(), SUSPEND_AFTER_MS)
    this.options.onPause?.(reason)
  }

  sinkBack(nodeId: string): void {
    if (!this.away.delete(nodeId) || this.away.size > 0) return
    this.cancelSuspend?.()
    this.cancelSuspend = undefined
    this.options.onResume?.()
  }

  lateSend(nodeId: string): void {
    this.lateSends += 1
    this.options.onLateSend?.(this.lateSends, nodeId)
  }

  private suspend(): void {
    const [sink] = this.away
    if (sink === undefined) return
    const [nodeId, text] = sink
    this.options.onSuspend?.(text)
    const reason = { code: 'SINK_AWAY', message: text, nodeId }
    for (const delivery of this.deliveries.all()) {
      this.host.settle(delivery, { outcome: 'retry', reason, countsAttempt: false })
    }
  }

  private takeBack(chosen: (delivery: OpenDelivery) => boolean): void {
    const reason: SettlementReason = {
      code: 'DEPLOYED',
      message: 'The source stopped before the flow had finished with the message.',
      nodeId: this.options.id,
    }
    for (const delivery of this.deliveries.all()) {
      if (chosen(delivery)) this.host.settle(delivery, { outcome: 'retry', reason, countsAttempt: false })
    }
  }

  private watchDeadline(ms: number): void {
    this.cancelDeadline = this.host.ports.clock.setTimeout(() => {
      this.cancelDeadline = undefined
      this.expire()
      const { oldest } = this.deliveries
      if (oldest === undefined) return
      this.watchDeadline(Math.max(1, oldest.openedAt + this.deadlineMs - this.host.ports.clock.now()))
    }, ms)
  }

  private expire(): void {
    const latest = this.host.ports.clock.now() - this.deadlineMs
    for (const delivery of this.deliveries.all()) {
      if (delivery.openedAt > latest) return
      const holders = this.host.holders(delivery)
      const [nodeId = this.options.id] = holders
      const names = holders.map((id) => this.host.ports.runtime.describe(id))
      const message =
        names.length > 0
          ? `Not finished within ${duration(this.deadlineMs)}; held by ${names.slice(0, 3).join(', ')}.`
          : `Not finished within ${duration(this.deadlineMs)}.`
      const reason = { code: 'DEADLINE', message, nodeId }
      this.host.settle(delivery, { outcome: 'retry', reason, countsAttempt: this.away.size === 0 })
    }
  }
}

function duration(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`
}
