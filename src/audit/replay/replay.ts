import type { Settlement } from '../../delivery/service'
import { type BackoffPolicy, backoffMs } from '../../http/retry'
import type { Timers } from '../../time/timers'
import type { StoredEvent } from '../model'
import { type Pace, Pacer } from './pace'

export interface ReplayOptions {
  /** Oldest first. */
  readonly events: AsyncIterable<readonly StoredEvent[]>
  /** Sends it into the flow; resolves when the flow has finished with it. */
  readonly send: (event: StoredEvent, index: number) => Promise<Settlement>
  readonly pace: Pace
  /** Events that the flow may have at a time. */
  readonly window: number
  /** So often an event is sent in all where the flow fails. */
  readonly attempts: number
  readonly timers: Timers
  readonly random: () => number
  readonly onChange: () => void
}

export interface ReplayCounts {
  readonly sent: number
  /** The flow has finished with them. */
  readonly done: number
  /** Given up after the last attempt, or because trying again cannot help. */
  readonly failed: number
  readonly inFlight: number
}

export interface ReplayEnd extends ReplayCounts {
  readonly stopped: boolean
}

const BACKOFF: BackoffPolicy = { firstMs: 500, capMs: 30_000 }

/**
 * Sends stored events through a flow once more, in their order and no faster than wanted, and never more at a time than the
 * window: what is not yet wanted stays in the store.
 */
export class Replay {
  readonly #options: ReplayOptions
  readonly #pacer: Pacer
  readonly #holds = new Set<'person' | 'sink'>()
  #sent = 0
  #done = 0
  #failed = 0
  #inFlight = 0
  #stopped = false
  #waiting = new Set<() => void>()

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#pacer = new Pacer(options.pace)
  }

  get counts(): ReplayCounts {
    return { sent: this.#sent, done: this.#done, failed: this.#failed, inFlight: this.#inFlight }
  }

  get paused(): 'person' | 'sink' | undefined {
    const [by] = this.#holds
    return by
  }

  /** Rejects as the store does; what was sent by then is finished first. */
  async run(): Promise<ReplayEnd> {
    try {
      for await (const page of this.#options.events) {
        for (const event of page) {
          if (!(await this.#turn(event))) break
          void this.#replay(event, this.#sent)
          this.#sent += 1
        }
        this.#options.onChange()
        if (this.#stopped) break
      }
    } finally {
      while (this.#inFlight > 0) await this.#news()
    }
    return { ...this.counts, stopped: this.#stopped }
  }

  /** @param by the flow's sink is away, or a person wants it */
  pause(by: 'person' | 'sink'): void {
    this.#holds.add(by)
    this.#tell()
  }

  resume(by: 'person' | 'sink'): void {
    if (!this.#holds.delete(by)) return
    this.#pacer.restart(this.#options.timers.now())
    this.#tell()
  }

  /** Sends nothing more; {@link run} ends when the flow has finished with what it has. */
  stop(): void {
    this.#stopped = true
    this.#tell()
  }

  /** Waits until the event may go. False: it may not any more. */
  async #turn({ time }: StoredEvent): Promise<boolean> {
    const { timers, window } = this.#options
    const ms = this.#pacer.wait(time, timers.now())
    if (ms > 0) await this.#sleep(ms)
    while (!this.#stopped && (this.#holds.size > 0 || this.#inFlight >= window)) await this.#news()
    return !this.#stopped
  }

  async #replay(event: StoredEvent, index: number): Promise<void> {
    this.#inFlight += 1
    let attempts = 0
    try {
      for (;;) {
        const settlement = await this.#options.send(event, index)
        if (settlement.outcome === 'accepted') {
          this.#done += 1
          return
        }
        if (settlement.outcome === 'retry' && settlement.countsAttempt) attempts += 1
        if (settlement.outcome === 'dead-letter' || attempts >= this.#options.attempts) {
          this.#failed += 1
          return
        }
        await this.#sleep(Math.max(50, backoffMs(attempts + 1, BACKOFF, this.#options.random)))
        while (!this.#stopped && this.#holds.size > 0) await this.#news()
        if (this.#stopped) return
      }
    } catch {
      this.#failed += 1
    } finally {
      this.#inFlight -= 1
      this.#tell()
    }
  }

  /** Ends early when the replay is stopped. */
  async #sleep(ms: number): Promise<void> {
    let over = false
    const cancel = this.#options.timers.after(ms, () => {
      over = true
      this.#wake()
    })
    while (!over && !this.#stopped) await this.#news()
    cancel()
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  #tell(): void {
    this.#wake()
    this.#options.onChange()
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const go of waiting) go()
  }
}
