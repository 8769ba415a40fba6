import type { HttpClient, HttpRequest, HttpResponse } from '../../http/client'
import { ask, refused } from '../answers'
import { NotifyError, type NotifyFailure } from '../channel'
import type { GitHubSettings } from './settings'

export type GitHubObject = Readonly<Record<string, unknown>>

/** GitHub asks for a minute where it says nothing better. */
const SECONDARY_LIMIT_S = 60

/** GitHub's REST API of one repository. Rejects with a NotifyError. */
export class GitHubClient {
  readonly #settings: GitHubSettings
  readonly #http: HttpClient
  readonly #now: () => number

  constructor(settings: GitHubSettings, http: HttpClient, now: () => number) {
    this.#settings = settings
    this.#http = http
    this.#now = now
  }

  /** Undefined where it is gone, or has moved to another repository. */
  async find(path: string, signal?: AbortSignal): Promise<GitHubObject | undefined> {
    const response = await this.#ask('GET', path, undefined, signal)
    if ([301, 404, 410].includes(response.status)) return undefined
    return objectOf(this.#judged(response, false))
  }

  async get(path: string, signal?: AbortSignal): Promise<GitHubObject> {
    return objectOf(this.#judged(await this.#ask('GET', path, undefined, signal), false))
  }

  async list(path: string, signal?: AbortSignal): Promise<readonly GitHubObject[]> {
    const answer = this.#judged(await this.#ask('GET', path, undefined, signal), false)
    // Taken for an empty list, it would open a second issue.
    if (!Array.isArray(answer)) throw strange('config', 'with something that is no list')
    return answer.map(objectOf)
  }

  async write(method: 'POST' | 'PATCH', path: string, body: object, signal?: AbortSignal): Promise<GitHubObject> {
    return objectOf(this.#judged(await this.#ask(method, path, body, signal), true))
  }

  #ask(method: HttpRequest['method'], path: string, body: object | undefined, signal: AbortSignal | undefined) {
    const { api, repository, token } = this.#settings
    return ask(
      this.#http,
      {
        method,
        url: `${api}/repos/${repository}${path}`,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
          // Without one GitHub refuses.
          'user-agent': 'node-red-contrib-openstack-events',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      },
      'GitHub',
      [token],
    )
  }

  #judged(response: HttpResponse, writes: boolean): unknown {
    const answer = parsed(response.text)
    if (response.status === 200 || response.status === 201) {
      if (answer !== undefined) return answer
      throw strange(writes ? 'unknown' : 'config', 'with something that is not JSON')
    }
    throw this.#refused(response, objectOf(answer), writes)
  }

  #refused(response: HttpResponse, answer: GitHubObject, writes: boolean): NotifyError {
    const message = typeof answer['message'] === 'string' ? answer['message'] : ''
    const errors = Array.isArray(answer['errors']) ? answer['errors'].map(errorText) : []
    const detail = [message, ...errors].filter((text) => text !== '').join('; ')
    const limited = isLimit(response, message)
    const kind = limited ? 'rate_limited' : kindOf(response.status, writes)
    const remedy = REMEDIES[response.status]
    return refused('GitHub', limited ? withWait(response, this.#now()) : response, this.#now(), {
      ...(kind === undefined ? {} : { kind }),
      ...(detail === '' ? {} : { detail }),
      ...(limited || remedy === undefined ? {} : { remedy }),
      secrets: [this.#settings.token],
    })
  }
}

export function strange(kind: 'config' | 'unknown', how: string): NotifyError {
  return new NotifyError(kind, `GitHub answered ${how}.`, { remedy: 'Check the address of the API.' })
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: 'Enter a token that is still valid.',
  403: 'Give the token the right to write issues of the repository.',
  404: 'Check owner and name; a token without rights on the repository gets this answer, too.',
  410: 'Issues are switched off in the repository.',
}

/** 403 says "forbidden" and "too many" alike. */
function isLimit({ status, headers }: HttpResponse, message: string): boolean {
  if (status === 429) return true
  if (status !== 403) return false
  return headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0' || /rate limit/i.test(message)
}

function withWait(response: HttpResponse, now: number): HttpResponse {
  const { headers } = response
  if (headers['retry-after'] !== undefined) return response
  const reset = Number(headers['x-ratelimit-reset'])
  const primary = headers['x-ratelimit-remaining'] === '0' && reset > 0
  const seconds = primary ? Math.max(1, Math.ceil(reset - now / 1000)) : SECONDARY_LIMIT_S
  return { ...response, headers: { ...headers, 'retry-after': String(seconds) } }
}

function kindOf(status: number, writes: boolean): NotifyFailure | undefined {
  if (status === 410) return 'config'
  return writes && status >= 500 && status !== 503 ? 'unknown' : undefined
}

/** `{resource, field, code, message}`, or a text. */
function errorText(error: unknown): string {
  if (typeof error === 'string') return error
  const { field, code, message } = objectOf(error)
  return [field, code, message].filter((text) => typeof text === 'string').join(' ')
}

function parsed(text: string): unknown {
  try {
    const answer: unknown = JSON.parse(text)
    return typeof answer === 'object' && answer !== null ? answer : undefined
  } catch {
    return undefined
  }
}

export function objectOf(value: unknown): GitHubObject {
  return typeof value === 'object' && value !== null ? (value as GitHubObject) : {}
}
