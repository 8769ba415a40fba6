import type { Pce } from '../../lab/illumio/service'
import type { Random } from '../fuzz/random'
import { ALERT_TYPE, CLOSING_TYPE, TICKET_TYPE } from './day-terms'

export interface BusyPceOptions {
  readonly pce: Pce
  readonly random: Random
  /** ms since 1970, of the fast clock. */
  readonly now: () => number
  /** Of the day, ms. */
  readonly lengthMs: number
  /** In all, the closing ones included. */
  readonly events: number
  readonly every: number
}

/** The last ones happen when everything else is over: what stands in the stores then is what was made of the day. */
const CLOSING = 2
const LATEST_MS = 60_000

/** The PCE's people and agents: events at the pace of the day, with a burst; some become visible late, several share a moment. */
export class BusyPce {
  /** By id: when it happened, and when it became visible. */
  readonly events = new Map<string, string>()
  /** Numbers of what was provisioned, and of hosts that were tampered with. */
  readonly tickets = new Set<string>()
  readonly alerts = new Set<string>()
  readonly #options: BusyPceOptions
  readonly #burstAt: number

  constructor(options: BusyPceOptions) {
    this.#options = options
    this.#burstAt = 0.2 + options.random.next() * 0.6
  }

  get isOver(): boolean {
    return this.events.size >= this.#options.events - CLOSING
  }

  /**
   * What has happened since the last time: evenly, with a burst of a fiftieth of all.
   * @param at ms of the day
   */
  goOn(at: number): void {
    const { lengthMs, events } = this.#options
    const all = events - CLOSING
    const part = Math.min(1, at / lengthMs)
    const burst = Math.floor(all / 50)
    const due = Math.floor(part * (all - burst)) + (part > this.#burstAt ? burst : 0)
    while (this.events.size < (part >= 1 ? all : due)) this.#happen(this.events.size)
  }

  /** Answers the event's id. */
  close(): string {
    return this.#made({ event_type: CLOSING_TYPE })
  }

  #happen(index: number): void {
    const { random, now } = this.#options
    const late = random.chance(0.1) ? random.below(LATEST_MS) : 0
    const timestamp = new Date(Math.floor(now()) - late).toISOString()
    this.#made({ timestamp, ...this.#what(index) })
  }

  #made(event: Readonly<Record<string, unknown>>): string {
    const { pce, now } = this.#options
    const made = { timestamp: new Date(now()).toISOString(), ...event }
    const id = pce.happen(made).split('/').at(-1) ?? ''
    this.events.set(id, `${made.timestamp}, visible at ${new Date(now()).toISOString()}`)
    return id
  }

  #what(index: number): Readonly<Record<string, unknown>> {
    const { every, pce } = this.#options
    if (index % every === 7) {
      const policy = `/orgs/${pce.org}/sec_policy/${index}`
      this.tickets.add(String(index))
      return {
        event_type: TICKET_TYPE,
        resource_changes: [{ resource: { sec_policy: { href: policy } }, changes: null, change_type: 'create' }],
      }
    }
    if (index % every === 13) {
      const workload = `/orgs/${pce.org}/workloads/${index}`
      this.alerts.add(String(index))
      return {
        ...{ event_type: ALERT_TYPE, status: null, severity: 'err', action: null },
        created_by: { agent: { href: `/orgs/${pce.org}/agents/${index}`, hostname: `host-${index}.example.net` } },
        notifications: [{ notification_type: 'workload.oob_policy_changes', info: { workload: { href: workload } } }],
      }
    }
    return {}
  }
}
