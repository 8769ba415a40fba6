import { describeError } from '../errors/operator-error'
import { type BackoffPolicy, backoffMs, type Clock } from '../http/retry'

/** What an outage tells, for the status and for the sources of waiting messages. */
export interface OutageState {
  readonly reason: string
  /** Until the next probe, ms. */
  readonly retryInMs: number
}

export interface OutageOptions {
  readonly clock: Clock
  /** Rejects while the cloud cannot answer. */
  readonly probe: () => Promise<void>
  readonly onState: (state: OutageState | undefined) => void
}

const BACKOFF: BackoffPolicy = { firstMs: 1_000, capMs: 60_000 }

/**
 * While the cloud cannot answer, one probe at a time asks whether it can again, however many messages wait, and also when none
 * waits any more: sources that were paused must be woken.
 */
export class Outage {
  readonly #options: OutageOptions
  readonly #closing = new AbortController()
  #failures = 0
  #reason = ''
  #next: Promise<boolean> | undefined

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /** Somebody got no answer. Resolves after the next probe: whether that got one. Rejects when the node closes. */
  next(reason: string): Promise<boolean> {
    if (this.#next === undefined) {
      this.#reason = reason
      this.#next = this.#round()
    }
    return this.#next
  }

  close(): void {
    this.#closing.abort()
  }

  async #round(): Promise<boolean> {
    const { clock, probe, onState } = this.#options
    this.#failures += 1
    const waitMs = backoffMs(this.#failures, BACKOFF, clock.random)
    onState({ reason: this.#reason, retryInMs: waitMs })
    await clock.sleep(waitMs, this.#closing.signal)
    try {
      await probe()
      this.#failures = 0
      this.#next = undefined
      onState(undefined)
      return true
    } catch (thrown) {
      this.#reason = describeError(thrown)
      this.#next = this.#round()
      // At a close nobody may be waiting.
      this.#next.catch(() => {})
      return false
    }
  }
}
