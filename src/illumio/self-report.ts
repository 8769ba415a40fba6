import type { PceClient } from './client'
import type { OwnOccurrence } from './own-events'
import type { PceError } from './pce-error'

export type Told = Omit<OwnOccurrence, 'pce'>

const HEALTH_EVERY_MS = 60_000

/** What the poller has to tell of itself and of the PCE: each change once, not every poll. */
export class SelfReport {
  readonly #tell: (told: Told) => Promise<void>
  readonly #now: () => number
  #failedSince: number | undefined
  #health: string | undefined
  #healthAt = Number.NEGATIVE_INFINITY

  /** @param now ms since 1970 */
  constructor(tell: (told: Told) => Promise<void>, now: () => number) {
    this.#tell = tell
    this.#now = now
  }

  /** Told once until it is over. */
  async failed(error: PceError): Promise<void> {
    if (this.#failedSince !== undefined) return
    this.#failedSince = this.#now()
    await this.#tell({
      ...{ type: 'illumio.poll.failed', at: this.#failedSince, outcome: 'failure', code: error.code },
      severity: error.needsPerson ? 'err' : 'warning',
      reason: error.message,
      details: {},
    })
  }

  async answered(): Promise<void> {
    if (this.#failedSince === undefined) return
    const failedSince = new Date(this.#failedSince).toISOString()
    this.#failedSince = undefined
    await this.#tell({
      ...{ type: 'illumio.poll.recovered', at: this.#now(), outcome: 'success', severity: 'info' },
      ...{ code: 'illumio.poll.recovered', reason: 'the PCE answers again', details: { failedSince } },
    })
  }

  /** Asks at most once a minute, and tells of changes. A PCE that cannot say is none of its business. */
  async watchHealth(client: Pick<PceClient, 'health'>, signal: AbortSignal): Promise<void> {
    if (this.#now() - this.#healthAt < HEALTH_EVERY_MS) return
    this.#healthAt = this.#now()
    const status = await client.health(signal).catch(() => undefined)
    if (status === undefined) return
    const before = this.#health ?? 'normal'
    this.#health = status
    if (status === before) return
    await this.#tell({
      ...{ type: 'illumio.health', at: this.#now(), outcome: status === 'normal' ? 'success' : 'failure' },
      severity: status === 'normal' ? 'info' : status === 'critical' ? 'crit' : 'warning',
      ...{ code: status, reason: `the PCE is ${status}, after ${before}`, details: { status, before } },
    })
  }

  /** @param from, to ms since 1970: events of this time are lost, or may be */
  gap(from: number, to: number, reason: string): Told {
    return {
      ...{ type: 'gap.illumio', at: from, outcome: 'failure', severity: 'err', code: 'gap.illumio', reason },
      details: { from: new Date(from).toISOString(), to: new Date(to).toISOString() },
    }
  }
}
