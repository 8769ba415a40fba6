import { OperatorError } from '../errors/operator-error'
import { answerDate } from '../http/answer-date'
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client'
import { Pace } from '../http/pace'
import type { Clock } from '../http/retry'
import { PceError, pceAway, refusedByPce } from './pce-error'

export interface PceAccount {
  /** `https://pce.example.net:8443` */
  readonly origin: string
  readonly org: number
  readonly key: string
  readonly secret: string
}

export interface EventsPage {
  readonly events: readonly unknown[]
  /** There may be more in the window than came. */
  readonly full: boolean
  /** The PCE's clock at its answer, ms; resolution one second. */
  readonly at: number | undefined
}

/** 500 a minute and key, whoever uses it: something stays for others. */
const RATE = { perSecond: 6, burst: 30 }
const TIMEOUT_MS = 60_000
const MOST_BYTES = 256 * 1024 * 1024
/** The most that the collection gives at once; beyond it only an asynchronous job gives all. */
export const MOST_EVENTS = 10_000
/**
 * What a PCE gives at once that does not heed `max_results`: its default, and the limit of its other collections. Where it does not
 * tell the total, just as many are taken for a page that was cut: halving once too often costs a request, trusting it costs events.
 */
const USUAL_LIMITS: readonly number[] = [100, 500]
const JOB_POLLS = 600
const JOB_WAIT_MS = 2000
/** Asking costs little; a job said to take a day would hold all that comes after it for that day. */
const MOST_JOB_WAIT_MS = 60_000

/** The REST API of a Policy Compute Engine, as far as it is needed. All nodes of an account share one, and so its pace. */
export class PceClient {
  readonly account: PceAccount
  readonly #http: HttpClient
  readonly #clock: Clock
  readonly #pace: Pace
  /** Requests go one after another: the pace is kept, and one key is never used twice at once. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(account: PceAccount, http: HttpClient, clock: Clock) {
    this.account = account
    this.#http = http
    this.#clock = clock
    this.#pace = new Pace(RATE, clock)
  }

  /**
   * Events of a window, both ends inclusive, in no order.
   * @param from, to ms since 1970
   * @throws PceError
   */
  async events(from: number, to: number, most: number, signal?: AbortSignal): Promise<EventsPage> {
    const response = await this.#get(this.#eventsPath(from, to, most), signal)
    const events = arrayOf(response, 'events')
    const total = response.headers['x-total-count']
    const more = total === undefined ? USUAL_LIMITS.includes(events.length) : Number(total) > events.length
    return { events, full: events.length >= most || more, at: answerDate(response) }
  }

  /** All events of a window by an asynchronous job, for windows that are too full even when they are a moment. */
  async allEvents(from: number, to: number, signal?: AbortSignal): Promise<readonly unknown[]> {
    const started = await this.#send(
      { method: 'GET', path: this.#eventsPath(from, to, undefined), headers: { prefer: 'respond-async' } },
      signal,
    )
    if (started.status === 200) return arrayOf(started, 'events')
    const job = started.headers['location']
    if (started.status !== 202 || job === undefined) throw this.#refused('events (asynchronous)', started)
    const path = this.#pathOf(job)
    for (let polls = 0; polls < JOB_POLLS; polls += 1) {
      const wait = Number(started.headers['retry-after'] ?? Number.NaN)
      await this.#clock.sleep(
        Number.isFinite(wait) ? Math.min(MOST_JOB_WAIT_MS, Math.max(1000, wait * 1000)) : JOB_WAIT_MS,
        signal,
      )
      const state = objectOf(await this.#get(path, signal), 'job')
      if (state['status'] === 'failed') throw new PceError('ILLUMIO_ANSWER', 'The asynchronous job of the PCE failed.')
      if (state['status'] !== 'done') continue
      const result = state['result']
      const href = typeof result === 'string' ? result : (result as { href?: unknown } | undefined)?.href
      if (typeof href !== 'string')
        throw new PceError('ILLUMIO_ANSWER', 'The asynchronous job of the PCE names no result.')
      return arrayOf(await this.#get(this.#pathOf(href), signal), 'events')
    }
    throw new PceError('ILLUMIO_AWAY', 'The asynchronous job of the PCE did not end.')
  }

  /** A read of what an href names, e.g. `/orgs/7/workloads/…`; the answer's JSON. */
  async get(href: string, signal?: AbortSignal): Promise<unknown> {
    return jsonOf(await this.#get(`/api/v2${href}`, signal), href)
  }

  /** Status of the PCE as it says itself: `normal`, `warning`, `critical`; undefined where it has no such page (the vendor's cloud). */
  async health(signal?: AbortSignal): Promise<string | undefined> {
    const response = await this.#send({ method: 'GET', path: '/api/v2/health' }, signal)
    if (response.status === 404 || response.status === 403) return undefined
    if (response.status !== 200) throw this.#refused('health', response)
    const answer = jsonOf(response, 'health')
    const first = Array.isArray(answer) ? answer[0] : answer
    const status =
      typeof first === 'object' && first !== null ? (first as Record<string, unknown>)['status'] : undefined
    return typeof status === 'string' ? status : undefined
  }

  /** One event at most: proves address, TLS, key, organisation and permission, on the vendor's cloud as well. */
  async test(signal?: AbortSignal): Promise<string> {
    const response = await this.#get(`${this.#collection()}?max_results=1`, signal)
    const events = arrayOf(response, 'events')
    const total = response.headers['x-total-count']
    const found = total === undefined ? (events.length === 0 ? 'no event' : 'events') : `${total} events`
    return `${this.account.origin}, organisation ${this.account.org}: ${found} can be read.`
  }

  close(): Promise<void> {
    return this.#http.close()
  }

  #collection(): string {
    return `/api/v2/orgs/${this.account.org}/events`
  }

  #eventsPath(from: number, to: number, most: number | undefined): string {
    const query = new URLSearchParams({
      'timestamp[gte]': new Date(from).toISOString(),
      'timestamp[lte]': new Date(to).toISOString(),
      ...(most === undefined ? {} : { max_results: String(most) }),
    })
    return `${this.#collection()}?${query}`
  }

  /** The credential goes to the PCE and nowhere else: an answer that points away is refused. */
  #pathOf(location: string): string {
    const { origin } = this.account
    const url = URL.canParse(location, origin) ? new URL(location, origin) : undefined
    if (url === undefined || url.origin !== new URL(origin).origin) {
      throw new PceError(
        'ILLUMIO_ANSWER',
        'The PCE points to another server for its result; the key is not sent there.',
      )
    }
    const path = url.pathname + url.search
    return path.startsWith('/api/') ? path : `/api/v2${path}`
  }

  async #get(path: string, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const response = await this.#send({ method: 'GET', path }, signal)
    if (response.status !== 200) throw this.#refused(`GET ${path.split('?')[0]}`, response)
    return response
  }

  #refused(what: string, response: HttpResponse): PceError {
    const { key, secret } = this.account
    const basic = Buffer.from(`${key}:${secret}`).toString('base64')
    return refusedByPce(what, response, this.#clock.now(), [secret, basic])
  }

  #send(
    request: Pick<HttpRequest, 'method' | 'headers'> & { readonly path: string },
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    const turn = this.#last.then(async () => {
      await this.#pace.turn(signal)
      const { origin, key, secret } = this.account
      const { path, method, headers } = request
      try {
        return await this.#http.request({
          method,
          url: `${origin}${path}`,
          headers: {
            accept: 'application/json',
            authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`,
            ...headers,
          },
          timeoutMs: TIMEOUT_MS,
          maxBytes: MOST_BYTES,
          ...(signal === undefined ? {} : { signal }),
        })
      } catch (thrown) {
        throw pceAway(path.split('?')[0] ?? '', thrown)
      }
    })
    this.#last = turn.catch(() => {})
    return turn
  }
}

function jsonOf(response: HttpResponse, what: string): unknown {
  try {
    return JSON.parse(response.text) as unknown
  } catch {
    throw new PceError('ILLUMIO_ANSWER', `The answer of the PCE to ${what.split('?')[0]} is no JSON.`)
  }
}

function arrayOf(response: HttpResponse, what: string): readonly unknown[] {
  const answer = jsonOf(response, what)
  if (!Array.isArray(answer)) throw new PceError('ILLUMIO_ANSWER', `The answer of the PCE to ${what} is no list.`)
  return answer
}

function objectOf(response: HttpResponse, what: string): Readonly<Record<string, unknown>> {
  const answer = jsonOf(response, what)
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new PceError('ILLUMIO_ANSWER', `The answer of the PCE to ${what} is no object.`)
  }
  return answer as Record<string, unknown>
}

/**
 * Reads what a dialog stored.
 * @throws OperatorError ILLUMIO_CONFIG
 */
export function pceAccount(
  config: { readonly [setting: string]: unknown },
  credentials: { readonly key?: string | undefined; readonly secret?: string | undefined },
): PceAccount {
  const problem = (message: string) =>
    new OperatorError('ILLUMIO_CONFIG', message, { remedy: 'Open the account node and correct it.' })
  const address = String(config['address'] ?? '').trim()
  const written = /^https?:\/\//.test(address) ? address : `https://${address}`
  if (address === '' || !URL.canParse(written)) throw problem('The address of the PCE is missing or is none.')
  const url = new URL(written)
  const local = /^(localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !local)
    throw problem('The PCE is asked over https only, as the key goes with each request.')
  const org = Number(String(config['org'] ?? '').trim() || '1')
  if (!Number.isInteger(org) || org < 1) throw problem('The organisation is a whole number from 1.')
  const key = credentials.key?.trim() ?? ''
  const secret = credentials.secret ?? ''
  if (key === '' || secret === '') throw problem('The API key or its secret is missing.')
  return { origin: url.origin, org, key, secret }
}
