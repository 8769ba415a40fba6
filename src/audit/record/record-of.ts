import { hash } from 'node:crypto'
import { idKey } from '../../cadf/identity'
import { OperatorError } from '../../errors/operator-error'
import type { Notification } from '../../notification/model'
import type { AuditRecord, KeptNotification } from '../model'
import type { TenantRule } from '../tenants/rules'
import { tenantsOf } from '../tenants/tenants-of'
import type { Occurrence } from '../trail'
import { attributesOf } from './attributes-of'
import { boundedBody } from './bounded'
import { contentHash } from './content'
import { microseconds } from './event-time'
import { type JsonObject, storable } from './storable'

export interface RecordOptions {
  /** Where the notification does not say which cloud it came from. */
  readonly cloud: string
  /** ms since 1970, for an event without a usable time. */
  readonly now: number
  readonly rules?: ReadonlySet<TenantRule>
  /** What look-ups filled in, by dotted path. */
  readonly added?: Readonly<Record<string, string>>
  /** What is to be said about the event beside what its source says of itself. */
  readonly flags?: readonly string[]
}

/**
 * What is stored of an occurrence. Always the same for the same occurrence and options, but for an event without a usable time.
 * @throws OperatorError `AUDIT_BAD_EVENT` for what is no event: without an id there is nothing to store it by
 */
export function recordOf({ event, notification }: Occurrence, options: RecordOptions): AuditRecord {
  const { event: whole, shortened: left } = copied(event)
  const id = whole['id']
  if (typeof id !== 'string' || id === '') throw badEvent('has no id')
  const cloud = cloudOf(notification) ?? options.cloud
  const { time, flag } = timeOf(whole, notification, options.now)
  const ours = [...(options.flags ?? []), ...flag, ...left]
  const added = options.added !== undefined && Object.keys(options.added).length > 0 ? options.added : undefined
  return {
    cloud,
    id: recordKey(id),
    phase: whole['outcome'] === 'pending' ? 'pending' : 'final',
    time,
    body: boundedBody(whole, ours),
    notification: keptOf(notification),
    tenants: tenantsOf(whole, added, options.rules),
    attributes: attributesOf(whole, notification, cloud, added),
    contentHash: contentHash(whole, notification),
    ...(added === undefined ? {} : { added }),
  }
}

const LONGEST_ID = 256

/** The key of an event's id, which no spelling of it changes and which is short enough for every engine. */
export function recordKey(id: string): string {
  const key = idKey(id)
  return key.length <= LONGEST_ID ? key : `${key.slice(0, LONGEST_ID - 65)}-${hash('sha256', key)}`
}

function copied(event: unknown): ReturnType<typeof storable> {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) throw badEvent('is no object')
  try {
    return storable(event as Record<string, unknown>)
  } catch (cause) {
    // Something in it that writes itself as JSON, and fails.
    throw badEvent('cannot be written as JSON', cause)
  }
}

function cloudOf(notification: Notification | undefined): string | undefined {
  // A flow's message may have a source of another form, or none.
  const cloud: unknown = notification?.source?.cloud
  return typeof cloud === 'string' && cloud !== '' ? cloud : undefined
}

function timeOf(
  event: JsonObject,
  notification: Notification | undefined,
  now: number,
): { time: number; flag: readonly string[] } {
  const told = microseconds(event['eventTime'])
  if (told !== undefined) return { time: told, flag: [] }
  const sent = microseconds(notification?.timestamp)
  if (sent !== undefined) return { time: sent, flag: ['eventTime is no time: stored under that of the notification'] }
  return { time: now * 1000, flag: ['eventTime is no time: stored under that of its arrival'] }
}

const LONGEST_KEPT = 1000

/** What is kept of a text of a notification; also of its id, so whoever asks for a longer one asks for this. */
export function keptText(text: string): string {
  return text.slice(0, LONGEST_KEPT)
}

function keptOf(notification: Notification | undefined): KeptNotification {
  if (notification === undefined) return {}
  const { messageId, eventType, publisherId, priority, timestamp, added } = notification
  const kept = { messageId, eventType, publisherId, priority, timestamp: added?.includes('timestamp') ? '' : timestamp }
  return Object.fromEntries(
    Object.entries(kept).flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' ? [[name, keptText(value)]] : [],
    ),
  )
}

function badEvent(what: string, cause?: unknown): OperatorError {
  return new OperatorError('AUDIT_BAD_EVENT', `The event ${what}, so it cannot be stored.`, {
    remedy: 'Hand on msg.event as openstack-notification-in sends it, or build a CADF event with an id of its own.',
    cause,
  })
}
