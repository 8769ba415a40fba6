import type { Clock } from './retry'

/** On average so many a second, and at once as many as were not used lately (a token bucket). */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Holds senders back so that a service's documented rate is kept. */
export class Pace {
  readonly #rate: Rate
  readonly #clock: Pick<Clock, 'now' | 'sleep'>
  #tokens: number
  #at: number

  constructor(rate: Rate, clock: Pick<Clock, 'now' | 'sleep'>) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate.burst
    this.#at = clock.now()
  }

  /** Resolves when one more may go. Rejects as `Clock.sleep` does when the signal fires. Callers come one after another. */
  async turn(signal?: AbortSignal): Promise<void> {
    const { perSecond, burst } = this.#rate
    const now = this.#clock.now()
    this.#tokens = Math.min(burst, this.#tokens + (Math.max(0, now - this.#at) * perSecond) / 1000)
    this.#at = now
    this.#tokens -= 1
    if (this.#tokens < 0) await this.#clock.sleep(Math.ceil((-this.#tokens * 1000) / perSecond), signal)
  }
}
