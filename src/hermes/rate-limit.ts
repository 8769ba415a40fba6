/** A token bucket each: so many at once, and so many a second after that. */
export interface RateLimit {
  readonly burst: number
  readonly perSecond: number
}

export interface RateLimiter {
  /** Takes so much; answers how long to wait, ms, where there is not enough, and takes nothing then. */
  take(key: string, cost: number): number | undefined
}

/** Callers that are remembered; beyond it the longest idle are forgotten, which gives them a full bucket. */
const CAPACITY = 10_000

/** @param now ms */
export function rateLimiter({ burst, perSecond }: RateLimit, now: () => number): RateLimiter {
  const buckets = new Map<string, { level: number; at: number }>()
  return {
    take(key, cost) {
      const at = now()
      const known = buckets.get(key)
      const level =
        known === undefined ? burst : Math.min(burst, known.level + (Math.max(0, at - known.at) / 1000) * perSecond)
      // What costs more than a whole bucket takes a whole one, else it could never be had.
      const price = Math.min(cost, burst)
      const enough = level >= price
      buckets.delete(key)
      buckets.set(key, { level: enough ? level - price : level, at })
      for (const oldest of buckets.keys()) {
        if (buckets.size <= CAPACITY) break
        buckets.delete(oldest)
      }
      return enough ? undefined : Math.ceil(((price - level) / perSecond) * 1000)
    },
  }
}
