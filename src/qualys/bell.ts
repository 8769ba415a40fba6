import type { Clock } from '../http/retry'

/** Wakes one waiter. A ring while nobody waits is kept for the next. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when rung, after `ms`, or when the signal fires: the waiter looks for itself which. */
  async wait(signal: AbortSignal, clock?: Clock, ms?: number): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const over = new AbortController()
      const rung = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const stop = () => this.#wake?.()
      signal.addEventListener('abort', stop, { once: true })
      const slept = clock !== undefined && ms !== undefined ? clock.sleep(ms, over.signal).catch(() => {}) : undefined
      await (slept === undefined ? rung : Promise.race([rung, slept]))
      over.abort()
      signal.removeEventListener('abort', stop)
    }
    this.#wake = undefined
    this.#rung = false
  }
}
