import type { CadfEvent } from '../cadf/event'
import { identifierKey } from '../cadf/identifier'
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
const CORRELATION = /^correlation_id\?value=(.+)$/

/** Undefined for a message that names nothing by which it could be joined. */
export function facetOf(message: BatchMember): Facet | undefined {
  const { event, topic } = message
  const role = roleOf(message)
  const audited = role === 'request' || role === 'response'
  const requestId = identifierKey(audited ? event.initiator?.request_id : requestIdOf(message))
  // Requests of two clouds have nothing to do with each other.
  const cloud = notificationOf(message)?.source?.cloud ?? ''
  const callKeys = audited ? [...named(cloud, 'event', [event.id]), ...named(cloud, 'tag', correlationIds(event))] : []
  const keys = [...callKeys, ...named(cloud, 'request', [requestId])]
  if (keys.length === 0) return undefined
  return {
    role,
    keys,
    callKeys,
    hasRequestId: requestId !== undefined,
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
  return identifierKey(address) === undefined ? undefined : String(address)
}

/**
 * The request's own id and no other: the global request id is chosen by the client, who could give a call of his own that of
 * somebody else. The audit middleware's own context is made up, so only what its event says counts (see above).
 */
function requestIdOf(message: BatchMember): unknown {
  return notificationOf(message)?.context?.requestId ?? message.event.initiator?.request_id
}

function correlationIds({ tags }: CadfEvent): (string | undefined)[] {
  if (!Array.isArray(tags)) return []
  return tags.map((tag: unknown) => (typeof tag === 'string' ? CORRELATION.exec(tag)?.[1] : undefined))
}

function named(cloud: string, kind: string, ids: readonly (string | undefined)[]): string[] {
  return ids.flatMap((id) => {
    const key = identifierKey(id)
    return key === undefined ? [] : [`${cloud} ${kind}:${key}`]
  })
}
