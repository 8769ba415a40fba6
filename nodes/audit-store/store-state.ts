import type { Node } from 'node-red'
import type { IntakeState } from '../../src/audit/intake/intake'
import type { KeepCounts } from '../../src/audit/intake/told'
import type { DeliveryService } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { NodeStatus } from '../shared/status'

/** Tells what goes on in the node: the status, the log (each trouble once), and the sources whose messages wait here. */
export class StoreState {
  readonly #node: Node
  readonly #status: NodeStatus
  readonly #deliveries: DeliveryService
  readonly #counts: KeepCounts
  #intake: IntakeState = { kind: 'working' }
  #trouble: Error | undefined
  #logged: string | undefined

  constructor(node: Node, status: NodeStatus, deliveries: DeliveryService, counts: KeepCounts) {
    this.#node = node
    this.#status = status
    this.#deliveries = deliveries
    this.#counts = counts
  }

  /** A message of this delivery waits: its source pauses, and no attempt is counted. */
  waiting(token: string, reason: string): void {
    this.#deliveries.away(token, this.#node.id, `audit store: ${reason}`)
  }

  changed(state: IntakeState): void {
    this.#intake = state
    if (state.kind === 'working') {
      this.#deliveries.back(this.#node.id)
      return
    }
    const text = describeError(state.error)
    if (this.#logged !== text) this.#node.warn(`nothing can be stored: ${text}`)
    this.#logged = text
  }

  /** @param trouble of the store itself */
  troubled(trouble: Error | undefined): void {
    this.#trouble = trouble
    if (trouble === undefined && this.#logged !== undefined) {
      this.#node.log('the audit store works again')
      this.#logged = undefined
    }
  }

  /** The node goes: nobody would say that the store is back. */
  closed(): void {
    this.#deliveries.back(this.#node.id)
  }

  /** @param held messages that wait */
  show(held: number, now: number): void {
    const waiting = held > 0 ? `, ${held} held` : ''
    const error = this.#intake.kind === 'away' ? this.#intake.error : this.#trouble
    if (error === undefined) {
      this.#status.ready(this.#counts.text)
    } else if (codeOf(error) === 'AUDIT_STORE_OPENING') {
      this.#status.connecting(`opening the store${waiting}`)
    } else if (error instanceof OperatorError && !error.retryable) {
      this.#status.attention(`${troubleText(error)}${waiting}`)
    } else {
      const seconds =
        this.#intake.kind === 'away' ? Math.max(0, Math.ceil((this.#intake.retryAt - now) / 1000)) : undefined
      this.#status.healing(`${troubleText(error)}${waiting}${seconds === undefined ? '' : `, retry in ${seconds} s`}`)
    }
  }
}

const TEXTS: Readonly<Record<string, string>> = {
  AUDIT_STORE_FULL: 'disk full',
  AUDIT_STORE_AWAY: 'store away',
  AUDIT_STORE_BUSY: 'store busy',
  AUDIT_STORE_DAMAGED: 'store damaged',
  AUDIT_STORE_IN_USE: 'store in use',
  AUDIT_STORE_NEEDS_NODE: 'needs Node 22.13',
  AUDIT_STORE_CLOSED: 'store closed',
  AUDIT_STORE_CONFIG: 'store not configured',
}

/** What a status shows of a store that cannot be used; the whole error goes to the log. */
export function troubleText(error: Error): string {
  return TEXTS[codeOf(error)] ?? describeError(error)
}

function codeOf(error: Error): string {
  return error instanceof OperatorError ? error.code : ''
}
