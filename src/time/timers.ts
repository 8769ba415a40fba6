/** Time as an argument, so that tests own it. */
export interface Timers {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs once after `ms`; the answer cancels it. A waiting timer never keeps the process alive. */
  after(ms: number, run: () => void): () => void
}

/** Node's timers fire at once beyond 2³¹−1 ms (24.8 days). */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export const systemTimers: Timers = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.min(Math.max(0, ms), LONGEST_TIMEOUT_MS))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
