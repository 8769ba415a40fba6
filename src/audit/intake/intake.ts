import { describeError, OperatorError } from '../../errors/operator-error'
import { type BackoffPolicy, backoffMs } from '../../http/retry'
import type { Timers } from '../../time/timers'
import type { AuditTrail, KeepOutcome, Occurrence } from '../trail'

export interface IntakeOptions {
  readonly keep: AuditTrail['keep']
  readonly timers: Timers
  readonly random: () => number
  /** Runs when the messages of this turn of the event loop are in: `setImmediate`. */
  readonly soon: (run: () => void) => void
  readonly onState: (state: IntakeState) => void
}

export type IntakeState =
  | { readonly kind: 'working' }
  /** The store takes nothing; `retryAt` in ms since 1970. */
  | { readonly kind: 'away'; readonly error: OperatorError; readonly retryAt: number }

/** One message. */
export interface Arrival {
  readonly occurrences: readonly Occurrence[]
  /** Called right before its events go to the store. */
  readonly begin?: () => void
  /**
   * It can wait while the store takes nothing; called each time it has to, with the reason. A message without it fails at once.
   */
  readonly onWait?: (reason: string) => void
  /** Asked for only when the message has to wait: it is given up when the signal fires. */
  readonly signal?: () => AbortSignal | undefined
}

/** `withdrawn`: nobody waits for the message any more, and nothing of it was begun. */
export type Taken = readonly KeepOutcome[] | 'withdrawn'

interface Entry {
  readonly arrival: Arrival
  begun: boolean
  watched: boolean
  resolve(taken: Taken): void
  reject(error: unknown): void
}

/** Events that go to the store in one call: what arrives meanwhile joins the next. */
const MOST_TOGETHER = 500
const MOST_CALLS = 8
const BACKOFF: BackoffPolicy = { firstMs: 1_000, capMs: 60_000 }

/**
 * Gathers messages into few calls of the store, so that many share one commit; lets those that can wait do so while the store
 * takes nothing; and sees that an event which cannot be stored fails alone and not those that came with it.
 */
export class Intake {
  readonly #options: IntakeOptions
  #queue: Entry[] = []
  #calls = 0
  #scheduled = false
  #failures = 0
  #away: OperatorError | undefined
  /** While away: one call at a time finds out whether the store works again. */
  #probing = false
  #cancelRetry: (() => void) | undefined
  #closed = false
  #idle: (() => void)[] = []

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Messages that wait for the store. */
  get held(): number {
    return this.#queue.length
  }

  /**
   * Resolves when all events of the message are on disk, with what became of each.
   * @throws what the store said about these events; while the store takes nothing, that, for a message that cannot wait
   */
  take(arrival: Arrival): Promise<Taken> {
    if (this.#closed) return arrival.onWait === undefined ? Promise.reject(closedError()) : Promise.resolve('withdrawn')
    if (this.#away !== undefined && arrival.onWait === undefined) return Promise.reject(this.#away)
    return new Promise((resolve, reject) => {
      const entry: Entry = { arrival, begun: false, watched: false, resolve, reject }
      this.#queue.push(entry)
      if (this.#away === undefined) this.#schedule()
      else this.#wait(entry, this.#away)
    })
  }

  /** The store may work again: try at once. */
  wake(): void {
    if (this.#away === undefined || this.#probing || this.#closed) return
    this.#cancelRetry?.()
    this.#probe()
  }

  /**
   * Takes nothing more. What the store has begun may end within the time; what waits is given back.
   */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true
    this.#cancelRetry?.()
    for (const entry of this.#queue.splice(0)) {
      if (entry.begun || entry.arrival.onWait === undefined) entry.reject(closedError())
      else entry.resolve('withdrawn')
    }
    if (this.#calls === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#options.timers.after(timeoutMs, resolve)
      this.#idle.push(() => {
        cancel()
        resolve()
      })
    })
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.soon(() => {
      this.#scheduled = false
      if (this.#away === undefined) this.#flush()
    })
  }

  #flush(): void {
    while (this.#calls < MOST_CALLS && this.#queue.length > 0 && !this.#closed) void this.#store(this.#nextGroup())
  }

  #nextGroup(): Entry[] {
    let events = 0
    let messages = 0
    for (const { arrival } of this.#queue) {
      events += arrival.occurrences.length
      if (messages > 0 && events > MOST_TOGETHER) break
      messages += 1
    }
    return this.#queue.splice(0, messages)
  }

  async #store(group: readonly Entry[]): Promise<void> {
    this.#calls += 1
    try {
      for (const entry of group) {
        entry.begun = true
        entry.arrival.begin?.()
      }
      const outcomes = await this.#options.keep(group.flatMap(({ arrival }) => arrival.occurrences))
      let at = 0
      for (const { arrival, resolve } of group) {
        const from = at
        at += arrival.occurrences.length
        resolve(outcomes.slice(from, at))
      }
      this.#works()
    } catch (thrown) {
      if (isOfTheStore(thrown)) this.#refused(group, thrown)
      else if (group.length === 1) group[0]?.reject(thrown)
      // One of those that came together is to blame.
      else for (const entry of group) await this.#store([entry])
    } finally {
      this.#calls -= 1
      if (this.#calls === 0) for (const done of this.#idle.splice(0)) done()
      if (this.#away === undefined && this.#queue.length > 0) this.#flush()
    }
  }

  #works(): void {
    if (this.#away === undefined) return
    this.#away = undefined
    this.#probing = false
    this.#failures = 0
    this.#cancelRetry?.()
    this.#options.onState({ kind: 'working' })
  }

  #refused(group: readonly Entry[], error: OperatorError): void {
    const waiting = this.#closed ? [] : group.filter(({ arrival }) => arrival.onWait !== undefined)
    for (const entry of group) if (!waiting.includes(entry)) entry.reject(error)
    this.#queue.unshift(...waiting)
    const news = this.#away === undefined || this.#probing
    this.#away = error
    for (const entry of waiting) this.#wait(entry, error)
    // Calls that were under way together fail together; one failure sets the clock.
    if (!news || this.#closed) return
    this.#probing = false
    this.#failures += 1
    const { timers, random, onState } = this.#options
    const waitMs = backoffMs(this.#failures, BACKOFF, random)
    this.#cancelRetry = timers.after(waitMs, () => this.#probe())
    onState({ kind: 'away', error, retryAt: timers.now() + waitMs })
  }

  #probe(): void {
    this.#probing = true
    // Sources that were paused must be woken, also when nothing waits here any more.
    if (this.#queue.length === 0) this.#works()
    else void this.#store(this.#nextGroup())
  }

  #wait(entry: Entry, error: OperatorError): void {
    const { arrival } = entry
    arrival.onWait?.(describeError(error))
    if (entry.watched) return
    entry.watched = true
    const signal = arrival.signal?.()
    const withdraw = () => {
      const at = this.#queue.indexOf(entry)
      // Otherwise it is on its way to the store.
      if (at < 0) return
      this.#queue.splice(at, 1)
      if (entry.begun) entry.reject(closedError())
      else entry.resolve('withdrawn')
    }
    if (signal?.aborted) withdraw()
    else signal?.addEventListener('abort', withdraw, { once: true })
  }
}

/** Whether it is the store that cannot, and not the event that cannot be stored. */
function isOfTheStore(thrown: unknown): thrown is OperatorError {
  return thrown instanceof OperatorError && thrown.code.startsWith('AUDIT_STORE_')
}

function closedError(): OperatorError {
  return new OperatorError('AUDIT_STORE_CLOSED', 'The node was stopped before the event was stored.', {
    retryable: true,
  })
}
