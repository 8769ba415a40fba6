import { OperatorError } from '../errors/operator-error'
import { Announcements } from './announcements'
import type { Hold } from './holds'
import type { OpenDelivery } from './open-delivery'
import { type NodeInstance, type Ports, tokenOf, type Wire } from './ports'
import type {
  DeliveryService,
  DeliverySource,
  PendingWrite,
  Settlement,
  SettlementReason,
  SourceOptions,
} from './service'
import { type SourceHost, TrackedSource } from './tracked-source'

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
  private readonly ports: Ports
  private readonly host: SourceHost
  private readonly deliveries = new Map<string, OpenDelivery>()
  private readonly sources = new Map<string, TrackedSource>()
  private readonly announcements: Announcements
  private readonly settledByHand = new Set<string>()
  private zeros: OpenDelivery[] = []
  /** Grows with every beginning and end of a deploy. */
  private epoch = 0
  /** Nodes may be missing: from `flows:stopping` to `flows:started`. A source's node is built during a start. */
  private deploying = true
  /** Close handlers are being called: a node may complete another's message that is closed next. */
  private closing = false

  constructor(ports: Ports, tracks = true) {
    this.ports = ports
    this.tracks = tracks
    this.announcements = new Announcements(ports.clock, (wire, hold) => this.overdue(wire, hold))
    this.host = {
      ports,
      epoch: () => this.epoch,
      opened: (delivery) => this.deliveries.set(delivery.token, delivery),
      zero: (delivery) => this.atZero(delivery),
      settle: (delivery, settlement) => this.finish(delivery, settlement),
      closed: (source) => this.sources.delete(source.key),
      holders: (delivery) => this.holders(delivery),
    }
  }

  get hasSources(): boolean {
    return this.sources.size > 0
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

  // --- what happens to messages ---

  /** A node has sent something on a wire; nothing is known about the receiver yet. */
  announced(wire: Wire): void {
    const token = tokenOf(wire.msg)
    if (token === undefined) return
    const delivery = this.deliveries.get(token)
    if (delivery === undefined) {
      this.lateSend(token, wire)
      return
    }
    if (!this.isDeployed(delivery, wire.source.id, wire.source.node)) this.condemn(delivery, wire.source.id)
    delivery.open += 1
    const hold = this.hold(delivery, 'announced', wire.destination.id, wire.msg)
    this.announcements.add(wire, hold)
  }

  /** The runtime has found the receiver and is about to give it the message. */
  claimed(wire: Wire): void {
    const hold = this.announcements.take(wire)
    if (hold === undefined || hold.delivery.settled) return
    hold.state = 'on its way'
    hold.message = wire.msg
    hold.nodeId = wire.destination.id
    hold.delivery.holds.add(hold)
  }

  /** A node is given a message: from a wire, or directly (catch, complete and link nodes). */
  received(message: object, receiver: NodeInstance): void {
    const delivery = this.find(tokenOf(message))
    if (delivery === undefined) return
    const { holds } = delivery
    const known =
      holds.find(message, receiver.id, 'on its way') ??
      // Another palette's hook may have put another object in its place.
      holds.findAt(receiver.id, (h) => h.state === 'on its way' && h.node === undefined && h.message !== message)
    if (known === undefined) {
      delivery.open += 1
      const hold = this.hold(delivery, 'held', receiver.id, message)
      hold.node = receiver.node
      holds.add(hold)
      return
    }
    known.state = 'held'
    known.node = receiver.node
    if (known.message === message) return
    holds.remove(known)
    known.message = message
    holds.add(known)
  }

  /** A catch node is given the error of another node. */
  caught(message: object, failedNodeId: string, error: unknown): void {
    const delivery = this.find(tokenOf(message))
    if (delivery === undefined) return
    const handled = delivery.source.options.caughtErrorsCountAsHandled ?? false
    delivery.standingErrors.caught(failedNodeId, error, handled)
  }

  /** A node has finished with a message: `done` was called, or it takes no `done` and its handler has returned. */
  completed(message: object, completer: NodeInstance, error?: unknown): void {
    const delivery = this.find(tokenOf(message))
    if (delivery === undefined) return
    if (error) delivery.standingErrors.report(completer.id, error, message, 'done')
    const hold = delivery.holds.find(message, completer.id, 'held')
    if (hold === undefined) return
    if (hold.write !== 'confirmed' && !this.isDeployed(delivery, completer.id, completer.node)) {
      this.condemn(delivery, completer.id)
    }
    delivery.release(hold)
  }

  /** A node has reported an error with a message; `thrown`: its handler threw, so that nothing else will come. */
  failed(message: object, failing: NodeInstance, error: unknown, thrown: boolean): void {
    const delivery = this.find(tokenOf(message))
    if (delivery === undefined) return
    delivery.standingErrors.report(failing.id, error, message, 'error')
    const hold = thrown ? delivery.holds.find(message, failing.id, 'held') : undefined
    if (hold === undefined) return
    if (!this.isDeployed(delivery, failing.id, failing.node)) this.condemn(delivery, failing.id)
    delivery.release(hold)
  }

  // --- what happens to flows ---

  flowsStopping(): void {
    this.epoch += 1
    this.deploying = true
    this.closing = true
    // Every node that is going to be closed is taken out and its close handler called in this very turn.
    queueMicrotask(() => {
      this.closing = false
    })
    this.ports.clock.setTimeout(() => this.sweep('writes too'), CONFIRM_WHILE_CLOSING_MS)
  }

  flowsStopped(): void {
    this.sweep('but writes')
  }

  flowsStarted(): void {
    this.epoch += 1
    this.deploying = false
    this.sweep('but writes')
  }

  // --- inside ---

  private find(token: string | undefined): OpenDelivery | undefined {
    return token === undefined ? undefined : this.deliveries.get(token)
  }

  private hold(delivery: OpenDelivery, state: Hold['state'], nodeId: string, message: object): Hold {
    return {
      delivery,
      state,
      nodeId,
      node: undefined,
      message,
      epoch: this.epoch,
      tick: 0,
      write: 'none',
      next: undefined,
    }
  }

  /** Asked of the runtime only if there was a deploy since the delivery was opened. */
  private isDeployed(delivery: OpenDelivery, nodeId: string, node: object): boolean {
    if (delivery.epoch === this.epoch) return true
    return !this.closing && this.ports.runtime.isDeployed(nodeId, node)
  }

  private stillDeployed(delivery: OpenDelivery, hold: Hold): boolean {
    return hold.node === undefined || this.isDeployed(delivery, hold.nodeId, hold.node)
  }

  private condemn(delivery: OpenDelivery, nodeId: string): void {
    if (delivery.doom === undefined) delivery.condemn(this.deployed(nodeId))
  }

  private deployed(nodeId: string): SettlementReason {
    const name = this.ports.runtime.describe(nodeId)
    return { code: 'DEPLOYED', message: `A deploy stopped ${name} while it had the message.`, nodeId }
  }

  /** The message is lost with its node. */
  private abandon(hold: Hold): void {
    this.condemn(hold.delivery, hold.nodeId)
    hold.delivery.release(hold)
  }

  /** What nodes that are gone still hold will not come back; so the delivery need not wait for its deadline. */
  private sweep(which: 'but writes' | 'writes too'): void {
    for (const delivery of [...this.deliveries.values()]) {
      if (delivery.epoch === this.epoch) continue
      for (const hold of delivery.holds) {
        if (hold.state !== 'held' || hold.node === undefined) continue
        if (hold.write === 'begun' && which === 'but writes') continue
        if (!this.ports.runtime.isDeployed(hold.nodeId, hold.node)) this.abandon(hold)
      }
    }
    for (const source of this.sources.values()) {
      for (const nodeId of source.awaySinks) {
        if (this.ports.runtime.destination(nodeId) !== 'running') this.guard(() => source.sinkBack(nodeId))
      }
    }
  }

  private overdue(wire: Wire, hold: Hold): 'keep waiting' | 'done' {
    const { delivery } = hold
    const { id } = wire.destination
    if (this.deploying || hold.epoch !== this.epoch) {
      // The receiver may have been missing for a moment only.
      this.condemn(delivery, id)
    } else {
      const destination = this.ports.runtime.destination(id)
      // Somebody else's hook has the message, such as a debugger at a breakpoint.
      if (destination === 'running') return 'keep waiting'
      if (destination === 'failed') {
        const text = `${this.ports.runtime.describe(id)} has not started, so the message went nowhere.`
        const error = new OperatorError('NODE_NOT_RUNNING', text, { retryable: true })
        delivery.standingErrors.report(id, error, wire.msg, 'error')
      }
    }
    delivery.closeOne()
    return 'done'
  }

  private lateSend(token: string, wire: Wire): void {
    if (this.settledByHand.has(token)) return
    const source = this.sources.get(token.slice(0, token.indexOf('.')))
    if (source === undefined || !this.ports.runtime.isDeployed(wire.source.id, wire.source.node)) return
    this.guard(() => source.lateSend(wire.source.id))
  }

  private atZero(delivery: OpenDelivery): void {
    if (delivery.queued) return
    delivery.queued = true
    this.zeros.push(delivery)
    if (this.zeros.length === 1) this.ports.clock.setImmediate(() => this.lookAgain())
  }

  private lookAgain(): void {
    const zeros = this.zeros
    this.zeros = []
    for (const delivery of zeros) {
      delivery.queued = false
      if (delivery.settled || delivery.open > 0) continue
      const settlement = delivery.verdict((nodeId) => delivery.source.isAway(nodeId))
      if (settlement !== undefined) this.finish(delivery, settlement)
    }
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
    for (const hold of this.announcements) if (hold.delivery === delivery) ids.add(hold.nodeId)
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
