import type { HttpClient, HttpRequest, HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import { NotifyError, type NotifyFailure } from '../channel'
import { ServiceNowAuthorization } from './login'
import type { ServiceNowSettings } from './settings'

export type Row = Readonly<Record<string, unknown>>

/** The Table API of one table. Rejects with a NotifyError. */
export class ServiceNowClient {
  readonly #http: HttpClient
  readonly #now: () => number
  readonly #table: string
  readonly #authorization: ServiceNowAuthorization

  constructor(settings: ServiceNowSettings, http: HttpClient, now: () => number) {
    this.#http = http
    this.#now = now
    this.#table = `${settings.instance}/api/now/table/${settings.table}`
    this.#authorization = new ServiceNowAuthorization(settings, http, now)
  }

  async query(parameters: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<readonly Row[]> {
    const { result } = await this.#call('GET', `?${new URLSearchParams(parameters)}`, undefined, signal)
    return Array.isArray(result) ? result.map(rowOf) : []
  }

  /** Undefined where there is no such record. */
  async get(id: string, parameters: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Row | undefined> {
    try {
      const path = `/${encodeURIComponent(id)}?${new URLSearchParams(parameters)}`
      return rowOf((await this.#call('GET', path, undefined, signal))['result'])
    } catch (thrown) {
      if (thrown instanceof NoRecord) return undefined
      throw thrown
    }
  }

  async insert(row: Row, parameters: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Row> {
    return rowOf((await this.#call('POST', `?${new URLSearchParams(parameters)}`, row, signal))['result'])
  }

  async update(id: string, row: Row, parameters: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Row> {
    const path = `/${encodeURIComponent(id)}?${new URLSearchParams(parameters)}`
    return rowOf((await this.#call('PATCH', path, row, signal))['result'])
  }

  async #call(
    method: HttpRequest['method'],
    path: string,
    body: Row | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Row> {
    const first = await this.#ask(method, path, body, signal)
    // A token may end before its time: another is asked for, once.
    const again = first.status === 401 && this.#authorization.refused()
    const response = again ? await this.#ask(method, path, body, signal) : first
    return this.#judged(response, body !== undefined, this.#authorization.secrets)
  }

  async #ask(method: HttpRequest['method'], path: string, body: Row | undefined, signal: AbortSignal | undefined) {
    const authorization = await this.#authorization.header(signal)
    return ask(
      this.#http,
      {
        method,
        url: `${this.#table}${path}`,
        headers: {
          authorization,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      },
      'ServiceNow',
      this.#authorization.secrets,
    )
  }

  #judged(response: HttpResponse, writes: boolean, secrets: readonly (string | undefined)[]): Row {
    const answer = jsonOf(response)
    if (response.status === 200 || response.status === 201) {
      if (answer?.['result'] !== undefined) return answer
      // An instance that sleeps answers everything with a page.
      throw new NotifyError(writes ? 'unknown' : 'transient', 'ServiceNow answered with something that is not JSON.', {
        remedy: 'The instance may hibernate, or a log-in page may be in between.',
      })
    }
    const { message, detail } = rowOf(answer?.['error'])
    const said = [message, detail].filter((text) => typeof text === 'string').join(': ')
    const kind = kindOf(response.status, said, writes)
    const Failure = response.status === 404 && /no record/i.test(said) ? NoRecord : undefined
    const error = refused('ServiceNow', withWait(response, this.#now()), this.#now(), {
      ...(kind === undefined ? {} : { kind }),
      ...(said === '' ? {} : { detail: said }),
      ...remedyOf(response.status, kind),
      secrets,
    })
    throw Failure === undefined ? error : new Failure(error.kind, error.message)
  }
}

class NoRecord extends NotifyError {}

function kindOf(status: number, said: string, writes: boolean): NotifyFailure | undefined {
  // Rules of a person's making, or a table that is not there: every report meets them.
  if (status === 403 && /data policy/i.test(said)) return 'config'
  if (status === 400 && /invalid table/i.test(said)) return 'config'
  if (writes && status >= 500 && status !== 503) return 'unknown'
  return undefined
}

function remedyOf(status: number, kind: NotifyFailure | undefined): { remedy?: string } {
  if (kind === 'config') return { remedy: 'Set the fields that the table demands, or another table.' }
  if (status === 401) return { remedy: 'Check user and password, or the client.' }
  if (status === 403) return { remedy: 'Give the user a role that may read and write the table, e.g. itil.' }
  return {}
}

/** Where no `Retry-After` comes, the hour of the rule ends at `X-RateLimit-Reset`, seconds since 1970. */
function withWait(response: HttpResponse, now: number): HttpResponse {
  const { headers } = response
  const reset = Number(headers['x-ratelimit-reset'])
  if (response.status !== 429 || headers['retry-after'] !== undefined || !(reset > 0)) return response
  const seconds = Math.max(1, Math.ceil(reset - now / 1000))
  return { ...response, headers: { ...headers, 'retry-after': String(seconds) } }
}

export function rowOf(value: unknown): Row {
  return typeof value === 'object' && value !== null ? (value as Row) : {}
}
