import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { CadfEvent } from '../../src/cadf/event'
import { waitFor } from '../support/wait-for'
import type { WorkerNews, WorkerTask } from './day-worker'
import { fastClock } from './fast-clock'

export interface DayOptions {
  /** Of the PCE, over the whole time; a full day has 100,000. */
  readonly events: number
  /** SIGKILL, the process is started again at once. */
  readonly kills: number
  /** As an operator restarts. */
  readonly restarts: number
  /** How much faster than the machine's clock. */
  readonly factor: number
  readonly outageMinutes: number
  /** One of so many events becomes a ticket, and one an alert. */
  readonly every: number
  /** Where the journal and the store lie. */
  readonly folder: string
  readonly log: (text: string) => void
}

/** What a sink without a memory of its own got: how many different events, and how many came more often than once. */
export interface Told {
  readonly wanted: number
  readonly different: number
  readonly repeats: number
}

export interface DayResult {
  readonly events: number
  readonly kills: number
  readonly restarts: number
  readonly seconds: number
  /** Events of the PCE that are not in the audit store. */
  readonly missing: readonly string[]
  /** Rows in the store beyond those, and beyond what the source told of itself. */
  readonly tooMany: number
  /** What the source told of itself, by type. */
  readonly own: Readonly<Record<string, number>>
  readonly deadLetters: number
  /** How many tickets were wanted, opened, and written on again. */
  readonly tickets: Readonly<Record<'jira' | 'servicenow', { wanted: number; opened: number; again: number }>>
  readonly told: Readonly<Record<'slack' | 'webhook', Told>>
  readonly answers: Readonly<Record<string, number>>
}

const DAY_MS = 86_400_000
const PER_DAY = 100_000
const TICK_MS = 20

/**
 * A day at a PCE in less time: events happen at the pace of 100,000 a day, some become visible late, some come in bursts; the PCE
 * and the services answer 429 and 503, cut connections, and the PCE is away for minutes; the process that polls is restarted and
 * killed. Then everybody's books are compared.
 */
export async function simulateDay(options: DayOptions): Promise<DayResult> {
  const began = Date.now()
  const time = { began, factor: options.factor }
  const clock = fastClock(time)
  const lengthMs = (options.events / PER_DAY) * DAY_MS
  const cloud = await startPocketCloud({
    certificate: false,
    clock: { now: () => new Date(clock.now()), advance: () => {} },
  })
  const { jira, servicenow, illumio, slack, webhook } = cloud.vendors
  servicenow.instance.hourly = Number.POSITIVE_INFINITY
  // Without a key nothing is signed; what comes again the receiver knows by its id.
  webhook.receiver.secrets = []
  const answers: Record<string, number> = {}
  const task: WorkerTask = {
    ...{ time, folder: options.folder },
    urls: {
      ...{ illumio: illumio.url, jira: jira.url, servicenow: servicenow.url },
      ...{ slack: slack.url, webhook: webhook.url },
    },
    jira: { user: jira.site.user, token: jira.site.apiToken },
    serviceNow: { user: servicenow.instance.user, password: servicenow.instance.password },
  }
  const worker = new Worker(task, options.log)
  try {
    worker.start()
    await worker.isPolling()
    const pce = new BusyPce(cloud, clock.now, lengthMs, options)
    const trouble = troubleOf(cloud, worker, options, lengthMs)
    const first = clock.now()
    while (!pce.isOver || trouble.length > 0) {
      pce.goOn()
      const [next] = trouble
      if (next !== undefined && clock.now() - first >= next.at) {
        trouble.shift()
        options.log(`${hours(next.at)} ${next.what}`)
        await next.run()
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      count(cloud, answers)
    }
    cloud.faults.clear()
    options.log(`${hours(clock.now() - first)} all has happened`)
    const { tickets, alerts } = pce
    const all = () =>
      worker.isQuiet &&
      jira.site.issues.length >= tickets.size &&
      new Set(slack.messages.map(({ text }) => text)).size >= alerts.size
    await waitFor(
      () =>
        `the end: ${JSON.stringify(worker.news)}, ${jira.site.issues.length} of ${tickets.size} issues, ${slack.messages.length} of ${alerts.size} messages`,
      all,
      { timeoutMs: 240_000, everyMs: 100 },
    )
    await worker.end('stop')
    count(cloud, answers)
    return { ...(await books(cloud, pce, options)), answers, seconds: Math.round((Date.now() - began) / 1000) }
  } finally {
    await worker.end('SIGKILL')
    await cloud.close()
  }
}

/** The PCE's people and agents. */
class BusyPce {
  readonly ids = new Set<string>()
  /** By id: when it happened, and when it became visible. */
  readonly times = new Map<string, string>()
  /** What is to become a ticket, by the id of what was provisioned. */
  readonly tickets = new Set<string>()
  readonly alerts = new Set<string>()
  readonly #cloud: PocketCloud
  readonly #now: () => number
  readonly #lengthMs: number
  readonly #count: number
  readonly #every: number
  readonly #began: number

  constructor(cloud: PocketCloud, now: () => number, lengthMs: number, { events, every }: DayOptions) {
    this.#cloud = cloud
    this.#now = now
    this.#lengthMs = lengthMs
    this.#count = events
    this.#every = every
    this.#began = now()
  }

  get isOver(): boolean {
    return this.ids.size >= this.#count
  }

  /** What has happened since the last time: evenly, with a burst of a fiftieth of all at a third of the time. */
  goOn(): void {
    const part = Math.min(1, (this.#now() - this.#began) / this.#lengthMs)
    const burst = part > 1 / 3 ? Math.floor(this.#count / 50) : 0
    const due = Math.min(this.#count, Math.floor(part * (this.#count - this.#count / 50)) + burst)
    while (this.ids.size < (part >= 1 ? this.#count : due)) this.#happen(this.ids.size)
  }

  #happen(index: number): void {
    // Some become visible a minute after they happened, at most; several share a moment.
    const late = index % 10 === 1 ? (index % 60) * 1000 : 0
    const timestamp = new Date(Math.floor(this.#now()) - late).toISOString()
    const { illumio } = this.#cloud.vendors
    const href = illumio.happen({ timestamp, ...this.#what(index) })
    const id = href.split('/').at(-1) ?? ''
    this.ids.add(id)
    this.times.set(id, `${timestamp}, visible at ${new Date(this.#now()).toISOString()}`)
  }

  #what(index: number): object {
    if (index % this.#every === 7) {
      const policy = `/orgs/7/sec_policy/${index}`
      this.tickets.add(policy)
      return {
        event_type: 'sec_policy.create',
        resource_changes: [{ resource: { sec_policy: { href: policy } }, changes: null, change_type: 'create' }],
      }
    }
    if (index % this.#every === 13) {
      const workload = `/orgs/7/workloads/${index}`
      this.alerts.add(workload)
      return {
        ...{ event_type: 'agent.tampering', status: null, severity: 'err', action: null },
        created_by: { agent: { href: `/orgs/7/agents/${index}`, hostname: `host-${index}.example.net` } },
        notifications: [{ notification_type: 'workload.oob_policy_changes', info: { workload: { href: workload } } }],
      }
    }
    return {}
  }
}

interface Trouble {
  /** ms of the day. */
  readonly at: number
  readonly what: string
  readonly run: () => Promise<void> | void
}

/** Everything that goes wrong, in its order: kills and restarts evenly between, so that each meets the process at work. */
function troubleOf(cloud: PocketCloud, worker: Worker, options: DayOptions, lengthMs: number): Trouble[] {
  const { kills, restarts, outageMinutes, factor } = options
  const { faults } = cloud
  const evenly = (many: number, shift: number) =>
    Array.from({ length: many }, (_, index) => ((index + shift) / many) * lengthMs)
  const outageMs = outageMinutes * 60_000
  const realMs = outageMs / factor
  return [
    ...evenly(kills, 0.5).map((at) => ({ at, what: 'killed', run: () => worker.again('SIGKILL') })),
    ...evenly(restarts, 0.8).map((at) => ({ at, what: 'restarted', run: () => worker.again('stop') })),
    ...evenly(5, 0.3).map((at) => ({
      ...{ at, what: 'the PCE answers 429' },
      run: () => void faults.add({ service: 'illumio', status: 429, headers: { 'retry-after': '30' }, times: 2 }),
    })),
    ...evenly(5, 0.4).map((at) => ({
      ...{ at, what: 'the PCE answers 503, and breaks off' },
      run: () => {
        faults.add({ service: 'illumio', status: 503, times: 3 })
        faults.add({ service: 'illumio', cutBodyAfter: 200, times: 1 })
      },
    })),
    ...evenly(5, 0.6).map((at) => ({
      ...{ at, what: 'the services answer 503 and 429; the ticket systems lose answers' },
      run: () => {
        for (const service of ['slack', 'webhook', 'jira', 'servicenow'] as const) {
          faults.add({ service, status: 503, times: 2 })
          faults.add({ service, status: 429, headers: { 'retry-after': '5' }, times: 1 })
        }
        for (const service of ['jira', 'servicenow'] as const) {
          faults.add({ service, method: 'POST', disconnect: 'after', times: 2 })
        }
      },
    })),
    {
      ...{ at: lengthMs * 0.55, what: `the PCE is away for ${outageMinutes} minutes` },
      run: () => {
        const id = faults.add({ service: 'illumio', disconnect: 'before' })
        setTimeout(() => faults.clear(id), realMs)
      },
    },
  ].sort((one, other) => one.at - other.at)
}

/** The process that polls. */
class Worker {
  readonly #task: WorkerTask
  readonly #log: (text: string) => void
  #child: ChildProcess | undefined
  news: WorkerNews = { open: 0, caughtUp: false }

  constructor(task: WorkerTask, log: (text: string) => void) {
    this.#task = task
    this.#log = log
  }

  start(): void {
    this.news = { open: 0, caughtUp: false }
    const child = fork(join(__dirname, 'day-worker.ts'), [JSON.stringify(this.#task)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    child.on('message', (news) => {
      this.news = news as WorkerNews
    })
    child.stderr?.on('data', (chunk: Buffer) => this.#log(chunk.toString().trimEnd()))
    this.#child = child
  }

  async isPolling(): Promise<void> {
    await waitFor('the worker to poll', () => this.news.caughtUp, { timeoutMs: 60_000 })
  }

  get isQuiet(): boolean {
    return this.news.caughtUp && this.news.open === 0
  }

  async again(how: 'SIGKILL' | 'stop'): Promise<void> {
    await this.end(how)
    this.start()
  }

  async end(how: 'SIGKILL' | 'stop'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (how === 'stop') child.send('stop')
    else child.kill('SIGKILL')
    await ended
  }
}

async function books(
  cloud: PocketCloud,
  { ids, times, tickets, alerts }: BusyPce,
  { events, kills, restarts, folder }: DayOptions,
): Promise<Omit<DayResult, 'answers' | 'seconds'>> {
  const { jira, servicenow, slack, webhook } = cloud.vendors
  const missing = new Set(ids)
  const own: Record<string, number> = {}
  let tooMany = 0
  const store = await openSqliteStore({ path: join(folder, 'audit.sqlite'), fullText: false })
  try {
    const filter = { scope: { tenants: 'all' as const }, where: [] }
    for await (const portion of store.export({ filter, order: 'oldest-first' })) {
      for (const { body } of portion) {
        const { id, initiator, attachments } = JSON.parse(body) as CadfEvent
        if (missing.delete(id)) continue
        const type = attachments?.[0]?.name ?? 'unknown'
        if (initiator.name === 'illumio-events-in') own[type] = (own[type] ?? 0) + 1
        else tooMany += 1
      }
    }
  } finally {
    await store.close()
  }
  const keys = new Set(servicenow.instance.records.map(({ values }) => values['correlation_id']))
  const labels = new Set(jira.site.issues.map(({ fields }) => JSON.stringify(fields['labels'])))
  const notes = servicenow.instance.records.reduce((sum, record) => sum + record.notes.length, 0)
  const letters = join(folder, 'dead-letters.jsonl')
  const messages = slack.messages.map(({ text }) => text)
  return {
    ...{ events, kills, restarts, missing: [...missing].map((id) => `${id} ${times.get(id) ?? ''}`), tooMany, own },
    deadLetters: existsSync(letters) ? readFileSync(letters, 'utf8').trim().split('\n').length : 0,
    tickets: {
      jira: {
        ...{ wanted: tickets.size, opened: labels.size },
        again:
          jira.site.issues.length -
          labels.size +
          jira.site.issues.reduce((sum, { comments }) => sum + comments.length, 0),
      },
      servicenow: {
        ...{ wanted: tickets.size, opened: keys.size },
        again: servicenow.instance.records.length - keys.size + Math.max(0, notes - keys.size),
      },
    },
    told: {
      slack: told(alerts, messages),
      webhook: {
        ...{ wanted: alerts.size, different: webhook.receiver.taken.length },
        repeats: webhook.receiver.repeated,
      },
    },
  }
}

function told(wanted: ReadonlySet<string>, texts: readonly string[]): Told {
  const different = new Set(texts).size
  return { wanted: wanted.size, different, repeats: texts.length - different }
}

/** The list of exchanges is cut at its end: what was counted is taken out of it. */
function count(cloud: PocketCloud, answers: Record<string, number>): void {
  for (const { request, status } of (cloud.received as PocketCloud['received'][number][]).splice(0)) {
    const key = `${request.service} ${status ?? 'cut'}`
    answers[key] = (answers[key] ?? 0) + 1
  }
}

function hours(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
