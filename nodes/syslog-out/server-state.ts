import type { Node } from 'node-red'
import type { DeliveryService } from '../../src/delivery/service'
import type { SinkCounts } from '../../src/syslog/sink'
import type { TransportState } from '../../src/syslog/transport'
import type { NodeStatus } from '../shared/status'

/**
 * Tells everybody what the server's state means for them: the status, the log (each change once), and the sources of the
 * messages that wait here, which pause while the server takes nothing.
 */
export class ServerState {
  readonly #node: Node
  readonly #target: string
  readonly #status: NodeStatus
  readonly #deliveries: DeliveryService
  /** Tokens of the messages in here, with how many of each. */
  readonly #inside = new Map<string, number>()
  #state: TransportState = { kind: 'connecting' }
  #away: string | undefined

  constructor(node: Node, target: string, status: NodeStatus, deliveries: DeliveryService) {
    this.#node = node
    this.#target = target
    this.#status = status
    this.#deliveries = deliveries
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

  changed(state: TransportState): void {
    this.#state = state
    if (state.kind === 'away' || state.kind === 'slow') this.#pause(state.reason)
    else if (state.kind === 'connected' || state.kind === 'closed') this.#resume()
  }

  /** @param held lines that wait */
  show(held: number, { sent, truncated }: SinkCounts): void {
    const state = this.#state
    const waiting = held > 0 ? `, ${held} held` : ''
    switch (state.kind) {
      case 'connecting':
        if (this.#away === undefined) this.#status.connecting(`connecting${waiting}`)
        return
      case 'connected':
        this.#status.ready(
          `connected${sent > 0 ? `, ${sent} sent` : ''}${truncated > 0 ? `, ${truncated} truncated` : ''}`,
        )
        return
      case 'slow':
        this.#status.connecting(`server slow${waiting}`)
        return
      case 'away':
        if (state.needsPerson) this.#status.attention(`${state.reason}${waiting}`)
        else this.#status.healing(`away${waiting}: ${state.reason}, retry in ${Math.ceil(state.retryInMs / 1000)} s`)
        return
      case 'closed':
    }
  }

  #pause(reason: string): void {
    const text = `syslog server ${this.#target}: ${reason}`
    if (this.#away !== text) this.#node.warn(text)
    this.#away = text
    for (const token of this.#inside.keys()) this.#deliveries.away(token, this.#node.id, text)
  }

  #resume(): void {
    if (this.#away !== undefined && this.#state.kind === 'connected') {
      this.#node.log(`syslog server ${this.#target}: connected again`)
    }
    this.#away = undefined
    this.#deliveries.back(this.#node.id)
  }
}
