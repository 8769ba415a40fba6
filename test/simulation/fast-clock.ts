import type { Clock } from '../../src/http/retry'
import { systemClock } from '../../src/http/retry'
import type { Timers } from '../../src/time/timers'

/** A time that runs faster than the machine's, the same in every process that is told when it began and how fast it is. */
export interface FastTime {
  /** The machine's clock when it began, ms since 1970; the fast one shows the same moment then. */
  readonly began: number
  readonly factor: number
}

export function fastClock({ began, factor }: FastTime, random: () => number = Math.random): Clock & Timers {
  const now = () => began + (Date.now() - began) * factor
  return {
    now,
    random,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    after(ms, run) {
      const timer = setTimeout(run, ms / factor)
      return () => clearTimeout(timer)
    },
  }
}
