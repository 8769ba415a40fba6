import type { CadfEvent } from '../../cadf/event'
import { isKnown } from '../../cadf/identity'
import type { Notification, NotificationContext } from '../../notification/model'
import type { StoredEvent } from '../model'

/** A stored event as a flow had it when it was stored. */
export interface StoredOccurrence {
  readonly topic: string
  /** The event: of what a source published otherwise the trail keeps nothing else. */
  readonly payload: unknown
  readonly event: CadfEvent
  /** Absent where the event came without one. */
  readonly notification?: Notification
}

export function eventOf({ body }: StoredEvent): CadfEvent {
  return JSON.parse(body) as CadfEvent
}

export function occurrenceOf(stored: StoredEvent): StoredOccurrence {
  const event = eventOf(stored)
  const { messageId, eventType, publisherId, priority, timestamp } = stored.notification
  const topic = eventType ?? event.action
  // An object of its own: a flow may change one of them.
  const occurrence = { topic, payload: eventOf(stored), event }
  // A made-up one would make another event of it where it is stored again.
  if (messageId === undefined) return occurrence
  return {
    ...occurrence,
    notification: {
      messageId,
      eventType: topic,
      publisherId: publisherId ?? null,
      priority: priority ?? 'INFO',
      timestamp: timestamp ?? event.eventTime,
      context: contextOf(event),
      source: { kind: 'audit-trail', cloud: stored.cloud },
    },
  }
}

/** The request context is not kept; what the event says of it. */
function contextOf({ initiator }: CadfEvent): NotificationContext {
  if (typeof initiator !== 'object' || initiator === null) return {}
  const known = {
    userId: initiator.user_id ?? initiator.id,
    userName: initiator.name,
    projectId: initiator.project_id,
    domainId: initiator.domain_id,
    requestId: initiator.request_id,
    globalRequestId: initiator.global_request_id,
    remoteAddress: initiator.host?.address,
  }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => isKnown(value)))
}
