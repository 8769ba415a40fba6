import { describeError, OperatorError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'
import type { HttpResponse } from '../http/client'
import { HttpError } from '../http/http-error'
import { retryAfterMs } from '../http/retry'

/**
 * Why the PCE gave no answer that can be used: `ILLUMIO_AUTH` and `ILLUMIO_NOT_FOUND` are a person's to mend; `ILLUMIO_QUERY` is
 * a request that it will never take; `ILLUMIO_RATE_LIMITED`, `ILLUMIO_AWAY` and `ILLUMIO_ANSWER` pass.
 */
export class PceError extends OperatorError {
  override readonly name = 'PceError'
  /** ms that the PCE asks to wait. */
  readonly waitMs: number | undefined

  constructor(
    code: string,
    message: string,
    options: { remedy?: string; retryable?: boolean; waitMs?: number; cause?: unknown } = {},
  ) {
    super(code, message, { retryable: true, ...options })
    this.waitMs = options.waitMs
  }

  get needsPerson(): boolean {
    return this.code === 'ILLUMIO_AUTH' || this.code === 'ILLUMIO_NOT_FOUND' || this.code === 'ILLUMIO_CONFIG'
  }
}

/** The vendor's limit is 500 requests a minute, and no answer is promised to say how long to wait. */
const RATE_WAIT_MS = 60_000

/** @param hidden secrets that the answer may repeat */
export function refusedByPce(
  what: string,
  response: HttpResponse,
  now: number,
  hidden: readonly string[] = [],
): PceError {
  const { status } = response
  const said = `${what}: the PCE answered ${status}`
  const waitMs = retryAfterMs(response.headers, now)
  if (status === 401 || status === 403) {
    return new PceError('ILLUMIO_AUTH', `${said}.`, {
      remedy: 'Check the API key, its secret and what its owner may read.',
    })
  }
  if (status === 404) {
    return new PceError('ILLUMIO_NOT_FOUND', `${said}.`, {
      remedy: 'Check the address and the number of the organisation.',
    })
  }
  if (status === 429) {
    return new PceError('ILLUMIO_RATE_LIMITED', `${said}.`, { waitMs: waitMs ?? RATE_WAIT_MS })
  }
  if (status === 408 || status === 425 || status >= 500) {
    return new PceError('ILLUMIO_AWAY', `${said}.`, waitMs === undefined ? {} : { waitMs })
  }
  const body = quote(redact(response.text.slice(0, 10_000), hidden), 200)
  return new PceError('ILLUMIO_QUERY', `${said}${body === '' ? '' : `: ${body}`}.`, { retryable: false })
}

/** Whatever a poll threw, as an error that tells what to do. */
export function asPceError(thrown: unknown): PceError {
  return thrown instanceof PceError ? thrown : new PceError('ILLUMIO_ANSWER', describeError(thrown), { cause: thrown })
}

export function pceAway(what: string, thrown: unknown): PceError {
  if (thrown instanceof PceError) return thrown
  const settings = thrown instanceof HttpError ? thrown.code === 'HTTP_REQUEST' : thrown instanceof OperatorError
  return new PceError(settings ? 'ILLUMIO_CONFIG' : 'ILLUMIO_AWAY', `${what}: ${describeError(thrown)}`, {
    cause: thrown,
  })
}
