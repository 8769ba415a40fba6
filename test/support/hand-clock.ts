import type { Clock } from '../../src/http/retry'
import { type HandTimers, handTimers } from './hand-timers'

/** A clock whose sleepers wake when time is passed by hand. */
export function handClock(timers: HandTimers = handTimers()): Clock & HandTimers {
  return {
    ...timers,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = () => {
          cancel()
          reject(new Error('aborted'))
        }
        const cancel = timers.after(ms, () => {
          signal?.removeEventListener('abort', stop)
          resolve()
        })
        if (signal?.aborted) stop()
        else signal?.addEventListener('abort', stop, { once: true })
      }),
  }
}
