import type { Notification } from '../notification/model'
import { type CadfEvent, type CadfResource, UNKNOWN } from './event'

export type Fields = Readonly<Record<string, unknown>>

/** An event in the making, with what has to be said about it. */
export interface Draft {
  readonly notification: Notification
  readonly event: CadfEvent
  readonly added: string[]
  readonly flags: string[]
}

/** The event with its marks; a source that sends members of these names does not get to set them. */
export function finished({ event, added, flags }: Omit<Draft, 'notification'>): CadfEvent {
  delete event.added
  delete event.flags
  if (added.length > 0) event.added = added
  if (flags.length > 0) event.flags = flags
  return event
}

export const USER = 'service/security/account/user'

/** Who acted, where the event's own source does not say: a log line's prefix may. */
export function initiatorFromContext(notification: Notification, added: string[]): CadfResource {
  const { userId, userName, projectId, domainId, requestId, globalRequestId } = notification.context
  added.push(...(userId === undefined ? ['initiator.id', 'initiator.typeURI'] : ['initiator.typeURI']))
  const initiator: CadfResource = { id: userId ?? UNKNOWN, typeURI: USER }
  if (userId !== undefined) initiator.user_id = userId
  if (userName !== undefined) initiator.username = userName
  if (projectId !== undefined) initiator.project_id = projectId
  if (domainId !== undefined) initiator.domain_id = domainId
  if (requestId !== undefined) initiator.request_id = requestId
  if (globalRequestId !== undefined) initiator.global_request_id = globalRequestId
  return initiator
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function identifier(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : text(value)
}

/** A value from outside, fit for a flag. */
export function short(value: unknown): string {
  return typeof value === 'object' ? 'an object' : String(value).slice(0, 60)
}
