import { describeError, OperatorError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'
import type { HttpRequest } from './client'

export type HttpErrorCode =
  | 'HTTP_CONNECT'
  | 'HTTP_INTERRUPTED'
  | 'HTTP_TIMEOUT'
  | 'HTTP_TLS'
  | 'HTTP_BODY_TOO_LARGE'
  | 'HTTP_ABORTED'
  | 'HTTP_REQUEST'

/** An exchange without an answer that can be used. */
export class HttpError extends OperatorError {
  override readonly name = 'HttpError'
  declare readonly code: HttpErrorCode
  /** Whether the request may have reached the server. When false, repeating it can never do a thing twice. */
  readonly sent: boolean

  constructor(
    code: HttpErrorCode,
    message: string,
    options: { sent: boolean; remedy?: string; retryable?: boolean; cause?: unknown },
  ) {
    super(code, message, options)
    this.sent = options.sent
  }
}

/** `GET https://host:1/path`: what an error may say of a request. Queries and credentials in the URL stay out. */
export function describeRequest(request: Pick<HttpRequest, 'method' | 'url'>): string {
  try {
    const url = new URL(request.url)
    return quote(`${request.method} ${url.protocol}//${url.host}${url.pathname}`, 300)
  } catch {
    return `${request.method} (not a URL)`
  }
}

// Node's and OpenSSL's names for "this certificate will not do": nothing of the request has been processed then.
const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UND_ERR_PRX_TLS',
  'EPROTO',
])
/** Names what went wrong in the transport. `sent` is false until the request was given to a connected socket. */
export function transportError(
  request: Pick<HttpRequest, 'method' | 'url'>,
  cause: unknown,
  sent: boolean,
  secrets: readonly (string | undefined)[],
): HttpError {
  const code = codeOf(cause)
  const reason = quote(redact(describeReason(cause), secrets))
  const what = describeRequest(request)
  if (!sent && (CERTIFICATE_CODES.has(code) || code.startsWith('ERR_SSL_'))) {
    return new HttpError('HTTP_TLS', `${what}: TLS failed: ${reason}.`, {
      sent: false,
      retryable: true,
      remedy:
        'Choose a TLS configuration with the CA that signed the server (and the client certificate if it asks for one).',
      cause,
    })
  }
  if (code.startsWith('ERR_INVALID') || code === 'UND_ERR_INVALID_ARG') {
    if (/\b407\b/.test(reason)) return proxyRefused(what, reason, cause)
    return new HttpError('HTTP_REQUEST', `${what}: the request cannot be sent: ${reason}.`, { sent: false, cause })
  }
  if (/^Proxy response \(/.test(reason)) return proxyRefused(what, reason, cause)
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new HttpError('HTTP_TIMEOUT', `${what}: no answer in time (${reason}).`, { sent, retryable: true, cause })
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new HttpError('HTTP_ABORTED', `${what}: the client was closed.`, { sent, retryable: true, cause })
  }
  if (!sent) {
    return new HttpError('HTTP_CONNECT', `${what}: no connection: ${reason}.`, {
      sent,
      retryable: true,
      remedy: 'Check address, port, firewall and proxy.',
      cause,
    })
  }
  return new HttpError('HTTP_INTERRUPTED', `${what}: the connection broke before the answer was complete: ${reason}.`, {
    sent,
    retryable: true,
    // With TLS 1.3 a server refuses the client's certificate after the client believes that the handshake is over.
    ...(request.url.startsWith('https:')
      ? { remedy: 'If this happens every time, the server may be asking for a client certificate.' }
      : {}),
    cause,
  })
}

function proxyRefused(what: string, reason: string, cause: unknown): HttpError {
  return new HttpError('HTTP_CONNECT', `${what}: the proxy refused: ${reason}.`, {
    sent: false,
    retryable: true,
    remedy: 'Check the proxy node: its address, user and password, and what it allows.',
    cause,
  })
}

function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

/** Trying several addresses of one name ends in an AggregateError whose own message is empty. */
function describeReason(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) {
    return cause.errors.map((error) => describeError(error)).join('; ')
  }
  const code = codeOf(cause)
  const text = describeError(cause)
  return code === '' || text.includes(code) ? text : `${text} (${code})`
}
