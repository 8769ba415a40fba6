import { describeError } from '../../errors/operator-error'
import type { Timers } from '../../time/timers'
import type { Filling, StoredEvent } from '../model'
import type { Fields } from '../record/resources'
import type { AuditStore } from '../store'
import type { Turns } from '../trail/turns'
import { type FillingOptions, fillingOf, storedFields } from './filling'
import type { IdentityCache } from './identity-cache'
import { fillNamesPatiently } from './names'

export interface LateNamesOptions extends FillingOptions {
  readonly store: Pick<AuditStore, 'awaiting' | 'fillIn'>
  readonly cache: IdentityCache
  readonly timers: Timers
  readonly turns: Turns
  readonly onNotice: (text: string) => void
}

const FIRST_MS = 30_000
/** While there is more, and Keystone answers. */
const SOON_MS = 1_000
const LONGEST_MS = 10 * 60_000
/** Events read, filled in and written at a time. */
const TOGETHER = 20
/** Of one run. */
const MOST_TIMES = 50

/**
 * Fills in what look-ups had no answer for when events were stored, also those of before a restart: half a minute later, and again until
 * Keystone has said what there is, that there is nothing, or that it is not to be told.
 */
export class LateNames {
  readonly #options: LateNamesOptions
  #cancel: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()
  /** Sequence of the last one that was looked at. */
  #after = 0
  /** Some were looked at and still await an answer. */
  #left = false
  #waitMs = FIRST_MS
  #told = false
  #expected = false
  #stopped = false

  constructor(options: LateNamesOptions) {
    this.#options = options
  }

  /** There may be some. */
  expect(): void {
    this.#expected = true
    if (this.#cancel === undefined) this.#schedule(this.#waitMs)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    await this.#running
  }

  #schedule(ms: number): void {
    if (this.#stopped) return
    this.#cancel = this.#options.timers.after(ms, () => {
      this.#running = this.#run()
    })
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    let filled = 0
    let fromStart = this.#after === 0
    this.#expected = false
    try {
      for (let times = 0; times < MOST_TIMES && !this.#stopped; times += 1) {
        const waiting = await this.#options.store.awaiting(this.#after, TOGETHER)
        if (waiting.length === 0) {
          if (this.#after === 0 || !this.#left) return this.#rest()
          this.#after = 0
          this.#left = false
          if (fromStart) break
          fromStart = true
          continue
        }
        const fillings = await this.#fillings(waiting)
        await this.#options.store.fillIn(fillings)
        filled += fillings.length
        const left = waiting.filter((event) => !fillings.some((filling) => filling.event === event))
        if (left.length > 0) this.#left = true
        // It may be the first of them that Keystone fails at: the others have their turn without it.
        const last = this.#options.cache.away ? (left[0] ?? waiting.at(-1)) : waiting.at(-1)
        this.#after = last?.sequence ?? 0
        if (left.length > 0 && this.#options.cache.away) break
      }
    } catch (thrown) {
      if (!this.#told && !this.#stopped) {
        this.#options.onNotice(
          `Names that came late could not be filled in, and will be later: ${describeError(thrown)}`,
        )
      }
      this.#told = true
    }
    this.#waitMs = filled > 0 ? FIRST_MS : Math.min(this.#waitMs * 2, LONGEST_MS)
    this.#schedule(filled > 0 ? SOON_MS : this.#waitMs)
  }

  /** Nothing waits. */
  #rest(): void {
    this.#cancel = undefined
    this.#after = 0
    this.#waitMs = FIRST_MS
    this.#told = false
    // Stored while the last ones were read.
    if (this.#expected) this.expect()
  }

  /** Of those about which all is known by now that will be. */
  async #fillings(waiting: readonly StoredEvent[]): Promise<Filling[]> {
    const { cache, turns } = this.#options
    const events: Fields[] = []
    for (const stored of waiting) {
      // A large one takes a millisecond to read.
      await turns.next()
      events.push(storedFields(stored) ?? {})
    }
    const names = await fillNamesPatiently(events, cache)
    return waiting.flatMap((stored, index) => {
      const { added = {}, incomplete = true } = names[index] ?? {}
      return incomplete ? [] : fillingOf(stored, events[index] ?? {}, added, this.#options)
    })
  }
}
