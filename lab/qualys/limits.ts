import type { LabClock } from '../clock'
import { QualysFailure } from './failure'

export interface QualysLimits {
  /** Calls of one API at a time; 2 with the Standard service level. */
  readonly concurrency: number
  /** Calls of one API within the window; 300 in 3600 s with the Standard service level. */
  readonly calls: number
  readonly windowSeconds: number
}

/** Concurrency first, then rate in a rolling window; per API, as Qualys counts. Refused calls are not counted. */
export class LimitBook {
  limits: QualysLimits
  /** Calls that somebody else of the subscription has running. */
  othersRunning = 0
  readonly #clock: LabClock
  readonly #running = new Map<string, number>()
  readonly #calls = new Map<string, number[]>()

  constructor(clock: LabClock, limits: QualysLimits) {
    this.#clock = clock
    this.limits = limits
  }

  /** Counts somebody else's calls, so that fewer remain. */
  spend(api: string, calls: number): void {
    const now = this.#clock.now().getTime()
    this.#calls.set(api, [...this.#recent(api), ...Array<number>(calls).fill(now)])
  }

  /** Runs a call if the limits allow; answers with the headers that go with it. */
  async run<T>(api: string, call: (headers: () => Record<string, string>) => Promise<T>): Promise<T> {
    const running = (this.#running.get(api) ?? 0) + 1
    const inUse = running + this.othersRunning
    if (inUse > this.limits.concurrency) throw this.#tooMany(inUse)
    const recent = this.#recent(api)
    if (recent.length >= this.limits.calls) throw this.#tooFast(recent, inUse)
    this.#calls.set(api, [...recent, this.#clock.now().getTime()])
    this.#running.set(api, running)
    try {
      return await call(() => this.#headers(api, inUse))
    } finally {
      this.#running.set(api, (this.#running.get(api) ?? 1) - 1)
    }
  }

  #recent(api: string): number[] {
    const from = this.#clock.now().getTime() - this.limits.windowSeconds * 1000
    return (this.#calls.get(api) ?? []).filter((at) => at > from)
  }

  #headers(api: string, running: number): Record<string, string> {
    const remaining = Math.max(0, this.limits.calls - this.#recent(api).length)
    return {
      'X-RateLimit-Limit': String(this.limits.calls),
      'X-RateLimit-Window-Sec': String(this.limits.windowSeconds),
      'X-RateLimit-Remaining': String(remaining),
      'X-RateLimit-ToWait-Sec': String(remaining > 0 ? 0 : this.#wait(this.#recent(api))),
      'X-Concurrency-Limit-Limit': String(this.limits.concurrency),
      'X-Concurrency-Limit-Running': String(running),
    }
  }

  /** Seconds until the oldest call leaves the window. */
  #wait(recent: readonly number[]): number {
    const leaves = (recent[0] ?? 0) + this.limits.windowSeconds * 1000
    return Math.max(1, Math.ceil((leaves - this.#clock.now().getTime()) / 1000))
  }

  /** Without Remaining and ToWait: nobody can know when the others are done. */
  #tooMany(running: number): QualysFailure {
    const others = running - 1
    const which = others === 1 ? '1 currently running instance has' : `${others} currently running instances have`
    return new QualysFailure('1960', `This API cannot be run again until ${which} finished.`, {
      items: { CALLS_TO_FINISH: Math.max(1, running - this.limits.concurrency) },
      headers: {
        'X-RateLimit-Limit': String(this.limits.calls),
        'X-RateLimit-Window-Sec': String(this.limits.windowSeconds),
        'X-Concurrency-Limit-Limit': String(this.limits.concurrency),
        'X-Concurrency-Limit-Running': String(others),
      },
    })
  }

  #tooFast(recent: readonly number[], running: number): QualysFailure {
    const seconds = this.#wait(recent)
    return new QualysFailure('1965', ` This API may not run for ${duration(seconds)}. `, {
      items: { SECONDS_TO_WAIT: seconds },
      headers: {
        'X-RateLimit-Limit': String(this.limits.calls),
        'X-RateLimit-Window-Sec': String(this.limits.windowSeconds),
        'X-RateLimit-Remaining': '0',
        'X-RateLimit-ToWait-Sec': String(seconds),
        'X-Concurrency-Limit-Limit': String(this.limits.concurrency),
        'X-Concurrency-Limit-Running': String(running - 1),
      },
    })
  }
}

function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [seconds % 60, 'second'],
  ]
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`)
    .join(' and ')
}
