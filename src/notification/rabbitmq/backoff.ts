import { systemTimers, type Timers } from '../../time/timers'

/** Time and chance as arguments, so that tests own them. */
export interface Clock extends Timers {
  /** From 0 up to but not including 1. */
  random(): number
}

export const systemClock: Clock = { ...systemTimers, random: () => Math.random() }

export interface BackoffOptions {
  /** Upper bound of the first wait; default 1 s. */
  readonly firstMs?: number
  /** Upper bound of any wait; default 60 s. */
  readonly longestMs?: number
  /** What has worked this long begins again with the first wait; default 60 s. */
  readonly stableMs?: number
}

/**
 * How long to wait before the next try: exponential with full jitter (anything between nothing and the bound is equally
 * likely), so that the clients of a broker that comes back do not all come at once.
 */
export class Backoff {
  readonly #clock: Clock
  readonly #firstMs: number
  readonly #longestMs: number
  readonly #stableMs: number
  #failures = 0
  #worksSince: number | undefined

  constructor(clock: Clock, options: BackoffOptions = {}) {
    this.#clock = clock
    this.#firstMs = options.firstMs ?? 1000
    this.#longestMs = options.longestMs ?? 60_000
    this.#stableMs = options.stableMs ?? 60_000
  }

  /** It works now. */
  works(): void {
    this.#worksSince = this.#clock.now()
  }

  /** It no longer works; had it worked for long, the next wait is the first again. */
  broke(): void {
    if (this.#worksSince !== undefined && this.#clock.now() - this.#worksSince >= this.#stableMs) this.#failures = 0
    this.#worksSince = undefined
  }

  /** It failed: how many ms to wait. */
  next(): number {
    this.broke()
    const bound = Math.min(this.#longestMs, this.#firstMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    return this.#upTo(bound)
  }

  /** Something else is tried first, e.g. the next host: at most the first wait, and nothing grows. */
  nextOther(): number {
    this.broke()
    return this.#upTo(this.#firstMs)
  }

  /** Trying will not help before a person has acted: between half the longest wait and the longest. */
  nextForPerson(): number {
    this.broke()
    return Math.round(this.#longestMs * (0.5 + this.#clock.random() / 2))
  }

  #upTo(bound: number): number {
    return Math.round(this.#clock.random() * bound)
  }
}
