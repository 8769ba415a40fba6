import type { LabClock } from '../clock'
import { LimitBook, type QualysLimits } from './limits'
import { parseRange, type Range } from './targets'

export interface OptionProfile {
  readonly id: number
  readonly title: string
  readonly isDefault: boolean
}

export interface Appliance {
  readonly id: number
  readonly name: string
  readonly online: boolean
}

/** How a scan ends: with findings or without, with no live host, broken off, or stuck until a person looks. */
export type ScanOutcome = 'finished' | 'no-vuln' | 'no-host' | 'error' | 'paused'

/** Milliseconds from the launch until a state is reached, by the clock of the pocket cloud. */
export interface ScanTimes {
  readonly loading: number
  readonly running: number
  readonly finished: number
  /** When PROCESSED becomes 1: results lag behind the end of the scan. */
  readonly processed: number
}

export interface LabScan {
  readonly id: number
  /** `scan/1795168805.34567` */
  readonly reference: string
  readonly title: string
  readonly userLogin: string
  readonly targets: readonly Range[]
  readonly profile: OptionProfile
  /** `External`, or the appliance's name. */
  readonly scanner: string
  readonly priority: number
  readonly launchedAt: Date
  readonly times: ScanTimes
  outcome: ScanOutcome
  canceledAt?: Date
}

export type ScanState = 'Queued' | 'Loading' | 'Running' | 'Paused' | 'Finished' | 'Canceled' | 'Error'

export interface SubscriptionOptions {
  readonly clock: LabClock
  readonly username?: string
  readonly password?: string
  readonly profiles?: readonly OptionProfile[]
  readonly appliances?: readonly Appliance[]
  /** Addresses that may be scanned: CIDR, ranges or single ones. */
  readonly approved: readonly string[]
  readonly limits?: QualysLimits
  readonly times?: ScanTimes
}

/** What Qualys knows of one customer: profiles, addresses, appliances, limits and scans. */
export class Subscription {
  readonly username: string
  readonly password: string
  readonly profiles: OptionProfile[]
  readonly appliances: Appliance[]
  readonly approved: Range[]
  readonly limits: LimitBook
  readonly scans: LabScan[] = []
  /** For scans launched from now on. */
  times: ScanTimes
  outcome: ScanOutcome = 'finished'
  /** Hears of each launch. */
  onLaunch: ((scan: LabScan) => void) | undefined
  /** How unapproved addresses are refused: both ways have been seen in the field. */
  unapprovedAs: '999' | '1905' = '1905'
  readonly #clock: LabClock
  #launched = 0

  constructor(options: SubscriptionOptions) {
    this.#clock = options.clock
    this.username = options.username ?? 'pocket_ab1'
    this.password = options.password ?? 'qualys-pocket'
    this.profiles = [
      ...(options.profiles ?? [
        { id: 1001, title: 'Initial Options', isDefault: true },
        { id: 1002, title: 'Open ports', isDefault: false },
        { id: 1003, title: 'fast & light', isDefault: false },
      ]),
    ]
    this.appliances = [...(options.appliances ?? [{ id: 2001, name: 'pocket-appliance', online: true }])]
    this.approved = options.approved.map(parseRange)
    this.limits = new LimitBook(options.clock, options.limits ?? { concurrency: 2, calls: 300, windowSeconds: 3600 })
    this.times = options.times ?? { loading: 5_000, running: 10_000, finished: 40_000, processed: 60_000 }
  }

  launch(given: Pick<LabScan, 'title' | 'targets' | 'profile' | 'scanner' | 'priority'>): LabScan {
    const launchedAt = this.#clock.now()
    const serial = 34_567 + this.#launched++
    const scan: LabScan = {
      ...given,
      id: 41_200_000 + serial,
      reference: `scan/${Math.floor(launchedAt.getTime() / 1000)}.${serial}`,
      userLogin: this.username,
      launchedAt,
      times: this.times,
      outcome: this.outcome,
    }
    this.scans.push(scan)
    this.onLaunch?.(scan)
    return scan
  }

  stateOf(scan: LabScan): ScanState {
    if (scan.canceledAt !== undefined) return 'Canceled'
    const age = this.#clock.now().getTime() - scan.launchedAt.getTime()
    if (age < scan.times.loading) return 'Queued'
    if (age < scan.times.running) return 'Loading'
    if (scan.outcome === 'paused') return 'Paused'
    if (age < scan.times.finished) return 'Running'
    return scan.outcome === 'error' ? 'Error' : 'Finished'
  }

  isProcessed(scan: LabScan): boolean {
    const age = this.#clock.now().getTime() - scan.launchedAt.getTime()
    return this.stateOf(scan) === 'Finished' && age >= scan.times.processed
  }

  isGoing(scan: LabScan): boolean {
    const state = this.stateOf(scan)
    return state === 'Queued' || state === 'Loading' || state === 'Running' || state === 'Paused'
  }

  cancel(scan: LabScan): void {
    scan.canceledAt = this.#clock.now()
  }
}
