import type { Clock } from '../../../../src/notification/rabbitmq/backoff'

/** A clock that a test moves by hand. */
export class HandClock implements Clock {
  time = 1_000_000
  chance = 0.5
  #timers: { at: number; action: () => void }[] = []

  now(): number {
    return this.time
  }

  random(): number {
    return this.chance
  }

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.time + ms, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  get pending(): number {
    return this.#timers.length
  }

  /** Waits of all timers that are set, in ms. */
  get waits(): number[] {
    return this.#timers.map((timer) => timer.at - this.time)
  }

  pass(ms: number): void {
    const end = this.time + ms
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.time = next.at
      this.#timers = this.#timers.filter((other) => other !== next)
      next.action()
    }
    this.time = end
  }
}
