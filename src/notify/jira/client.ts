import type { HttpClient, HttpRequest, HttpResponse } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import { NotifyError, type NotifyFailure } from '../channel'
import type { JiraSettings } from './settings'

/** Fields whose text comes from the event; any other that Jira refuses is for a person to mend. */
const FROM_EVENT = new Set(['summary', 'description', 'comment', 'body'])

/** Jira's REST API as far as tickets need it. Rejects with a NotifyError. */
export class JiraClient {
  readonly #settings: JiraSettings
  readonly #http: HttpClient
  readonly #now: () => number
  readonly #api: string

  constructor(settings: JiraSettings, http: HttpClient, now: () => number) {
    this.#settings = settings
    this.#http = http
    this.#now = now
    this.#api = `${settings.site}/rest/api/${settings.kind === 'cloud' ? 3 : 2}`
  }

  /** A call that changes nothing; undefined for 404 where `missing` allows it. */
  async read(path: string, signal?: AbortSignal, missing?: 'may be missing'): Promise<JiraObject | undefined> {
    const response = await this.#ask('GET', path, undefined, signal)
    if (response.status === 404 && missing !== undefined) return undefined
    return this.#judged(response, [200], false)
  }

  /** A search: POST, as JQL may be long, but it changes nothing. */
  async search(path: string, body: object, signal?: AbortSignal): Promise<JiraObject> {
    return this.#judged(await this.#ask('POST', path, body, signal), [200], false)
  }

  async write(path: string, body: object, signal?: AbortSignal): Promise<JiraObject> {
    return this.#judged(await this.#ask('POST', path, body, signal), [200, 201, 204], true)
  }

  #ask(method: HttpRequest['method'], path: string, body: object | undefined, signal: AbortSignal | undefined) {
    const { authorization, secrets } = this.#settings
    return ask(
      this.#http,
      {
        method,
        url: `${this.#api}${path}`,
        headers: {
          authorization,
          accept: 'application/json',
          // Data Center takes a write without it for a forged form.
          'x-atlassian-token': 'no-check',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      },
      'Jira',
      secrets,
    )
  }

  #judged(response: HttpResponse, fine: readonly number[], writes: boolean): JiraObject {
    const answer = jsonOf(response)
    if (fine.includes(response.status)) {
      if (answer !== undefined) return answer
      if (response.status === 204) return {}
      // A proxy's log-in page comes with 200, too.
      throw new NotifyError(writes ? 'unknown' : 'config', 'Jira answered with something that is not JSON.', {
        remedy: 'Check the address; a log-in page of a proxy may be in between.',
      })
    }
    throw this.#refused(response, answer, writes)
  }

  #refused(response: HttpResponse, answer: JiraObject | undefined, writes: boolean): NotifyError {
    const fields = errorsOf(answer)
    const messages = Array.isArray(answer?.['errorMessages']) ? answer['errorMessages'].map(String) : []
    const detail = [...messages, ...fields.map(([field, text]) => `${field}: ${text}`)].join('; ')
    const kind = kindOf(response, fields, writes)
    const remedy = remedyOf(response.status, kind)
    return refused('Jira', response, this.#now(), {
      ...(kind === undefined ? {} : { kind }),
      ...(detail === '' ? {} : { detail }),
      ...(remedy === undefined ? {} : { remedy }),
      secrets: this.#settings.secrets,
    })
  }
}

export type JiraObject = Readonly<Record<string, unknown>>

function errorsOf(answer: JiraObject | undefined): [field: string, text: string][] {
  const errors = answer?.['errors']
  if (typeof errors !== 'object' || errors === null) return []
  return Object.entries(errors).map(([field, text]) => [field, String(text)])
}

function kindOf(
  { status, headers }: HttpResponse,
  fields: readonly [string, string][],
  writes: boolean,
): NotifyFailure | undefined {
  if (status === 400 && fields.some(([field]) => !FROM_EVENT.has(field))) return 'config'
  if (status === 401 && headers['x-seraph-loginreason']?.includes('AUTHENTICATION_DENIED')) return 'auth'
  // Who answers in Jira's place does not know what Jira has done.
  if (writes && status >= 500 && status !== 503) return 'unknown'
  return undefined
}

function remedyOf(status: number, kind: NotifyFailure | undefined): string | undefined {
  if (kind === 'config')
    return 'Correct project, issue type, priority or the further fields (required ones are set there).'
  if (status === 401) return 'Enter the user and a token that is still valid.'
  if (status === 403) return 'Give the user the right to browse, create, comment and transition issues of the project.'
  return undefined
}
