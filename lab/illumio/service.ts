import { randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import type { Vendor, VendorTools } from '../vendors'

/** An event as the PCE keeps it; `visibleAt` may be later than its time. */
export interface StoredPceEvent {
  readonly event: Readonly<Record<string, unknown>>
  readonly time: number
  readonly visibleAt: number
}

export interface Pce extends Vendor {
  readonly org: number
  /** API keys that may read, with their secrets. */
  readonly keys: Map<string, string>
  readonly events: StoredPceEvent[]
  /** What hrefs lead to, beside events. */
  readonly resources: Map<string, unknown>
  /** Requests a minute and key; beyond it 429. */
  rateLimit: number
  /** The most that the collection gives at once. */
  mostResults: number
  health: 'normal' | 'warning' | 'critical' | 'absent'
  /** How long an asynchronous job takes, ms. */
  jobMs: number
  jobsFail: boolean
  /** Adds an event; what is not given is that of a login. Answers its href. */
  happen(event?: Readonly<Record<string, unknown>>, options?: { readonly visibleAfterMs?: number }): string
}

interface Job {
  readonly readyAt: number
  readonly events: readonly unknown[]
  readonly id: string
}

export const DEMO_PCE_KEY = { key: 'api_pocketcloud', secret: 'pocket-pce-secret' }
/** Of the API's documentation. */
const DEFAULT_RESULTS = 100
const LARGEST_RESULTS = 10_000

/** A Policy Compute Engine: its event collection with limits and jobs, its health, and what events name. */
export function pceVendor({ clock }: VendorTools): Pce {
  const events: StoredPceEvent[] = []
  const jobs = new Map<string, Job>()
  const asked = new Map<string, number[]>()
  const pce: Pce = {
    org: 7,
    keys: new Map([[DEMO_PCE_KEY.key, DEMO_PCE_KEY.secret]]),
    events,
    resources: new Map(),
    rateLimit: 500,
    mostResults: LARGEST_RESULTS,
    health: 'normal',
    jobMs: 0,
    jobsFail: false,
    happen(event = {}, { visibleAfterMs = 0 } = {}) {
      const whole = eventOf(event, clock, pce.org)
      const time = Date.parse(String(whole['timestamp']))
      events.push({ event: whole, time, visibleAt: clock.now().getTime() + visibleAfterMs })
      return String(whole['href'])
    },
    handler: (request) => {
      const reply = answer(request)
      return { ...reply, headers: { date: clock.now().toUTCString(), ...reply.headers } }
    },
  }

  function answer(request: LabRequest): LabReply {
    const { path, method } = request
    if (path === '/api/v2/health') return health()
    const key = authorized(request)
    if (key === undefined) return { status: 401, headers: { 'www-authenticate': 'Basic realm="pce"' } }
    if (limited(key)) return { status: 429 }
    if (method !== 'GET') return json(405, { error: 'this PCE is read only' })
    const [, job] = /^\/api\/v2\/orgs\/\d+\/jobs\/([0-9a-f-]+)$/.exec(path) ?? []
    if (job !== undefined) return jobState(job)
    const [, file] = /^\/api\/v2\/orgs\/\d+\/datafiles\/([0-9a-f-]+)$/.exec(path) ?? []
    if (file !== undefined) return datafile(file)
    const [, org] = /^\/api\/v2\/orgs\/(\d+)\/events$/.exec(path) ?? []
    if (org !== undefined) return Number(org) === pce.org ? collection(request) : json(404, [])
    const href = path.replace(/^\/api\/v2/, '')
    const found = events.find(({ event }) => event['href'] === href)?.event ?? pce.resources.get(href)
    return found === undefined ? json(404, [{ token: 'not_found_error', message: 'Not found' }]) : json(200, found)
  }

  function collection(request: LabRequest): LabReply {
    const { query, headers } = request
    const unknown = [...query.keys()].find((name) => !PARAMETERS.has(name))
    if (unknown !== undefined) return json(406, [{ token: 'invalid_query', message: `Invalid parameter ${unknown}` }])
    const [from, to] = [boundOf(query.get('timestamp[gte]'), -Infinity), boundOf(query.get('timestamp[lte]'), Infinity)]
    const most = query.has('max_results') ? Number(query.get('max_results')) : DEFAULT_RESULTS
    if (from === undefined || to === undefined || !Number.isInteger(most) || most < 1 || most > LARGEST_RESULTS) {
      return json(406, [{ token: 'invalid_query', message: 'Invalid value' }])
    }
    const now = clock.now().getTime()
    const found = events
      .filter(({ time, visibleAt }) => time >= from && time <= to && visibleAt <= now)
      .filter(({ event }) => ['event_type', 'status', 'severity'].every((name) => fits(query.get(name), event[name])))
      .map(({ event }) => event)
      // The newest first, as far as anybody has seen; nothing promises it.
      .reverse()
    if (headers['prefer'] === 'respond-async') return startJob(found)
    const size = Math.min(most, pce.mostResults)
    return json(200, found.slice(0, size), { 'x-total-count': String(found.length) })
  }

  function startJob(found: readonly unknown[]): LabReply {
    const id = randomUUID()
    jobs.set(id, { id, events: found, readyAt: clock.now().getTime() + pce.jobMs })
    return { status: 202, headers: { location: `/orgs/${pce.org}/jobs/${id}`, 'retry-after': '1' } }
  }

  function jobState(id: string): LabReply {
    const job = jobs.get(id)
    if (job === undefined) return json(404, [])
    const status = pce.jobsFail ? 'failed' : clock.now().getTime() >= job.readyAt ? 'done' : 'running'
    const href = `/orgs/${pce.org}/jobs/${id}`
    return json(200, {
      href,
      status,
      ...(status === 'done' && { result: { href: `/orgs/${pce.org}/datafiles/${id}` } }),
    })
  }

  function datafile(id: string): LabReply {
    const job = jobs.get(id)
    return job === undefined ? json(404, []) : json(200, job.events)
  }

  function health(): LabReply {
    if (pce.health === 'absent') return json(404, [])
    return json(200, [{ status: pce.health, type: 'standalone', fqdn: 'pce.pocket.example', nodes: [] }])
  }

  function authorized({ headers }: LabRequest): string | undefined {
    const [, encoded] = /^Basic (.+)$/.exec(headers['authorization'] ?? '') ?? []
    const [key = '', ...rest] = Buffer.from(encoded ?? '', 'base64')
      .toString('utf8')
      .split(':')
    return pce.keys.get(key) === rest.join(':') && key !== '' ? key : undefined
  }

  function limited(key: string): boolean {
    const now = clock.now().getTime()
    const recent = (asked.get(key) ?? []).filter((at) => at > now - 60_000)
    asked.set(key, [...recent, now])
    return recent.length >= pce.rateLimit
  }

  return pce
}

const PARAMETERS = new Set([
  'timestamp[gte]',
  'timestamp[lte]',
  'max_results',
  'event_type',
  'status',
  'severity',
  'created_by',
])

function boundOf(text: string | null, otherwise: number): number | undefined {
  if (text === null) return otherwise
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function fits(wanted: string | null, value: unknown): boolean {
  return wanted === null || wanted === value
}

function eventOf(event: Readonly<Record<string, unknown>>, clock: LabClock, org: number): Record<string, unknown> {
  return {
    href: `/orgs/${org}/events/${randomUUID()}`,
    timestamp: clock.now().toISOString(),
    pce_fqdn: 'pce.pocket.example',
    created_by: { user: { href: '/users/21', username: 'dana@example.net' } },
    event_type: 'user.login',
    status: 'success',
    severity: 'info',
    action: {
      uuid: randomUUID(),
      api_endpoint: '/api/v2/users/login',
      api_method: 'GET',
      http_status_code: 200,
      src_ip: '198.51.100.17',
    },
    resource_changes: [],
    notifications: [],
    version: 2,
    ...event,
  }
}
