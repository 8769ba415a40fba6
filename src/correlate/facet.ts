import type { CadfEvent } from '../cadf/event'
import { correlationId, idKey, isKnown } from '../cadf/identity'
import { notificationOf } from '../message/members'
import type { BatchMember } from '../message/model'
import type { Role } from './model'

/** What of a message counts for joining. */
export interface Facet {
  readonly role: Role
  /** Messages that share one of these belong to one operation. */
  readonly keys: readonly string[]
  /** Those that a request of the audit middleware shares with its response only. */
  readonly callKeys: readonly string[]
  /** Whether the service's own notifications can be told to belong to it. */
  readonly hasRequestId: boolean
  /** `security_group_rule.create` of its `.start` and its `.end`. */
  readonly stem: string
  readonly reads: boolean
  readonly failed: boolean
  readonly knowsAddress: boolean
}

const PHASE = /\.(start|progress|end|success|error|failed|failure)$/
const LONGEST_ID = 200

/** Undefined for a message that names nothing by which it could be joined. */
export function facetOf(message: BatchMember): Facet | undefined {
  const { event, topic } = message
  const role = roleOf(message)
  const audited = role === 'request' || role === 'response'
  const requestId = audited ? event.initiator?.request_id : requestIdOf(message)
  // Requests of two clouds have nothing to do with each other.
  const cloud = notificationOf(message)?.source?.cloud ?? ''
  const callKeys = audited ? [...named(cloud, 'event', event.id), ...named(cloud, 'tag', correlationId(event))] : []
  const requestKeys = named(cloud, 'request', requestId)
  const keys = [...callKeys, ...requestKeys]
  if (keys.length === 0) return undefined
  return {
    role,
    keys,
    callKeys,
    hasRequestId: requestKeys.length > 0,
    stem: topic.replace(PHASE, ''),
    reads: /^(read|list)(\/|$)/.test(event.action),
    failed: event.outcome === 'failure',
    knowsAddress: addressOf(event) !== undefined,
  }
}

export function roleOf({ topic, event }: BatchMember): Role {
  if (topic === 'audit.http.request') return 'request'
  if (topic === 'audit.http.response') return 'response'
  return event.outcome === 'pending' ? 'start' : 'notification'
}

/** Reading changes nothing, and what was refused does not happen. Without the request's id nobody could tell. */
export function expectsNotification(response: Facet | undefined): boolean {
  return response?.hasRequestId === true && !response.reads && !response.failed
}

/** Where the client was, by what the source says. */
export function addressOf(event: CadfEvent): string | undefined {
  const address: unknown = event.initiator?.host?.address
  return isKnown(address) ? address : undefined
}

/**
 * The request's own id and no other: the global request id is chosen by the client, who could give a call of his own that of
 * somebody else. The audit middleware's own context is made up, so only what its event says counts (see above).
 */
function requestIdOf(message: BatchMember): unknown {
  return notificationOf(message)?.context?.requestId ?? message.event.initiator?.request_id
}

/** At most one; what is too long to be an id would only fill the memory. */
function named(cloud: string, kind: string, id: unknown): string[] {
  return isKnown(id) && id.length <= LONGEST_ID ? [`${cloud} ${kind}:${idKey(id)}`] : []
}
