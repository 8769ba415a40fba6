import type { Timers } from '../../src/time/timers'

/** Time that moves only by hand. */
export interface HandTimers extends Timers {
  /** Moves on and runs what falls due, in order; lets promises settle in between. */
  pass(ms: number): Promise<void>
  /** Lets what has been set going settle, without time passing. */
  settle(): Promise<void>
}

export function handTimers(start = Date.parse('2026-11-21T07:00:00Z')): HandTimers {
  let now = start
  let waiting: { at: number; run: () => void }[] = []
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + Math.max(0, ms), run }
      waiting.push(timer)
      return () => {
        waiting = waiting.filter((other) => other !== timer)
      }
    },
    settle,
    async pass(ms) {
      const until = now + ms
      for (;;) {
        await settle()
        const [next] = waiting.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        now = Math.max(now, next.at)
        waiting = waiting.filter((other) => other !== next)
        next.run()
      }
      now = until
      await settle()
    },
  }
}
