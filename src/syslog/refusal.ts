import { describeError } from '../errors/operator-error'
import { quote } from '../errors/redact'

/** Why there is no connection, in words, and whether waiting can help. */
export interface Refusal {
  readonly reason: string
  readonly needsPerson: boolean
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'name server does not answer',
}

/** OpenSSL's verification results, as Node names them. */
const CERTIFICATE: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not trusted',
  CERT_SIGNATURE_FAILURE: 'its certificate has a wrong signature',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate is revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  HOSTNAME_MISMATCH: 'its certificate is for another name',
  INVALID_PURPOSE: 'its certificate is not for servers',
  INVALID_CA: 'its authority is not valid',
}

/**
 * @param error what the socket reported last; undefined if it just closed
 * @param during `handshake`: TCP was up and TLS was not
 */
export function refusalOf(error: unknown, during: 'connect' | 'handshake' | 'open'): Refusal {
  const code = codeOf(error)
  const certificate = CERTIFICATE[code]
  if (certificate !== undefined) return { reason: `TLS refused: ${certificate}`, needsPerson: true }
  if (/^(ERR_SSL_|ERR_TLS_|EPROTO)/.test(code)) return { reason: `TLS refused: ${alertOf(error)}`, needsPerson: true }
  if (during === 'handshake') {
    return { reason: `TLS refused: ${PLAIN[code] ?? 'connection closed'} during the handshake`, needsPerson: true }
  }
  if (error === undefined) return { reason: 'the server closed the connection', needsPerson: false }
  return { reason: PLAIN[code] ?? quote(describeError(error), 80), needsPerson: false }
}

/** OpenSSL's messages are long chains of places; the reason is what counts: `wrong version number`, `alert unknown ca`. */
function alertOf(error: unknown): string {
  const reason = typeof error === 'object' && error !== null ? (error as { reason?: unknown }).reason : undefined
  const text = typeof reason === 'string' && reason !== '' ? reason : describeError(error)
  if (/wrong version number|packet length too long|record layer/i.test(text)) return 'the server does not speak TLS'
  return quote(text, 60)
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}
