import type { Notification } from '../notification/model'
import { USER } from './draft'
import { type CadfEvent, type CadfResource, EVENT_TYPE_URI, type Outcome, UNKNOWN } from './event'
import { type EventTypeParts, eventTypeParts } from './event-type'
import { failureReason } from './failure-reason'
import { targetOf } from './target'

/**
 * The CADF event of a notification that carries none: `<resource>.<verb>[.<phase>]` with the acting user in the request
 * context and the resource in the payload. The event's id is the notification's, so a message that is delivered twice
 * gives the same event.
 */
export function fromNotification(notification: Notification, payload: unknown): CadfEvent {
  const parts = eventTypeParts(notification)
  const added: string[] = []
  if (notification.added?.includes('messageId')) added.push('id')
  if (notification.added?.includes('timestamp')) added.push('eventTime')
  const event: CadfEvent = {
    typeURI: EVENT_TYPE_URI,
    id: notification.messageId,
    eventType: 'activity',
    eventTime: notification.timestamp,
    action: parts.action ?? missing('action', added),
    outcome: outcomeOf(parts, notification),
    initiator: initiatorOf(notification, payload, added),
    target: targetOf(parts, payload, added),
    observer: observerOf(parts, notification, added),
  }
  if (event.outcome === 'failure') {
    const reason = failureReason(payload)
    if (reason !== undefined) event.reason = reason
  }
  if (added.length > 0) event.added = added
  return event
}

/** The phase tells; a notification of a high priority tells of a failure whatever its phase. */
function outcomeOf(parts: EventTypeParts, notification: Notification): Outcome {
  const { priority } = notification
  if (priority === 'ERROR' || priority === 'CRITICAL') return 'failure'
  return parts.outcome ?? 'success'
}

function initiatorOf(notification: Notification, payload: unknown, added: string[]): CadfResource {
  const { context } = notification
  const told = toldInitiator(payload)
  const userId = context.userId ?? told.userId
  const projectId = context.projectId ?? told.projectId
  const requestId = context.requestId ?? told.requestId
  const initiator: CadfResource = { id: userId ?? missing('initiator.id', added), typeURI: USER }
  if (context.userName !== undefined) {
    initiator.name = context.userName
    initiator.username = context.userName
  }
  if (userId !== undefined) initiator.user_id = userId
  if (projectId !== undefined) initiator.project_id = projectId
  if (context.projectName !== undefined) initiator.project_name = context.projectName
  if (context.domainId !== undefined) initiator.domain_id = context.domainId
  if (requestId !== undefined) initiator.request_id = requestId
  if (context.globalRequestId !== undefined) initiator.global_request_id = context.globalRequestId
  if (context.remoteAddress !== undefined) initiator.host = { address: context.remoteAddress, trust: 'peer' }
  return initiator
}

interface ToldInitiator {
  readonly userId: string | undefined
  readonly projectId: string | undefined
  readonly requestId: string | undefined
}
const NOTHING_TOLD: ToldInitiator = { userId: undefined, projectId: undefined, requestId: undefined }

/** What some payloads say about the actor: Nova's versioned ones, Keystone's basic ones. */
function toldInitiator(payload: unknown): ToldInitiator {
  if (typeof payload !== 'object' || payload === null) return NOTHING_TOLD
  const fields = payload as Record<string, unknown>
  const data = fields['nova_object.data']
  const versioned = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : undefined
  if (versioned === undefined && fields['request_id'] === undefined) return NOTHING_TOLD
  return {
    userId: textOrNothing(versioned?.['action_initiator_user']),
    projectId: textOrNothing(versioned?.['action_initiator_project']),
    requestId: textOrNothing(versioned?.['request_id'] ?? fields['request_id']),
  }
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function observerOf(parts: EventTypeParts, notification: Notification, added: string[]): CadfResource {
  const { publisherId } = notification
  const { service } = parts
  const observer: CadfResource = {
    id: publisherId ?? missing('observer.id', added),
    typeURI: service?.typeURI ?? missing('observer.typeURI', added),
  }
  if (service !== undefined) observer.name = service.name
  // identity.host.domain, nova-compute:host
  const cut = publisherId?.search(/[.:]/) ?? -1
  const host = publisherId !== null && cut > 0 ? publisherId.slice(cut + 1) : ''
  if (host !== '') observer.host = { id: host }
  return observer
}

function missing(path: string, added: string[]): string {
  added.push(path)
  return UNKNOWN
}
