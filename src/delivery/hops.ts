import { OperatorError } from '../errors/operator-error'
import { Announcements } from './announcements'
import type { Deploys } from './deploys'
import type { Hold } from './holds'
import type { OpenDelivery } from './open-delivery'
import { type NodeInstance, type Ports, tokenOf, type Wire } from './ports'
import type { TokenTable } from './token-table'

/**
 * What happens to messages, in the order in which it happens: announced, claimed, received, then completed or failed.
 * Messages without the token of an open delivery are passed over.
 */
export class Hops {
  readonly announcements: Announcements
  private readonly deliveries: Pick<TokenTable<OpenDelivery>, 'get'>
  private readonly ports: Ports
  private readonly deploys: Deploys
  private readonly onLateSend: (token: string, nodeId: string) => void

  constructor(
    deliveries: Pick<TokenTable<OpenDelivery>, 'get'>,
    ports: Ports,
    deploys: Deploys,
    onLateSend: (token: string, nodeId: string) => void,
  ) {
    this.deliveries = deliveries
    this.ports = ports
    this.deploys = deploys
    this.onLateSend = onLateSend
    this.announcements = new Announcements(ports.clock, (wire, hold) => this.overdue(wire, hold))
  }

  /** A node has sent something on a wire; nothing is known about the receiver yet. */
  announced(wire: Wire): void {
    const token = tokenOf(wire.msg)
    if (token === undefined) return
    const delivery = this.deliveries.get(token)
    if (delivery === undefined) {
      if (this.ports.runtime.isDeployed(wire.source.id, wire.source.node)) this.onLateSend(token, wire.source.id)
      return
    }
    if (!this.deploys.isDeployed(delivery, wire.source.id, wire.source.node)) this.condemn(delivery, wire.source.id)
    delivery.announced = true
    delivery.open += 1
    const hold = this.hold(delivery, 'announced', wire.destination.id, wire.msg)
    this.announcements.add(wire, hold)
  }

  /** The runtime has found the receiver and is about to give it the message. */
  claimed(wire: Wire): void {
    if (tokenOf(wire.msg) === undefined) return
    const hold = this.announcements.take(wire)
    if (hold === undefined || hold.delivery.settled) return
    hold.state = 'on its way'
    hold.message = wire.msg
    hold.nodeId = wire.destination.id
    hold.delivery.holds.add(hold)
  }

  /** A node is given a message: from a wire, or directly (catch, complete and link nodes). */
  received(message: object, receiver: NodeInstance): void {
    const delivery = this.of(message)
    if (delivery === undefined) return
    const { holds } = delivery
    const deployed = this.deploys.isDeployed(delivery, receiver.id, receiver.node)
    const known =
      holds.find(message, receiver.id, 'on its way') ??
      // Another palette's hook may have put another object in its place.
      holds.findAt(receiver.id, (h) => h.state === 'on its way' && h.node === undefined && h.message !== message)
    if (!deployed) {
      // Closed while the message was on its way: it has no handlers any more, and what it did would not count.
      this.condemn(delivery, receiver.id)
      if (known !== undefined) delivery.release(known)
      return
    }
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
    const delivery = this.of(message)
    if (delivery === undefined) return
    const handled = delivery.source.options.caughtErrorsCountAsHandled ?? false
    delivery.standingErrors.caught(failedNodeId, error, handled)
  }

  /** A node has finished with a message: `done` was called, or it takes no `done` and its handler has returned. */
  completed(message: object, completer: NodeInstance, error?: unknown): void {
    const delivery = this.of(message)
    if (delivery === undefined) return
    if (error) delivery.standingErrors.report(completer.id, error, message, 'done')
    const hold = delivery.holds.find(message, completer.id, 'held')
    if (hold === undefined) return
    if (hold.write !== 'confirmed' && !this.deploys.isDeployed(delivery, completer.id, completer.node)) {
      this.condemn(delivery, completer.id)
    }
    delivery.release(hold)
  }

  /** A node has reported an error with a message; `last`: nothing else will come, such as where its handler threw. */
  failed(message: object, failing: NodeInstance, error: unknown, last: boolean): void {
    const delivery = this.of(message)
    if (delivery === undefined) return
    delivery.standingErrors.report(failing.id, error, message, 'error')
    if (!last) return
    const hold =
      delivery.holds.find(message, failing.id, 'held') ?? delivery.holds.findAt(failing.id, (h) => h.state === 'held')
    if (hold === undefined) return
    if (!this.deploys.isDeployed(delivery, failing.id, failing.node)) this.condemn(delivery, failing.id)
    delivery.release(hold)
  }

  private of(message: object): OpenDelivery | undefined {
    const token = tokenOf(message)
    return token === undefined ? undefined : this.deliveries.get(token)
  }

  private hold(delivery: OpenDelivery, state: Hold['state'], nodeId: string, message: object): Hold {
    return {
      delivery,
      state,
      nodeId,
      node: undefined,
      message,
      epoch: this.deploys.epoch,
      tick: 0,
      write: 'none',
      next: undefined,
    }
  }

  private condemn(delivery: OpenDelivery, nodeId: string): void {
    delivery.doom ??= this.deploys.reason(nodeId)
  }

  private overdue(wire: Wire, hold: Hold): 'keep waiting' | 'done' {
    const { delivery } = hold
    const { id } = wire.destination
    if (this.deploys.underWay || hold.epoch !== this.deploys.epoch) {
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
}
