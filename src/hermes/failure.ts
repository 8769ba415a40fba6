import { describeError, OperatorError } from '../errors/operator-error'
import { HttpError } from '../http/http-error'
import { OpenStackError } from '../openstack/openstack-error'

/** What a caller is told instead of an answer. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly status: number
  /** Stable, for programs. */
  readonly code: string
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>>

  /** @param message one sentence for people; nothing of what other tenants have, no secret */
  constructor(
    status: number,
    code: string,
    message: string,
    options: { hint?: string | undefined; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.status = status
    this.code = code
    this.hint = options.hint
    this.headers = options.headers ?? {}
  }
}

export function badRequest(code: string, message: string, hint?: string): ApiFailure {
  return new ApiFailure(400, code, message, { hint })
}

export function forbidden(code: string, message: string): ApiFailure {
  return new ApiFailure(403, code, message)
}

export function notFound(message: string): ApiFailure {
  return new ApiFailure(404, 'NOT_FOUND', message)
}

export function unavailable(code: string, message: string, waitMs: number | undefined, cause: unknown): ApiFailure {
  const seconds = Math.max(1, Math.ceil((waitMs ?? DEFAULT_WAIT_MS) / 1000))
  return new ApiFailure(503, code, message, { headers: { 'retry-after': String(seconds) }, cause })
}

const DEFAULT_WAIT_MS = 10_000

/** The caller's doing: told in the store's or the query language's own words, which name what was asked and nothing else. */
const CALLERS: Readonly<Record<string, string | undefined>> = {
  AUDIT_TOO_DEEP: 'Page with cursor instead of offset, narrow the time, or use /v1/events/export.',
  AUDIT_TOO_WIDE: 'Narrow the time, or choose a wider interval.',
  AUDIT_BAD_CURSOR: 'Begin again with cursor=first; filters and sort must stay the same from page to page.',
  AUDIT_BAD_TIME: undefined,
  AUDIT_BAD_SORT: undefined,
  AUDIT_BAD_SEARCH: undefined,
  AUDIT_BAD_PARAMETER: undefined,
  AUDIT_BAD_SETTINGS: undefined,
}

/**
 * What a caller is told of whatever was thrown. What only the operator can mend is said without its details, which stand in the
 * log.
 */
export function asFailure(thrown: unknown): ApiFailure {
  if (thrown instanceof ApiFailure) return thrown
  if (thrown instanceof OpenStackError || thrown instanceof HttpError) {
    const waitMs = thrown instanceof OpenStackError ? thrown.retryAfterMs : undefined
    return unavailable('KEYSTONE_AWAY', 'The token cannot be checked now: Keystone does not answer.', waitMs, thrown)
  }
  if (thrown instanceof OperatorError) {
    const { code } = thrown
    if (code in CALLERS) return badRequest(code, thrown.message, CALLERS[code])
    if (code === 'AUDIT_TOO_SLOW') {
      return new ApiFailure(503, code, 'The question takes longer than is allowed.', {
        hint: 'Narrow the time or ask for less.',
        headers: { 'retry-after': '30' },
        cause: thrown,
      })
    }
    if (code.startsWith('AUDIT_')) return unavailable(code, 'The audit store is not available now.', undefined, thrown)
    return new ApiFailure(500, code, 'The request failed here.', { cause: thrown })
  }
  return new ApiFailure(500, 'UNEXPECTED', 'The request failed here.', { cause: new Error(describeError(thrown)) })
}
