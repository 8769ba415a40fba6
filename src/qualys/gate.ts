import { type Clock, retryAfterMs } from '../http/retry'
import type { Answer } from './answer'
import { type CallLimits, limitsOf } from './limits'

export type WaitCause = 'rate' | 'concurrency' | 'maintenance' | 'floor'

export interface TurnOptions {
  /** Ends the waiting; never a call that is under way. */
  readonly signal?: AbortSignal | undefined
  /** So many calls of the window are left to others: at or below it this call waits. */
  readonly floor?: number | undefined
  readonly onWait?: ((until: number, why: WaitCause) => void) | undefined
}

/** Where a reply to a rate limit does not say how long. */
const RATE_WAIT_MS = 60_000
const RATE_JITTER_MS = 2_000
const CONCURRENCY = { firstMs: 2_000, capMs: 60_000 }
const MAINTENANCE = { firstMs: 5 * 60_000, capMs: 30 * 60_000 }
const DEFAULT_WINDOW_SEC = 3600

/**
 * Whose turn is it on one API of the account? Qualys limits calls per subscription and API: so many at a time, so many in
 * a rolling window. One gate for each API; whoever is under way when Qualys asks for a wait makes all others wait too.
 */
export class Gate {
  readonly #clock: Clock
  readonly #concurrency: number
  readonly #queue: (() => void)[] = []
  #running = 0
  #notBefore = 0
  #why: WaitCause = 'rate'
  #blockedInARow = 0
  #limits: CallLimits = {}
  #limitsAt = 0
  /** When our own calls were answered; they leave the window one by one. */
  #calls: number[] = []

  constructor(clock: Clock, concurrency = 1) {
    this.#clock = clock
    this.#concurrency = concurrency
  }

  get limits(): CallLimits {
    return this.#limits
  }

  /** Waits for its turn, runs the call, and learns from the answer. The call itself is never repeated here. */
  async run(
    call: () => Promise<{ answer: Answer; headers: Readonly<Record<string, string>> }>,
    options: TurnOptions = {},
  ): Promise<Answer> {
    await this.#turn(options)
    try {
      const { answer, headers } = await call()
      this.#learn(answer, headers)
      return answer
    } finally {
      this.#running -= 1
      this.#queue.shift()?.()
    }
  }

  async #turn({ signal, floor, onWait }: TurnOptions): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      const { until, why } = this.#allowedAt(floor)
      if (until > this.#clock.now()) {
        onWait?.(until, why)
        await this.#clock.sleep(until - this.#clock.now(), signal)
      } else if (this.#running < this.#parallel()) {
        this.#running += 1
        return
      } else {
        await this.#freed(signal)
      }
    }
  }

  /** One call fewer than Qualys allows, so that people with the same subscription get through. */
  #parallel(): number {
    const { concurrencyLimit } = this.#limits
    return Math.max(1, Math.min(this.#concurrency, (concurrencyLimit ?? Number.POSITIVE_INFINITY) - 1))
  }

  #freed(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const free = () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      const stop = () => {
        const at = this.#queue.indexOf(free)
        if (at >= 0) this.#queue.splice(at, 1)
        reject(signal?.reason)
      }
      this.#queue.push(free)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  #allowedAt(floor: number | undefined): { until: number; why: WaitCause } {
    const { remaining, windowSec = DEFAULT_WINDOW_SEC } = this.#limits
    if (floor === undefined || floor <= 0 || remaining === undefined || remaining > floor) {
      return { until: this.#notBefore, why: this.#why }
    }
    // The window rolls: a call comes back when one of ours leaves it. Without enough of ours, all have left after a window.
    const windowMs = windowSec * 1000
    const oldest = this.#calls.filter((at) => at > this.#limitsAt - windowMs)[floor - remaining]
    const until = (oldest ?? this.#limitsAt) + windowMs
    return until > this.#notBefore ? { until, why: 'floor' } : { until: this.#notBefore, why: this.#why }
  }

  #learn(answer: Answer, headers: Readonly<Record<string, string>>): void {
    const now = this.#clock.now()
    const seen = limitsOf(headers)
    this.#limits = { ...withoutWaiting(this.#limits), ...seen }
    if (seen.remaining !== undefined) this.#limitsAt = now
    const windowMs = (this.#limits.windowSec ?? DEFAULT_WINDOW_SEC) * 1000
    if (answer.kind !== 'not-sent') this.#calls = [...this.#calls.filter((at) => at > now - windowMs), now]

    if (answer.kind === 'wait') {
      this.#blockedInARow += 1
      this.#why = answer.why === 'unfinished' ? 'concurrency' : answer.why
      this.#notBefore = now + this.#pause(answer)
      return
    }
    if (answer.kind !== 'not-sent') this.#blockedInARow = 0
    const asked = Math.max((seen.toWaitSec ?? 0) * 1000, retryAfterMs(headers, now) ?? 0)
    if (asked > 0) {
      this.#why = 'rate'
      this.#notBefore = now + asked + this.#clock.random() * RATE_JITTER_MS
    }
  }

  #pause(answer: Answer & { kind: 'wait' }): number {
    const chance = this.#clock.random()
    if (answer.why === 'rate') return (answer.waitMs ?? RATE_WAIT_MS) + chance * RATE_JITTER_MS
    const { firstMs, capMs } = answer.why === 'maintenance' ? MAINTENANCE : CONCURRENCY
    const ceiling = Math.min(capMs, firstMs * 2 ** Math.min(this.#blockedInARow - 1, 20))
    // Never less than half: a wait of nothing would only be refused again.
    return ceiling / 2 + (chance * ceiling) / 2
  }
}

/** What a reply says about waiting holds for that reply only. */
function withoutWaiting({ toWaitSec: _, ...limits }: CallLimits): CallLimits {
  return limits
}
