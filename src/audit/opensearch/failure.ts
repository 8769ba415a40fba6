import { OperatorError } from '../../errors/operator-error'
import { quote, redact } from '../../errors/redact'
import type { HttpResponse } from '../../http/client'

/** The part of an error answer that tells what went wrong, e.g. `{"error":{"type":"…","reason":"…"},"status":400}`. */
export interface ErrorCause {
  readonly type: string
  readonly reason: string
}

/** Of an error's JSON, also of one item of a bulk. The innermost cause says most. */
export function errorCause(error: unknown): ErrorCause {
  if (typeof error === 'string') return { type: '', reason: error }
  const { type, reason, caused_by, root_cause, failed_shards } = members(error)
  const shard = Array.isArray(failed_shards) ? members(failed_shards[0])['reason'] : undefined
  const inner = shard ?? (Array.isArray(root_cause) ? root_cause[0] : undefined) ?? caused_by
  const own = { type: typeof type === 'string' ? type : '', reason: typeof reason === 'string' ? reason : '' }
  if (inner === undefined || inner === error) return own
  const below = errorCause(inner)
  return { type: below.type || own.type, reason: below.reason || own.reason }
}

/** Errors of a busy or unwell cluster; waiting helps. */
const PASSING = new Set([
  'es_rejected_execution_exception',
  'rejected_execution_exception',
  'circuit_breaking_exception',
  'unavailable_shards_exception',
  'no_shard_available_action_exception',
  'process_cluster_event_timeout_exception',
  'master_not_discovered_exception',
  'cluster_manager_not_discovered_exception',
  'node_not_connected_exception',
  'node_disconnected_exception',
  'node_closed_exception',
  'timeout_exception',
  'primary_missing_action_exception',
  'index_closed_exception',
])

/** What an error of a request, or of one item of a bulk, means for whoever waits. */
export type Meaning = 'busy' | 'away' | 'full' | 'exists' | 'blocked' | 'refused' | 'unknown'

export function meaningOf(status: number, { type, reason }: ErrorCause): Meaning {
  if (status === 409 || type === 'version_conflict_engine_exception') return 'exists'
  // 403 in older versions, 429 in newer: the disk is beyond the flood-stage watermark.
  if (type === 'cluster_block_exception') {
    if (/FORBIDDEN\/12|TOO_MANY_REQUESTS\/12|flood-stage/.test(reason)) return 'full'
    if (status >= 500) return 'away'
    return /FORBIDDEN\/8/.test(reason) ? 'busy' : 'blocked'
  }
  if (status === 429) return 'busy'
  if (status === 502 || status === 503 || status === 504) return 'away'
  if (PASSING.has(type)) return 'away'
  if (status === 401 || status === 403) return 'blocked'
  return status >= 500 ? 'unknown' : 'refused'
}

/** The error that a person sees. `what` is the request without its query. */
export function failureOf(what: string, status: number, cause: ErrorCause, secrets: readonly string[]): OperatorError {
  const told = quote(redact([cause.type, cause.reason].filter((text) => text !== '').join(': '), secrets), 300)
  const text = `${what} answered ${status}${told === '' ? '' : `: ${told}`}.`
  switch (meaningOf(status, cause)) {
    case 'busy':
      return new OperatorError('AUDIT_STORE_BUSY', text, { retryable: true })
    case 'away':
    case 'unknown':
      return new OperatorError('AUDIT_STORE_AWAY', text, {
        retryable: true,
        remedy: 'See to the health of the cluster: GET _cluster/health and _cat/shards tell.',
      })
    case 'full':
      return new OperatorError('AUDIT_STORE_FULL', text, {
        retryable: true,
        remedy:
          'Give the cluster disk space, or shorten the retention; it lifts the block by itself when there is space.',
      })
    case 'blocked':
      return new OperatorError('AUDIT_STORE_REFUSED', text, {
        remedy: 'Check user, password or API key, and what they may do with these indices (docs/audit-opensearch.md).',
      })
    default:
      return new OperatorError('AUDIT_STORE_REFUSED', text)
  }
}

export function parsed(response: HttpResponse): unknown {
  try {
    return JSON.parse(response.text)
  } catch {
    return undefined
  }
}

export function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
