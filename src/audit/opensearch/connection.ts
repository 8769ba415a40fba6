import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { HttpClient, HttpResponse } from '../../http/client'
import { HttpError } from '../../http/http-error'
import { backoffMs, type Clock, retryAfterMs } from '../../http/retry'
import { errorCause, failureOf, meaningOf, members, parsed } from './failure'
import type { OpenSearchCredentials } from './options'

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  /** Below the cluster's URL, already escaped, e.g. `/audit/_search?x=y`. */
  readonly path: string
  readonly json?: unknown
  /** Newline-delimited JSON, instead of `json`. */
  readonly lines?: string
  /** Answers with these statuses are answers too. */
  readonly allow?: readonly number[]
  /** How long it is tried again while the cluster is busy or away, ms. */
  readonly patienceMs: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export interface Answered {
  readonly status: number
  readonly body: unknown
}

export interface ConnectionOptions {
  readonly http: HttpClient
  readonly urls: readonly string[]
  readonly credentials?: OpenSearchCredentials | undefined
  readonly clock: Clock
}

const LARGEST_ANSWER = 256 * 1024 * 1024
const BACKOFF = { firstMs: 100, capMs: 5_000 }
const LONGEST_WAIT_MS = 60_000

/** One cluster: requests with credentials, tried again where waiting helps, answers told from errors. */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #headers: Readonly<Record<string, string>>
  readonly #secrets: readonly string[]
  readonly #ended = new AbortController()
  #node = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#headers = authorization(options.credentials)
    const { password, apiKey } = options.credentials ?? {}
    this.#secrets = [password, apiKey].filter((secret) => secret !== undefined)
  }

  /** Rejects with an OperatorError of the codes that `AuditStore` names. */
  async ask(asked: Asked): Promise<Answered> {
    const { clock } = this.#options
    const until = clock.now() + asked.patienceMs
    for (let failures = 1; ; failures += 1) {
      const result = await this.#try(asked)
      if ('status' in result) return result
      const { error, waitMs } = result
      const wait = Math.max(waitMs ?? 0, backoffMs(failures, BACKOFF, clock.random))
      if (!error.retryable || wait > LONGEST_WAIT_MS || clock.now() + wait > until) throw error
      await this.pause(wait, asked.signal)
    }
  }

  /** Waits before something is tried again. */
  async pause(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, this.#orEnd(signal))
    } catch (thrown) {
      throw this.#ended.signal.aborted ? givenUp() : thrown
    }
  }

  /** Gives up whatever is asked or waited for. */
  end(): void {
    this.#ended.abort()
  }

  #orEnd(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#ended.signal : AbortSignal.any([signal, this.#ended.signal])
  }

  async #try(asked: Asked): Promise<Answered | { error: OperatorError; waitMs?: number | undefined }> {
    const base = this.#options.urls[this.#node] ?? ''
    let response: HttpResponse
    try {
      response = await this.#options.http.request({
        method: asked.method,
        url: `${base}${asked.path}`,
        headers: { accept: 'application/json', ...contentType(asked), ...this.#headers },
        timeoutMs: asked.timeoutMs,
        maxBytes: LARGEST_ANSWER,
        ...(asked.lines !== undefined ? { body: asked.lines } : {}),
        ...(asked.json !== undefined ? { body: JSON.stringify(asked.json) } : {}),
        signal: this.#orEnd(asked.signal),
      })
    } catch (thrown) {
      if (this.#ended.signal.aborted) return { error: givenUp() }
      this.#node = (this.#node + 1) % this.#options.urls.length
      return { error: unreachable(thrown) }
    }
    const body = parsed(response)
    const { status } = response
    if (status < 300 || asked.allow?.includes(status)) {
      if (body !== undefined || asked.method === 'HEAD') return { status, body }
      return { error: notOpenSearch(base) }
    }
    const cause = errorCause(members(body)['error'])
    const error = failureOf(
      `${asked.method} ${quote(`${base}${asked.path.split('?')[0]}`, 200)}`,
      status,
      cause,
      this.#secrets,
    )
    if (meaningOf(status, cause) === 'away') this.#node = (this.#node + 1) % this.#options.urls.length
    return { error, waitMs: retryAfterMs(response.headers, this.#options.clock.now()) }
  }
}

function givenUp(): OperatorError {
  return new OperatorError('AUDIT_STORE_CLOSED', 'The audit store was closed before the cluster answered.')
}

function contentType({ json, lines }: Asked): Record<string, string> {
  if (lines !== undefined) return { 'content-type': 'application/x-ndjson' }
  return json === undefined ? {} : { 'content-type': 'application/json' }
}

function authorization({
  username = '',
  password = '',
  apiKey = '',
}: OpenSearchCredentials = {}): Record<string, string> {
  if (apiKey !== '') return { authorization: `ApiKey ${apiKey}` }
  if (username === '') return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

function unreachable(thrown: unknown): OperatorError {
  if (!(thrown instanceof HttpError))
    return new OperatorError('AUDIT_STORE_AWAY', 'The request failed.', { cause: thrown })
  const { message, retryable, code } = thrown
  const willHeal = retryable && code !== 'HTTP_TLS'
  return new OperatorError(willHeal ? 'AUDIT_STORE_AWAY' : 'AUDIT_STORE_REFUSED', message, {
    retryable: willHeal && code !== 'HTTP_ABORTED',
    cause: thrown,
  })
}

function notOpenSearch(base: string): OperatorError {
  return new OperatorError('AUDIT_STORE_REFUSED', `${quote(base)} answers something that is no JSON.`, {
    remedy:
      'Check that the address is that of OpenSearch or Elasticsearch, and not of a dashboard or proxy in front of it.',
  })
}
