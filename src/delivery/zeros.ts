import type { OpenDelivery } from './open-delivery'
import type { Clock } from './ports'

/** Patience before a settlement where another palette's hook delays what is sent. */
const DELAYED_SENDS_MS = 1000

/**
 * Deliveries with nothing open. Each is looked at again in the next turn of the event loop, as a node may call `done`
 * before it sends.
 */
export class Zeros {
  /** Another palette delays `onSend`: a node may complete long before we hear what it sent. */
  sendsAreDelayed = false
  private readonly clock: Clock
  private readonly onStillZero: (delivery: OpenDelivery) => void
  private waiting: OpenDelivery[] = []

  constructor(clock: Clock, onStillZero: (delivery: OpenDelivery) => void) {
    this.clock = clock
    this.onStillZero = onStillZero
  }

  add(delivery: OpenDelivery): void {
    if (delivery.queued !== 'no') {
      delivery.queued = 'again'
      return
    }
    delivery.queued = 'yes'
    if (this.sendsAreDelayed) {
      this.clock.setTimeout(() => this.look(delivery), DELAYED_SENDS_MS)
      return
    }
    this.waiting.push(delivery)
    // One look for all that reach zero in this turn.
    if (this.waiting.length === 1) this.clock.setImmediate(() => this.lookAtAll())
  }

  private lookAtAll(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const delivery of waiting) this.look(delivery)
  }

  private look(delivery: OpenDelivery): void {
    const cameAgain = delivery.queued === 'again'
    delivery.queued = 'no'
    if (delivery.settled || delivery.open > 0) return
    // With patience, the time counts from the last zero.
    if (cameAgain && this.sendsAreDelayed) this.add(delivery)
    else this.onStillZero(delivery)
  }
}
