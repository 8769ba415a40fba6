import type { Journal } from '../journal/journal'
import { type StoredThrottle, Throttle, type ThrottleLimit } from './throttle'

const KIND = 'throttle'

/** A throttle whose counts outlive the process. */
export class ThrottleMemory {
  readonly throttle: Throttle
  readonly #journal: Journal
  readonly #owner: string
  readonly #periodMs: number

  private constructor(throttle: Throttle, journal: Journal, owner: string, periodMs: number) {
    this.throttle = throttle
    this.#journal = journal
    this.#owner = owner
    this.#periodMs = periodMs
  }

  /** @param owner the node's id. Rejects as the journal does. */
  static async load(journal: Journal, owner: string, limit: ThrottleLimit): Promise<ThrottleMemory> {
    const rows = await journal.list(owner, KIND)
    const stored = rows.map((row) => [row.key, row.value as StoredThrottle] as const)
    return new ThrottleMemory(new Throttle(limit, stored), journal, owner, limit.periodMs)
  }

  async save(key: string, state: StoredThrottle, now: number): Promise<void> {
    // A key of which nothing was heard for a whole period limits nothing any more, but what it held back is still to be told.
    const before = new Date(now - Math.max(this.#periodMs, RETOLD_MS)).toISOString()
    await this.#journal.write([
      { do: 'put', owner: this.#owner, kind: KIND, key, value: state },
      { do: 'expire', owner: this.#owner, kind: KIND, before },
    ])
  }
}

const RETOLD_MS = 30 * 86_400_000
