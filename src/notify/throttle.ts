import { OperatorError } from '../errors/operator-error'

/** At most so many reports in any stretch of `periodMs` that begins anywhere. */
export interface ThrottleLimit {
  readonly count: number
  readonly periodMs: number
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const SPEC = /^(\d{1,6})\s*\/\s*(\d{1,6})\s*([smhdw])$/

/**
 * `5/10m`: five in ten minutes; `0/1h` lets nothing through; empty: no limit.
 * @throws OperatorError NOTIFY_CONFIG
 */
export function parseThrottle(text: string): ThrottleLimit | undefined {
  const trimmed = text.trim().toLowerCase()
  if (trimmed === '') return undefined
  const [, count, amount, unit] = SPEC.exec(trimmed) ?? []
  const periodMs = Number(amount) * (UNIT_MS[unit ?? ''] ?? 0)
  if (count === undefined || !(periodMs > 0)) {
    throw new OperatorError('NOTIFY_CONFIG', 'The throttle cannot be used: it is a count, a stroke and a period.', {
      remedy: 'For example 5/10m; the units are s, m, h, d and w.',
    })
  }
  return { count: Number(count), periodMs }
}

/** Of one key; this is what is stored of it. */
export interface StoredThrottle {
  /** When reports were sent, ms, oldest first. */
  sent: number[]
  suppressed: number
  /** Of the first that was held back, ms. */
  since: number
}

/** Keys are made of what comes from outside; beyond so many the least recently used go. */
const MOST_KEYS = 10_000

/**
 * Counts what was sent by key over a sliding window. A report that is held back counts as suppressed, and the next one that
 * goes through tells how many. Whether it may go is asked before, and the slot is spent only when it was sent.
 */
export class Throttle {
  readonly #limit: ThrottleLimit
  readonly #keys = new Map<string, StoredThrottle>()

  constructor(limit: ThrottleLimit, stored: Iterable<readonly [string, StoredThrottle]> = []) {
    this.#limit = limit
    for (const [key, state] of stored) this.#keys.set(key, { ...state, sent: [...state.sent] })
  }

  /** @param going reports of this key on their way, which will spend a slot if they arrive */
  mayPass(key: string, now: number, going = 0): boolean {
    const { count } = this.#limit
    return this.#recent(key, now).length + going < count
  }

  /** What the next report tells of. */
  suppressed(key: string): { readonly count: number; readonly since: string } | undefined {
    const state = this.#keys.get(key)
    if (state === undefined || state.suppressed === 0) return undefined
    return { count: state.suppressed, since: new Date(state.since).toISOString() }
  }

  /** It was sent, and told of `told` that were held back; what was held back since then stays to be told. */
  passed(key: string, now: number, told: number): StoredThrottle {
    const state = this.#touch(key)
    state.sent = [...this.#recent(key, now), now]
    state.suppressed = Math.max(0, state.suppressed - told)
    if (state.suppressed > 0) state.since = now
    return state
  }

  heldBack(key: string, now: number): StoredThrottle {
    const state = this.#touch(key)
    if (state.suppressed === 0) state.since = now
    state.suppressed += 1
    return state
  }

  get heldBackInAll(): number {
    let sum = 0
    for (const { suppressed } of this.#keys.values()) sum += suppressed
    return sum
  }

  #recent(key: string, now: number): number[] {
    return this.#keys.get(key)?.sent.filter((at) => at > now - this.#limit.periodMs) ?? []
  }

  #touch(key: string): StoredThrottle {
    const state = this.#keys.get(key) ?? { sent: [], suppressed: 0, since: 0 }
    this.#keys.delete(key)
    this.#keys.set(key, state)
    if (this.#keys.size > MOST_KEYS) {
      const [oldest] = this.#keys.keys()
      if (oldest !== undefined) this.#keys.delete(oldest)
    }
    return state
  }
}
