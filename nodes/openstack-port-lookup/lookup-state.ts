import type { Node } from 'node-red'
import type { DeliveryService } from '../../src/delivery/service'
import { OperatorError } from '../../src/errors/operator-error'
import type { Exposure } from '../../src/exposure/model'
import type { OutageState } from '../../src/exposure/outage'
import type { NodeStatus } from '../shared/status'

/** Tells what goes on in the node: the status, the log (each outage once), and the sources whose messages wait here. */
export class LookupState {
  readonly #node: Node
  readonly #status: NodeStatus
  readonly #deliveries: DeliveryService
  #working = 0
  #outage: OutageState | undefined

  constructor(node: Node, status: NodeStatus, deliveries: DeliveryService) {
    this.#node = node
    this.#status = status
    this.#deliveries = deliveries
  }

  begun(): void {
    this.#working += 1
    this.#busy()
  }

  answered({ addresses, incomplete }: Exposure): void {
    this.#ended(() => {
      if (incomplete === undefined) this.#status.ready(`found ${addresses.length} addresses`)
      else this.#status.attention('answer incomplete')
    })
  }

  failed(thrown: unknown): void {
    const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
    const heals = thrown instanceof OperatorError && thrown.retryable
    this.#ended(() => (heals ? this.#status.healing(`will be retried: ${code}`) : this.#status.attention(code)))
  }

  /** A message of this delivery waits for the cloud: its source pauses, and no attempt is counted. */
  waiting(token: string, reason: string): void {
    this.#deliveries.away(token, this.#node.id, reason)
  }

  outage(state: OutageState | undefined): void {
    const before = this.#outage
    this.#outage = state
    if (state === undefined) {
      this.#node.log('OpenStack answers again')
      this.#deliveries.back(this.#node.id)
      this.#busy()
      return
    }
    if (before === undefined) this.#node.warn(`OpenStack cannot answer: ${state.reason}`)
    this.#status.healing(`waiting, ${this.#working} held, retry in ${Math.ceil(state.retryInMs / 1000)} s`)
  }

  /** The node goes: nobody would say that the cloud is back. */
  closed(): void {
    this.#deliveries.back(this.#node.id)
  }

  #ended(show: () => void): void {
    this.#working -= 1
    if (this.#working > 0) this.#busy()
    else if (this.#outage === undefined) show()
  }

  #busy(): void {
    if (this.#outage === undefined && this.#working > 0) this.#status.busy(`looking up ${this.#working}`)
  }
}
