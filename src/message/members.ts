import { type CadfEvent, EVENT_TYPE_URI } from '../cadf/event'
import type { Notification } from '../notification/model'
import type { BatchMember, BatchMessage, OccurrenceMessage } from './model'

/** What came in, as far as it is one of the shapes of docs/message.md. */
export type Incoming =
  | { readonly kind: 'occurrence'; readonly message: OccurrenceMessage }
  | { readonly kind: 'batch'; readonly message: BatchMessage; readonly members: readonly BatchMember[] }
  | { readonly kind: 'other' }

/** Decodes a message at a node's door: it may come from a function node or an inject node. */
export function incoming(message: { readonly [member: string]: unknown }): Incoming {
  if (isRecord(message['batch']) && Array.isArray(message['payload'])) {
    const members: unknown[] = message['payload']
    if (!members.every((member) => isRecord(member) && isCadfEvent(member['event']))) return { kind: 'other' }
    return { kind: 'batch', message: message as unknown as BatchMessage, members: members as BatchMember[] }
  }
  if (isCadfEvent(message['event'])) {
    return { kind: 'occurrence', message: message as unknown as OccurrenceMessage }
  }
  return { kind: 'other' }
}

export function isCadfEvent(value: unknown): value is CadfEvent {
  return isRecord(value) && value['typeURI'] === EVENT_TYPE_URI && typeof value['id'] === 'string' && value['id'] !== ''
}

/** The notification, if a message carries one that names its id; audit records of other sources may have none. */
export function notificationOf(message: { readonly notification?: unknown }): Notification | undefined {
  const { notification } = message
  if (!isRecord(notification) || typeof notification['messageId'] !== 'string') return undefined
  return notification as unknown as Notification
}

/** What of a message is kept while it waits in the journal. */
export function memberOf({ topic, payload, event, notification, exposure }: OccurrenceMessage): BatchMember {
  return { topic, payload, event, notification, ...(exposure === undefined ? {} : { exposure }) }
}

/** By what a message is recognised that comes a second time. */
export function messageIdOf(message: { readonly event: CadfEvent; readonly notification?: unknown }): string {
  return notificationOf(message)?.messageId ?? message.event.id
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
