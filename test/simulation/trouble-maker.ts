import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Fault } from '../../lab/http/faults'
import type { PocketCloud } from '../../lab/pocket-cloud'
import type { SmtpFault } from '../../lab/smtp/service'
import type { Interruption, Trouble } from './day-plan'
import { WINDOW } from './day-terms'
import type { PollingProcess } from './polling-process'

/** What was done, for the account at the end. */
export interface TroubleMade {
  kills: number
  restarts: number
  deploys: number
  holdUps: number
  /** How long the PCE could not be reached, s of the day. */
  outageSeconds: number
}

const TICKET_SYSTEMS = ['jira', 'servicenow', 'github', 'pagerduty'] as const
const SERVICES = [...TICKET_SYSTEMS, 'slack', 'teams', 'sns', 'webhook'] as const
/** Of three minutes. */
const HELD_EVENTS = 210
/** Of the machine's clock: a process that is put off by the PCE meanwhile has less in hand. */
const LONGEST_HOLD_UP_MS = 10_000
const UNAVAILABLE: SmtpFault = { at: 'sender', reply: '451 4.3.0 come again later' }

/** Makes what the plan says at its time, and ends what lasts. */
export class TroubleMaker {
  readonly made: TroubleMade = { kills: 0, restarts: 0, deploys: 0, holdUps: 0, outageSeconds: 0 }
  readonly #cloud: PocketCloud
  readonly #process: PollingProcess
  readonly #folder: string
  readonly #log: (text: string) => void
  readonly #plan: Trouble[]
  /** What ends what lasts, and when. */
  #ends: { readonly at: number; readonly isReady?: () => boolean; readonly run: () => Promise<void> | void }[] = []

  constructor(
    plan: readonly Trouble[],
    {
      cloud,
      process,
      folder,
      log,
    }: { cloud: PocketCloud; process: PollingProcess; folder: string; log(text: string): void },
  ) {
    this.#plan = [...plan]
    this.#cloud = cloud
    this.#process = process
    this.#folder = folder
    this.#log = log
  }

  get isOver(): boolean {
    return this.#plan.length === 0 && this.#ends.length === 0
  }

  /** @param at ms of the day */
  async goOn(at: number): Promise<void> {
    for (const end of this.#ends.filter((one) => one.at <= at && one.isReady?.() !== false)) {
      this.#ends = this.#ends.filter((one) => one !== end)
      await end.run()
    }
    const [next] = this.#plan
    if (next === undefined || next.at > at || this.#ends.length > 0) return
    // Each is to meet a process at work, however long it takes to start here; and what lasts is left alone.
    if (next.what === 'hold-up' ? !this.#process.news.polling : !this.#process.isAtWork) return
    this.#plan.shift()
    const { what, at: _planned, ...how } = next
    this.#log(`${clockTime(at)} ${what} ${Object.keys(how).length === 0 ? '' : JSON.stringify(how)}`.trimEnd())
    await this.#begin(next, at)
  }

  async #begin(trouble: Trouble, at: number): Promise<void> {
    const { faults } = this.#cloud
    switch (trouble.what) {
      case 'kill':
      case 'restart':
      case 'deploy':
        return this.#interrupt(trouble.what)
      case 'pce-refuses': {
        const { status, times, waitSeconds } = trouble
        const headers = { 'retry-after': String(waitSeconds) }
        faults.add({ service: 'illumio', status, times, ...(status === 429 && { headers }) })
        return
      }
      case 'pce-breaks-off':
        faults.add({ service: 'illumio', cutBodyAfter: trouble.afterBytes, times: 1 })
        return
      case 'pce-away': {
        const id = faults.add({ service: 'illumio', disconnect: 'before' })
        this.#ends.push({
          at: at + trouble.ms,
          run: () => {
            faults.clear(id)
            this.made.outageSeconds += Math.round(trouble.ms / 1000)
          },
        })
        return
      }
      case 'services-refuse':
        return this.#refuse(trouble)
      case 'hold-up':
        return this.#holdUp(at + trouble.ms, trouble.interruption)
    }
  }

  #refuse({ unavailable, tooMany, lost }: Trouble & { readonly what: 'services-refuse' }): void {
    const { faults, smtp } = this.#cloud
    for (const service of SERVICES) {
      faults.add({ service, status: 503, times: unavailable })
      faults.add({ service, status: 429, headers: { 'retry-after': '5' }, times: tooMany })
    }
    // Only of those that know again what they have: others would rightly be given up.
    for (const service of TICKET_SYSTEMS) faults.add({ service, method: 'POST', disconnect: 'after', times: lost })
    smtp?.faults.push({ ...UNAVAILABLE, times: unavailable })
  }

  /** Nobody takes anything, and so all that happens is in the flow when the process is interrupted. */
  #holdUp(end: number, interruption: Interruption | undefined): void {
    const { faults, smtp } = this.#cloud
    this.made.holdUps += 1
    const ids = SERVICES.map((service) => faults.add({ service, status: 503 } satisfies Fault))
    const mail: SmtpFault = { ...UNAVAILABLE }
    smtp?.faults.push(mail)
    const lock = new DatabaseSync(join(this.#folder, 'audit.sqlite'), { timeout: 10_000 })
    lock.exec('BEGIN IMMEDIATE')
    const release = () => {
      lock.exec('ROLLBACK')
      lock.close()
      for (const id of ids) faults.clear(id)
      smtp?.faults.splice(smtp.faults.indexOf(mail), 1)
    }
    const latest = Date.now() + LONGEST_HOLD_UP_MS
    this.#ends.push({
      at: end,
      // What is in hand is then of a longer time than a poll looks back.
      isReady: () => this.#holdsMuch || Date.now() > latest,
      run: async () => {
        this.#log(
          `${clockTime(end)} the hold-up ends with ${this.#process.news.open} in hand${interruption === undefined ? '' : `, and a ${interruption}`}`,
        )
        await this.#interrupt(interruption, release)
      },
    })
  }

  get #holdsMuch(): boolean {
    const { open, polling } = this.#process.news
    return open >= WINDOW || (polling && open >= HELD_EVENTS)
  }

  /** @param release ends a hold-up, when the process has ended or has been asked to */
  async #interrupt(how: Interruption | undefined, release: () => void = () => {}): Promise<void> {
    if (how === 'deploy') {
      this.made.deploys += 1
      this.#process.deploy()
    } else if (how !== undefined) {
      this.made[how === 'kill' ? 'kills' : 'restarts'] += 1
      await this.#process.end(how === 'kill' ? 'SIGKILL' : 'SIGTERM')
      this.#process.start()
    }
    release()
  }
}

/** ms of the day, as people write it. */
export function clockTime(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
