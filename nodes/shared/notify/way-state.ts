import type { Node } from 'node-red'
import type { DeliveryService } from '../../../src/delivery/service'
import type { NotifyCounts } from '../../../src/notify/counters'
import type { Way } from '../../../src/notify/sender'
import type { NodeStatus } from '../status'

/** What is kept for later. */
export interface Kept {
  readonly collecting: number
  readonly failed: number
  readonly setAside: number
  readonly reason?: string
}

/**
 * Tells everybody what the state of the way to a service means for them: the status, the log (each change once), and the
 * sources of the messages that wait here, which pause while the service takes nothing.
 */
export class WayState {
  readonly #node: Node
  readonly #target: string
  readonly #status: NodeStatus
  readonly #deliveries: DeliveryService
  readonly #counts: NotifyCounts
  /** Tokens of the messages in here, with how many of each. */
  readonly #inside = new Map<string, number>()
  #way: Way = { kind: 'open' }
  #away: string | undefined

  constructor(node: Node, target: string, status: NodeStatus, deliveries: DeliveryService, counts: NotifyCounts) {
    this.#node = node
    this.#target = target
    this.#status = status
    this.#deliveries = deliveries
    this.#counts = counts
  }

  entered(token: string | undefined): void {
    if (token === undefined) return
    this.#inside.set(token, (this.#inside.get(token) ?? 0) + 1)
    if (this.#away !== undefined) this.#deliveries.away(token, this.#node.id, this.#away)
  }

  left(token: string | undefined): void {
    if (token === undefined) return
    const count = this.#inside.get(token) ?? 0
    if (count > 1) this.#inside.set(token, count - 1)
    else this.#inside.delete(token)
  }

  changed(way: Way): void {
    this.#way = way
    if (way.kind === 'open') {
      if (this.#away !== undefined) this.#node.log(`${this.#target}: takes messages again`)
      this.#away = undefined
      this.#deliveries.back(this.#node.id)
      return
    }
    const text = `${this.#target}: ${way.reason}`
    if (this.#away !== text) this.#node.warn(text)
    this.#away = text
    for (const token of this.#inside.keys()) this.#deliveries.away(token, this.#node.id, text)
  }

  /** The node goes: nobody would say that the service is back. */
  closed(): void {
    this.#deliveries.back(this.#node.id)
  }

  show(waiting: number, kept: Kept, paused: string | undefined): void {
    const way = this.#way
    const held = waiting > 0 ? `, ${waiting} held` : ''
    if (way.kind === 'refused') {
      this.#status.attention(`${way.reason}${held}`)
    } else if (way.kind === 'away') {
      const seconds = Math.max(1, Math.ceil((way.retryAt - Date.now()) / 1000))
      this.#status.healing(`away${held}, retry in ${seconds} s: ${way.reason}`)
    } else if (kept.setAside > 0) {
      this.#status.attention(`${kept.setAside} not delivered: ${kept.reason ?? ''}`)
    } else if (paused !== undefined) {
      this.#status.healing(`paused: ${paused}`)
    } else if (waiting > 0) {
      this.#status.busy(`sending ${waiting}`)
    } else {
      this.#status.ready(this.#text(kept))
    }
  }

  #text(kept: Kept): string {
    const { sent, throttled, failed } = this.#counts
    const parts = [`${sent} sent`]
    if (kept.collecting > 0) parts.push(`${kept.collecting} waiting`)
    if (throttled > 0) parts.push(`${throttled} throttled`)
    if (failed > 0) parts.push(`${failed} failed`)
    return parts.join(', ')
  }
}
