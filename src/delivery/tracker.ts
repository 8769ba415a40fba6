import { Deploys } from './deploys'
import type { Hold } from './holds'
import { Hops } from './hops'
import type { OpenDelivery } from './open-delivery'
import type { Ports } from './ports'
import type { DeliveryService, DeliverySource, PendingWrite, Settlement, SourceOptions } from './service'
import { TokenTable } from './token-table'
import { type SourceHost, TrackedSource } from './tracked-source'
import { Zeros } from './zeros'

/** So long may a sink confirm, after its node has been closed, a write that it had begun. */
export const CONFIRM_WHILE_CLOSING_MS = 5000
const REMEMBERED_BY_HAND = 10_000

const INERT: PendingWrite = { confirm: () => {}, fail: () => {} }

/**
 * The state machine: it is told what happens in the runtime and knows when a delivery is finished.
 *
 * Every message that a delivery has set off is a hold. With no hold left, and still none in the next turn of the event
 * loop (a node may call `done` before it sends), the delivery settles. The rules stand in docs/architecture.md.
 */
export class DeliveryTracker implements DeliveryService {
  readonly tracks: boolean
  /** To be told what happens to messages. */
  readonly hops: Hops
  private readonly ports: Ports
  private readonly host: SourceHost
  private readonly deliveries = new TokenTable<OpenDelivery>()
  private readonly sources = new Map<string, TrackedSource>()
  private readonly settledByHand = new Set<string>()
  private readonly deploys: Deploys
  private readonly zeros: Zeros

  constructor(ports: Ports, tracks = true) {
    this.ports = ports
    this.tracks = tracks
    this.deploys = new Deploys(ports.runtime)
    this.zeros = new Zeros(ports.clock, (delivery) => this.stillZero(delivery))
    this.hops = new Hops(this.deliveries, ports, this.deploys, (token, nodeId) => this.lateSend(token, nodeId))
    this.host = {
      ports,
      epoch: () => this.deploys.epoch,
      opened: (delivery) => this.deliveries.set(delivery.token, delivery),
      sent: (delivery) => this.sourceSent(delivery),
      zero: (delivery) => this.zeros.add(delivery),
      settle: (delivery, settlement) => this.finish(delivery, settlement),
      closed: (source) => this.sources.delete(source.key),
      holders: (delivery) => this.holders(delivery),
    }
  }

  get hasSources(): boolean {
    return this.sources.size > 0
  }

  /** Node ids of the sources whose deliveries no hand settles. */
  get sourcesEndingWithTheFlow(): readonly string[] {
    return [...this.sources.values()].filter((source) => !source.settledByHand).map((source) => source.options.id)
  }

  // --- what sources and sinks ask ---

  source(options: SourceOptions): DeliverySource {
    const source = new TrackedSource(options, this.host)
    this.sources.set(source.key, source)
    return source
  }

  signal(token: string | undefined): AbortSignal | undefined {
    return this.find(token)?.signal
  }

  begin(token: string | undefined, nodeId: string, message?: object): PendingWrite {
    const delivery = this.find(token)
    const hold =
      message === undefined
        ? delivery?.holds.findAt(nodeId, (h) => h.state === 'held' && h.write === 'none')
        : delivery?.holds.find(message, nodeId, 'held')
    if (delivery === undefined || hold === undefined || hold.write !== 'none') return INERT
    delivery.beginWrite(hold)
    if (!this.stillDeployed(delivery, hold)) this.limit([hold])
    return {
      confirm: () => {
        if (delivery.settled || hold.write !== 'begun') return
        delivery.endWrite(hold)
        hold.write = 'confirmed'
        // Its `done` counts no more: this is the completion.
        if (!this.stillDeployed(delivery, hold)) delivery.release(hold)
      },
      fail: () => {
        if (delivery.settled || hold.write !== 'begun') return
        delivery.endWrite(hold)
        if (!this.stillDeployed(delivery, hold)) this.abandon(hold)
      },
    }
  }

  away(token: string | undefined, nodeId: string, reason: string): void {
    this.guard(() => this.find(token)?.source.sinkAway(nodeId, reason))
  }

  back(nodeId: string): void {
    for (const source of this.sources.values()) this.guard(() => source.sinkBack(nodeId))
  }

  settle(token: string | undefined, settlement: Settlement, _nodeId: string): boolean {
    const delivery = this.find(token)
    if (delivery === undefined) return false
    // What the flow still does with the message is no mistake then.
    this.settledByHand.add(delivery.token)
    if (this.settledByHand.size > REMEMBERED_BY_HAND) {
      const [oldest = ''] = this.settledByHand
      this.settledByHand.delete(oldest)
    }
    this.finish(delivery, settlement)
    return true
  }

  // --- what happens to flows ---

  flowsStopping(): void {
    this.deploys.begin(() => this.limitWrites())
  }

  flowsStopped(): void {
    this.deploys.stopped()
    this.sweep()
  }

  flowsStarted(): void {
    this.deploys.end()
    this.zeros.sendsAreDelayed = false
    this.sweep()
  }

  // --- inside ---

  private find(token: string | undefined): OpenDelivery | undefined {
    return token === undefined ? undefined : this.deliveries.get(token)
  }

  private stillDeployed(delivery: OpenDelivery, hold: Hold): boolean {
    return hold.node === undefined || this.deploys.isDeployed(delivery, hold.nodeId, hold.node)
  }

  private condemn(delivery: OpenDelivery, nodeId: string): void {
    delivery.doom ??= this.deploys.reason(nodeId)
  }

  /** The message is lost with its node. */
  private abandon(hold: Hold): void {
    this.condemn(hold.delivery, hold.nodeId)
    hold.delivery.release(hold)
  }

  /** What nodes that are gone still hold will not come back; so the delivery need not wait for its deadline. */
  private sweep(): void {
    for (const hold of this.heldByTheGone()) {
      if (hold.write === 'none') this.abandon(hold)
      else if (hold.write === 'confirmed') hold.delivery.release(hold)
    }
    for (const source of this.sources.values()) {
      for (const nodeId of source.awaySinks) {
        if (this.ports.runtime.destination(nodeId) !== 'running') this.guard(() => source.sinkBack(nodeId))
      }
    }
  }

  /** Every node that this deploy closes has been taken out: the time for what they have begun to write runs. */
  private limitWrites(): void {
    const writing = this.heldByTheGone().filter((hold) => hold.write === 'begun')
    if (writing.length > 0) this.limit(writing)
  }

  private limit(writing: readonly Hold[]): void {
    this.ports.clock.setTimeout(() => {
      for (const hold of writing) if (hold.write === 'begun' && !hold.delivery.settled) this.abandon(hold)
    }, CONFIRM_WHILE_CLOSING_MS)
  }

  private heldByTheGone(): Hold[] {
    const held: Hold[] = []
    for (const delivery of this.deliveries.values()) {
      if (delivery.epoch === this.deploys.epoch) continue
      for (const hold of delivery.holds) {
        if (hold.state === 'held' && !this.stillDeployed(delivery, hold)) held.push(hold)
      }
    }
    return held
  }

  private lateSend(token: string, nodeId: string): void {
    if (this.settledByHand.has(token)) return
    const source = this.sources.get(token.slice(0, token.indexOf('.')))
    if (source !== undefined) this.guard(() => source.lateSend(nodeId))
  }

  /**
   * A source with wires says that it has sent, and we have not heard of it: so will it be with every other node. It may
   * just have had nothing to send; then the next delivery shows.
   */
  private sourceSent(delivery: OpenDelivery): void {
    if (delivery.announced) this.zeros.sendsAreDelayed = false
    else if (this.tracks && this.ports.runtime.hasWires(delivery.source.options.id)) this.zeros.sendsAreDelayed = true
  }

  private stillZero(delivery: OpenDelivery): void {
    const settlement = delivery.verdict((nodeId) => delivery.source.isAway(nodeId))
    if (settlement !== undefined) this.finish(delivery, settlement)
  }

  private finish(delivery: OpenDelivery, settlement: Settlement): void {
    this.deliveries.delete(delivery.token)
    delivery.source.deliveries.delete(delivery)
    this.guard(() => delivery.settle(settlement))
  }

  /** Ids of the nodes that have the delivery's messages, or to which they are on their way. */
  private holders(delivery: OpenDelivery): readonly string[] {
    const ids = new Set<string>()
    for (const hold of delivery.holds) ids.add(hold.nodeId)
    for (const hold of this.hops.announcements) if (hold.delivery === delivery) ids.add(hold.nodeId)
    return [...ids]
  }

  private guard(listener: () => void): void {
    try {
      listener()
    } catch (thrown) {
      this.ports.onFault(thrown)
    }
  }
}
