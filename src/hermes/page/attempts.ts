export interface AttemptLimit {
  /** Refused log-ins from one address within the window, those under way included. */
  readonly most: number
  readonly windowMs: number
  /** Log-ins under way from everywhere: each costs Keystone a password hash. */
  readonly atOnce: number
  /** Addresses remembered; the ones that were quiet longest are forgotten first. */
  readonly capacity: number
}

export const ATTEMPT_LIMIT: AttemptLimit = { most: 5, windowMs: 300_000, atOnce: 8, capacity: 10_000 }

export type Admission =
  | { readonly admitted: true; readonly ended: (how: 'right' | 'wrong' | 'untold') => void }
  | { readonly admitted: false; readonly retryAfterMs: number }

/**
 * Counts log-ins by address, so that nobody tries passwords through the page faster than at Keystone itself. A right password
 * is not counted, and does not clear what was counted: whoever has an account could otherwise go on guessing others' for ever.
 */
export class Attempts {
  readonly #limit: AttemptLimit
  readonly #now: () => number
  /** Times of refusals, oldest first, and those under way; the addresses in the order of their last attempt. */
  readonly #byAddress = new Map<string, { wrong: number[]; underWay: number }>()
  #underWay = 0

  constructor(now: () => number, limit: AttemptLimit = ATTEMPT_LIMIT) {
    this.#now = now
    this.#limit = limit
  }

  begin(address: string): Admission {
    const { most, windowMs, atOnce } = this.#limit
    if (this.#underWay >= atOnce) return { admitted: false, retryAfterMs: 1000 }
    const known = this.#recall(address)
    if (known.wrong.length + known.underWay >= most) {
      const oldest = known.wrong[0]
      // Only others under way are in the way: they end soon.
      return { admitted: false, retryAfterMs: oldest === undefined ? 1000 : oldest + windowMs - this.#now() }
    }
    known.underWay++
    this.#underWay++
    this.#remember(address, known)
    let open = true
    return {
      admitted: true,
      ended: (how) => {
        if (!open) return
        open = false
        known.underWay--
        this.#underWay--
        if (how === 'wrong') known.wrong.push(this.#now())
        this.#remember(address, known)
      },
    }
  }

  #recall(address: string) {
    const known = this.#byAddress.get(address) ?? { wrong: [], underWay: 0 }
    const since = this.#now() - this.#limit.windowMs
    known.wrong = known.wrong.filter((time) => time > since)
    return known
  }

  #remember(address: string, known: { wrong: number[]; underWay: number }): void {
    this.#byAddress.delete(address)
    if (known.wrong.length > 0 || known.underWay > 0) this.#byAddress.set(address, known)
    for (const quietest of this.#byAddress.keys()) {
      if (this.#byAddress.size <= this.#limit.capacity) break
      this.#byAddress.delete(quietest)
    }
  }
}
