import type { Clock } from '../../src/http/retry'

/** A clock whose sleepers wake at once, with the time moved on: two minutes pass in no time, and every wait is on record. */
export interface SkippingClock extends Clock {
  readonly slept: readonly number[]
  advance(ms: number): void
}

export function skippingClock(start = Date.parse('2026-11-20T10:00:00Z'), chance = 0): SkippingClock {
  let now = start
  const slept: number[] = []
  return {
    slept,
    now: () => now,
    random: () => chance,
    advance: (ms) => {
      now += ms
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      slept.push(ms)
      await new Promise((resolve) => setImmediate(resolve))
      signal?.throwIfAborted()
      now += ms
    },
  }
}
