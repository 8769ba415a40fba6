import { describeError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'
import type { HttpClient, HttpRequest, HttpResponse } from '../http/client'
import { HttpError } from '../http/http-error'
import { retryAfterMs } from '../http/retry'
import { NotifyError, type NotifyFailure } from './channel'

const TIMEOUT_MS = 15_000
const ANSWER_BYTES = 1024 * 1024

/**
 * One request of a channel. Whatever the transport says becomes a NotifyError; answers of any status are the channel's to judge.
 * @param secrets taken out of every text
 * @throws NotifyError `transient` (nothing was carried out), `unknown` (nobody knows), `config`
 */
export async function ask(
  http: HttpClient,
  request: HttpRequest,
  service: string,
  secrets: readonly (string | undefined)[] = [],
): Promise<HttpResponse> {
  try {
    return await http.request({ timeoutMs: TIMEOUT_MS, maxBytes: ANSWER_BYTES, ...request })
  } catch (thrown) {
    throw transportFailure(thrown, service, secrets)
  }
}

function transportFailure(thrown: unknown, service: string, secrets: readonly (string | undefined)[]): NotifyError {
  // The address of a web hook is a secret, and an HttpError names it: only what went wrong is said. Nor is it the cause of
  // what is thrown, as Catch nodes hand causes on in msg.error.
  const text = quote(
    redact(describeError(thrown), secrets).replace(/\b(?:GET|POST|PUT|PATCH|DELETE|HEAD) https?:\/\/\S+ ?/g, ''),
    300,
  )
  const said = `${service}: ${text}`
  if (!(thrown instanceof HttpError)) return new NotifyError('config', said)
  switch (thrown.code) {
    case 'HTTP_REQUEST':
      return new NotifyError('config', said)
    case 'HTTP_CONNECT':
    case 'HTTP_TLS':
      return new NotifyError('transient', said)
    case 'HTTP_BODY_TOO_LARGE':
      return new NotifyError('unknown', said)
    case 'HTTP_INTERRUPTED':
    case 'HTTP_TIMEOUT':
    case 'HTTP_ABORTED':
      return new NotifyError(thrown.sent ? 'unknown' : 'transient', said)
  }
}

const KINDS: Readonly<Record<number, NotifyFailure>> = {
  400: 'invalid',
  401: 'auth',
  403: 'auth',
  404: 'not_found',
  405: 'config',
  408: 'transient',
  410: 'not_found',
  413: 'too_large',
  414: 'too_large',
  422: 'invalid',
  425: 'transient',
  429: 'rate_limited',
  // The service behind the gateway may have done it.
  504: 'unknown',
}

/** What a status means where the service says nothing better. Redirects are not followed: a secret would travel with them. */
export function kindOfStatus(status: number): NotifyFailure {
  const known = KINDS[status]
  if (known !== undefined) return known
  if (status >= 500) return 'transient'
  return status >= 300 && status < 400 ? 'config' : 'invalid'
}

/**
 * The error for an answer that is none of success.
 * @param detail what the service says of it, from its body; text from outside
 */
export function refused(
  service: string,
  response: HttpResponse,
  now: number,
  options: {
    readonly kind?: NotifyFailure
    readonly detail?: string | undefined
    readonly remedy?: string
    readonly secrets?: readonly (string | undefined)[]
  } = {},
): NotifyError {
  const kind = options.kind ?? kindOfStatus(response.status)
  const waitMs = retryAfterMs(response.headers, now)
  const detail = options.detail === undefined ? '' : `: ${quote(redact(options.detail, options.secrets), 300)}`
  return new NotifyError(kind, `${service} answered ${response.status}${detail}.`, {
    ...(options.remedy === undefined ? {} : { remedy: options.remedy }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  })
}

/** A JSON object from an answer; undefined if it is none. */
export function jsonOf(response: HttpResponse): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(response.text)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
