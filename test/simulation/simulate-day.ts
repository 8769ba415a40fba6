import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { randomOf } from '../fuzz/random'
import { waitFor } from '../support/wait-for'
import { deadLetters, type SinkBook, type StoreBook, sinkBooks, storeBook } from './books'
import { BusyPce } from './busy-pce'
import { type Interruption, planOf } from './day-plan'
import type { WorkerTask } from './day-terms'
import { DayTime } from './day-time'
import { fastClock } from './fast-clock'
import { PollingProcess } from './polling-process'
import { clockTime, type TroubleMade, TroubleMaker } from './trouble-maker'

export interface DayOptions {
  /** What happens and what goes wrong, and when, follows from it. */
  readonly seed: number
  /** Of the PCE, over the whole time; a full day has 100,000. */
  readonly events: number
  /** SIGKILL; the process is started again at once. */
  readonly kills: number
  /** SIGTERM, as a service manager does it. */
  readonly restarts: number
  /** The flows end and begin, the process goes on. */
  readonly deploys: number
  /** Minutes in which nobody takes anything; how each ends. */
  readonly holdUps: readonly (Interruption | undefined)[]
  /** How often the PCE refuses, and how often the services do. */
  readonly refusals: number
  /** How much faster than the machine's clock. */
  readonly factor: number
  readonly outageMinutes: number
  /** One of so many events becomes a ticket, and one an alert. */
  readonly every: number
  /** Where the journal and the store lie. */
  readonly folder: string
  readonly log: (text: string) => void
}

export interface DayResult extends TroubleMade {
  readonly seed: number
  readonly events: number
  readonly factor: number
  /** How long it took. */
  readonly seconds: number
  readonly store: StoreBook
  readonly sinks: readonly SinkBook[]
  readonly deadLetters: readonly string[]
  /** Answers by service and status; `cut`: none, or not whole. */
  readonly answers: Readonly<Record<string, number>>
}

const DAY_MS = 86_400_000
const PER_DAY = 100_000
const TICK_MS = 20
const CLOSING = 2

/**
 * A day at a PCE in less time: events happen at the pace of 100,000 a day, some become visible late, some come in bursts; the PCE
 * and the services answer 429 and 503, cut connections and lose answers, the PCE is away for minutes, the store is locked; the
 * process that polls is restarted and killed, its flows are deployed anew. Then everybody's books are compared.
 */
export async function simulateDay(options: DayOptions): Promise<DayResult> {
  const { seed, events, every, factor, folder, log } = options
  const began = Date.now()
  const time = { began, factor }
  const { now } = fastClock(time)
  const lengthMs = (events / PER_DAY) * DAY_MS
  const cloud = await startPocketCloud({ certificate: false, clock: { now: () => new Date(now()), advance: () => {} } })
  cloud.vendors.servicenow.instance.hourly = Number.POSITIVE_INFINITY
  // Without a key nothing is signed; what comes again the receiver knows by its id.
  cloud.vendors.webhook.receiver.secrets = []
  const answers: Record<string, number> = {}
  const process = new PollingProcess(taskOf(cloud, options, time), log)
  try {
    process.start()
    await process.isPolling()
    const pce = new BusyPce({ pce: cloud.vendors.illumio, random: randomOf(seed), now, lengthMs, events, every })
    const plan = planOf({ ...options, lengthMs, outageMs: options.outageMinutes * 60_000 }, randomOf(seed + 1))
    const trouble = new TroubleMaker(plan, { cloud, process, folder, log })
    const day = new DayTime(now())
    while (!pce.isOver || !trouble.isOver) {
      day.pass(now(), process.isAtWork)
      pce.goOn(day.at)
      await trouble.goOn(day.at)
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      count(cloud, answers)
    }
    log(`${clockTime(day.at)} all has happened`)
    await handedOn(cloud, pce, process)
    await process.end('SIGTERM')
    count(cloud, answers)
    return {
      ...{ seed, events, factor, ...trouble.made, answers },
      ...{ store: await storeBook(folder, pce), sinks: await sinkBooks(cloud, pce), deadLetters: deadLetters(folder) },
      seconds: Math.round((Date.now() - began) / 1000),
    }
  } finally {
    await process.end('SIGKILL')
    await cloud.close()
  }
}

/**
 * Waits until the flow has finished with everything. A process that has just nothing in hand may not have read the last yet; so
 * something more happens, twice: the second is read by a poll that began when all else could be seen.
 */
async function handedOn(cloud: PocketCloud, pce: BusyPce, process: PollingProcess): Promise<void> {
  for (let closing = 0; closing < CLOSING; closing += 1) {
    const id = pce.close()
    await waitFor(
      () => `the end: ${JSON.stringify(process.news)}, ${cloud.vendors.illumio.events.length} events`,
      () => process.news.closing === id && process.news.polling && process.news.open === 0,
      { timeoutMs: 240_000, everyMs: 50 },
    )
  }
}

function taskOf({ vendors, smtp }: PocketCloud, { seed, folder }: DayOptions, time: WorkerTask['time']): WorkerTask {
  const { illumio, jira, servicenow, github, pagerduty, slack, teams, sns, webhook } = vendors
  if (smtp === undefined)
    throw new Error('The day needs the mail server of the pocket cloud: npm install smtp-server@3')
  return {
    ...{ time, folder, seed, smtpPort: smtp.port },
    urls: {
      ...{ illumio: illumio.url, jira: jira.url, servicenow: servicenow.url, github: github.url },
      ...{ pagerduty: pagerduty.url, slack: slack.url, teams: teams.url, sns: sns.url, webhook: webhook.url },
    },
    jira: { user: jira.site.user, token: jira.site.apiToken },
    serviceNow: { user: servicenow.instance.user, password: servicenow.instance.password },
    gitHub: { repository: github.repository.name, token: github.repository.token },
  }
}

/** The list of exchanges is cut at its end: what was counted is taken out of it. */
function count(cloud: PocketCloud, answers: Record<string, number>): void {
  for (const { request, status } of (cloud.received as PocketCloud['received'][number][]).splice(0)) {
    const key = `${request.service} ${status === 0 ? 'cut' : (status ?? 'cut')}`
    answers[key] = (answers[key] ?? 0) + 1
  }
}
