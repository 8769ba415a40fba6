import type { BatchMember } from '../message/model'
import type { Timers } from '../time/timers'

/** At some 2 kB each. */
const MOST = 1000

/**
 * Calls that left a short while ago, for a notification of theirs that comes late. In memory only: after a restart such a
 * notification leaves without its call.
 */
export class RecentCalls {
  readonly #timers: Timers
  readonly #maxAgeMs: number
  readonly #calls = new Map<string, { readonly at: number; readonly call: readonly BatchMember[] }>()

  constructor(timers: Timers, maxAgeMs: number) {
    this.#timers = timers
    this.#maxAgeMs = maxAgeMs
  }

  remember(keys: Iterable<string>, call: readonly BatchMember[]): void {
    const at = this.#timers.now()
    for (const key of keys) {
      this.#calls.delete(key)
      this.#calls.set(key, { at, call })
    }
    for (const [key, { at: since }] of this.#calls) {
      if (this.#calls.size <= MOST && since > at - this.#maxAgeMs) return
      this.#calls.delete(key)
    }
  }

  find(keys: Iterable<string>): readonly BatchMember[] | undefined {
    for (const key of keys) {
      const found = this.#calls.get(key)
      if (found !== undefined && found.at > this.#timers.now() - this.#maxAgeMs) return found.call
    }
    return undefined
  }
}
