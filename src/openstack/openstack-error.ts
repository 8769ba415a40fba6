import { OperatorError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'
import type { HttpResponse } from '../http/client'

export type OpenStackErrorCode =
  | 'KEYSTONE_CONFIGURATION'
  | 'KEYSTONE_DISCOVERY'
  | 'KEYSTONE_LOGIN_REFUSED'
  | 'KEYSTONE_UNAVAILABLE'
  | 'KEYSTONE_ANSWER'
  | 'KEYSTONE_CATALOG'
  | 'OPENSTACK_UNAUTHORIZED'
  | 'OPENSTACK_FORBIDDEN'
  | 'OPENSTACK_NOT_FOUND'
  | 'OPENSTACK_REFUSED'
  | 'OPENSTACK_UNAVAILABLE'
  | 'OPENSTACK_ANSWER'
  | 'NEUTRON_PAGING'
  | 'OPENSTACK_PAGING'

/** What a service answered, or failed to answer, when it was asked for something. */
export class OpenStackError extends OperatorError {
  override readonly name = 'OpenStackError'
  declare readonly code: OpenStackErrorCode
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** What `Retry-After` asked for, ms, where it did. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: OpenStackErrorCode,
    message: string,
    options: {
      status?: number
      remedy?: string
      retryable?: boolean
      retryAfterMs?: number | undefined
      cause?: unknown
    } = {},
  ) {
    super(code, message, options)
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}

/**
 * The error's own words in an answer's body, on one line. Neutron sends `{"NeutronError": {"message"}}` (some errors as a
 * bare string), Keystone and the token middleware `{"error": {"message"}}`, Nova and Cinder name the kind of failure
 * (`{"itemNotFound": {"message"}}`), Octavia sends `{"faultstring"}`, Barbican and Heat a title with more beside it; a proxy in
 * between sends HTML.
 */
export function errorText(response: HttpResponse, secrets: readonly string[] = []): string {
  const body = parsedJson(response.text)
  const text = isRecord(body) ? ownWords(body) : undefined
  if (typeof text === 'string' && text !== '') return quote(redact(text, secrets))
  const plain = response.text.replace(/<[^<>]{0,1000}>/g, ' ')
  return quote(redact(plain, secrets), 120) || 'no explanation'
}

function ownWords(body: Record<string, unknown>): unknown {
  const known = body['NeutronError'] ?? body['error'] ?? body['message'] ?? body['faultstring']
  if (typeof known === 'string') return known
  if (isRecord(known)) return known['message']
  const named = Object.values(body).find((value) => isRecord(value) && typeof value['message'] === 'string')
  return isRecord(named) ? named['message'] : (body['description'] ?? body['explanation'] ?? body['title'])
}

/** Services answer these when they are overloaded or being restarted: asking again soon is right. */
export function isTemporary(status: number): boolean {
  return status === 429 || status >= 500
}

/** The error for an answer other than success, whose request `what` names, e.g. `Neutron: GET /v2.0/ports`. */
export function refusal(
  what: string,
  response: HttpResponse,
  secrets: readonly string[],
  retryAfterMs?: number,
): OpenStackError {
  const { status } = response
  const said = `${what} answered ${status}: ${errorText(response, secrets)}.`
  if (status === 401) {
    return new OpenStackError('OPENSTACK_UNAUTHORIZED', said, {
      status,
      retryable: true,
      remedy:
        'A fresh token was refused too: check that the service trusts this Keystone and that the account is enabled.',
    })
  }
  if (status === 403) {
    return new OpenStackError('OPENSTACK_FORBIDDEN', said, {
      status,
      remedy: 'The account lacks the role, or the access rules of its application credential do not list this request.',
    })
  }
  if (status === 404) return new OpenStackError('OPENSTACK_NOT_FOUND', said, { status })
  if (isTemporary(status)) {
    return new OpenStackError('OPENSTACK_UNAVAILABLE', said, { status, retryable: true, retryAfterMs })
  }
  return new OpenStackError('OPENSTACK_REFUSED', said, { status })
}

/** The JSON object of a successful answer. HTML with status 200 comes from login pages and load balancers. */
export function jsonObject(what: string, response: HttpResponse): Record<string, unknown> {
  const body = parsedJson(response.text)
  if (isRecord(body)) return body
  throw new OpenStackError('OPENSTACK_ANSWER', `${what} did not answer a JSON object but: ${errorText(response)}.`, {
    status: response.status,
    retryable: true,
    remedy: 'Check the address: a proxy, load balancer or login page may be answering instead.',
  })
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
