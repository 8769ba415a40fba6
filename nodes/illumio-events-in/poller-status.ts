import type { Node } from 'node-red'
import { describeError } from '../../src/errors/operator-error'
import { quote } from '../../src/errors/redact'
import type { PollerState } from '../../src/illumio/poller-model'
import type { NodeStatus } from '../shared/status'

/** Shows what the poller does, and logs what a person should know: each kind of trouble once until it is over. */
export class PollerStatus {
  readonly #node: Node
  readonly #status: NodeStatus
  readonly #window: number
  #logged = new Set<string>()
  #paused: string | undefined
  #lateSends = 0
  #received = 0
  #trouble: string | undefined

  constructor(node: Node, status: NodeStatus, window: number) {
    this.#node = node
    this.#status = status
    this.#window = window
  }

  paused(reason: string | undefined): void {
    this.#paused = reason
    if (reason !== undefined) this.#status.healing(`paused: ${reason}`)
    else this.#status.connecting('going on')
  }

  /** An event went into the flow; shown with the next state. */
  received(total: number): void {
    this.#received = total
  }

  lateSends(total: number): void {
    this.#lateSends = total
    if (total === 1 || total % 1000 === 0) {
      this.#node.warn(
        `${total} messages were sent by the flow after their delivery had ended: tracking ends early there.`,
      )
    }
  }

  /** What is finished cannot be written down, or can again: after a restart it would come again. */
  placeTrouble(thrown: unknown): void {
    this.#trouble = thrown === undefined ? undefined : `cannot keep its place: ${describeError(thrown)}`
    if (this.#trouble === undefined) this.#node.log('can keep its place in the events again')
    else {
      this.#node.warn(this.#trouble)
      this.#status.attention(this.#trouble)
    }
  }

  show(state: PollerState): void {
    switch (state.kind) {
      case 'polling':
        this.#polling(state)
        return
      case 'failing': {
        const { error, retryInMs } = state
        const wait = `retry in ${Math.ceil(retryInMs / 1000)} s`
        if (error.needsPerson) this.#status.attention(`${error.message}`)
        else this.#status.healing(`${wait}: ${error.message}`)
        this.#once(error.code, `${error.message} (${wait})`)
        return
      }
      case 'dead-letter':
        this.#once(
          `dead ${state.code}`,
          `An event went to the dead letters: ${state.code}, ${quote(state.message, 400)}`,
        )
        return
      case 'trouble':
        this.#once('trouble', `The dead-letter file cannot be written: ${describeError(state.error)}`)
    }
  }

  #polling({ open, deadLetters, caughtUp, failing }: PollerState & { kind: 'polling' }): void {
    if (caughtUp) this.#logged = new Set([...this.#logged].filter((key) => key.startsWith('dead ')))
    // What is wrong stays to be seen while the flow finishes with what it has.
    if (this.#paused !== undefined || failing || this.#trouble !== undefined) return
    const dead = deadLetters > 0 ? `, ${deadLetters} dead-lettered` : ''
    const late = this.#lateSends > 0 ? `, ${this.#lateSends} sent late` : ''
    if (open > 0) this.#status.busy(`${open}/${this.#window} in flight${dead}${late}`)
    else if (caughtUp)
      this.#status.ready(`polling${this.#received > 0 ? `, ${this.#received} received` : ''}${dead}${late}`)
  }

  #once(key: string, text: string): void {
    if (this.#logged.has(key)) return
    this.#logged.add(key)
    this.#node.warn(text)
  }
}
