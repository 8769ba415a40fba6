import type { Timers } from '../time/timers'
import type { Journal, JournalOperation } from './journal'

export interface RecentKeysOptions {
  readonly journal: Journal
  /** A node's id. */
  readonly owner: string
  readonly kind: string
  readonly timers: Timers
  readonly maxAgeMs?: number
  readonly maxKeys?: number
}

/** Whatever comes a second time comes within minutes; a day also covers an outage over night. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000
/** About 15 MB of memory for each node that reaches it. */
export const REMEMBERED_KEYS = 100_000
const PAGE = 10_000

/**
 * Keys that outlive the process, bounded in age and number. Memory holds all that the journal holds, so that asking costs
 * no trip to the disk.
 */
export class RecentKeys {
  readonly #options: Required<RecentKeysOptions>
  /** Key → when it was remembered, oldest first. */
  readonly #keys = new Map<string, number>()

  private constructor(options: RecentKeysOptions) {
    this.#options = { maxAgeMs: REMEMBERED_MS, maxKeys: REMEMBERED_KEYS, ...options }
  }

  /** Rejects as the journal does. */
  static async load(options: RecentKeysOptions): Promise<RecentKeys> {
    const keys = new RecentKeys(options)
    const { journal, owner, kind } = options
    for (let after = 0; ; ) {
      const rows = await journal.list(owner, kind, { after, limit: PAGE })
      for (const row of rows) keys.#keys.set(row.key, Date.parse(row.at))
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE) break
      after = last.sequence
    }
    return keys
  }

  has(key: string): boolean {
    const at = this.#keys.get(key)
    return at !== undefined && at > this.#options.timers.now() - this.#options.maxAgeMs
  }

  /** What to write, together with what makes the keys known; call {@link remembered} when it is written. */
  operations(keys: readonly string[]): JournalOperation[] {
    const { owner, kind } = this.#options
    const forget = this.#forget()
    return [
      ...(forget === undefined ? [] : [{ do: 'expire', owner, kind, before: new Date(forget).toISOString() } as const]),
      ...keys.map((key) => ({ do: 'put', owner, kind, key, value: null }) as const),
    ]
  }

  remembered(keys: readonly string[]): void {
    const now = this.#options.timers.now()
    for (const key of keys) {
      this.#keys.delete(key)
      this.#keys.set(key, now)
    }
  }

  /** Drops from memory what is too old, or a tenth of all if there are too many; rows from before the answer can go. */
  #forget(): number | undefined {
    const { timers, maxAgeMs, maxKeys } = this.#options
    const oldest = timers.now() - maxAgeMs
    let surplus = this.#keys.size >= maxKeys ? Math.ceil(maxKeys / 10) : 0
    let before: number | undefined
    for (const [key, at] of this.#keys) {
      if (surplus <= 0 && at > oldest) return before === undefined ? undefined : Math.min(before, at)
      this.#keys.delete(key)
      surplus -= 1
      before = at + 1
    }
    return before
  }
}
