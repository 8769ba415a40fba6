import type { Notification } from '../notification/model'
import { type Draft, type Fields, finished, identifier, initiatorFromContext } from './draft'
import { type CadfEvent, type CadfResource, EVENT_TYPE_URI } from './event'
import { isKnown } from './identity'

const PREFIX = 'identity.'

/** Keystone's own map from resources to CADF types; what it lacks is `unknown`, as in Keystone's own events. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['group', 'data/security/group'],
  ['project', 'data/security/project'],
  ['role', 'data/security/role'],
  ['user', 'data/security/account/user'],
  ['domain', 'data/security/domain'],
  ['region', 'data/security/region'],
  ['endpoint', 'data/security/endpoint'],
  ['service', 'data/security/service'],
  ['policy', 'data/security/policy'],
  ['OS-TRUST:trust', 'data/security/trust'],
  ['OS-OAUTH1:access_token', 'data/security/credential'],
  ['OS-OAUTH1:request_token', 'data/security/credential'],
  ['OS-OAUTH1:consumer', 'data/security/account'],
  ['application_credential', 'data/security/credential'],
])
const OPERATIONS: ReadonlySet<string> = new Set(['created', 'updated', 'deleted', 'disabled', 'enabled'])
/** Who was added to a group or taken out; Keystone's CADF format leaves it out. */
const ACTOR = ['actor_id', 'actor_type', 'actor_operation'] as const

export function isKeystone(notification: Notification): boolean {
  return notification.eventType.startsWith(PREFIX)
}

/**
 * A notification in Keystone's Basic format (`{"resource_info": "<id>"}`) as the event that Keystone would have sent in CADF
 * format. Keystone notifies only after it has succeeded. Undefined if it is no such notification.
 */
export function fromKeystoneBasic(notification: Notification, payload: unknown): CadfEvent | undefined {
  if (!isKeystone(notification) || typeof payload !== 'object' || payload === null) return undefined
  const fields = payload as Fields
  const id = identifier(fields['resource_info'])
  const { eventType, publisherId } = notification
  const cut = eventType.lastIndexOf('.')
  const operation = eventType.slice(cut + 1)
  if (id === undefined || cut <= PREFIX.length || !OPERATIONS.has(operation)) return undefined
  const resource = eventType.slice(PREFIX.length, cut)

  const added = ['id', 'eventTime', 'outcome']
  const initiator = initiatorFromContext(notification, added)
  if (initiator.request_id === undefined && isKnown(fields['request_id'])) initiator.request_id = fields['request_id']
  added.push('observer.id')
  const observer: CadfResource = { id: publisherId ?? 'unknown', typeURI: 'service/security', name: 'identity' }
  if (publisherId?.startsWith(PREFIX)) observer.host = { id: publisherId.slice(PREFIX.length) }
  const event: CadfEvent = {
    typeURI: EVENT_TYPE_URI,
    id: notification.messageId,
    eventType: 'activity',
    eventTime: notification.timestamp,
    action: `${operation}.${resource}`,
    outcome: notification.priority === 'ERROR' || notification.priority === 'CRITICAL' ? 'failure' : 'success',
    initiator,
    target: { id, typeURI: TYPES.get(resource) ?? 'unknown' },
    observer,
    resource_info: id,
  }
  for (const member of ACTOR) if (isKnown(fields[member])) event[member] = fields[member]
  return finished({ event, added, flags: [] })
}

/** What a CADF event of Keystone's says and does not mean; all of it is kept, and named. */
export function flagKeystone({ notification, event, flags }: Draft): void {
  const { initiator } = event
  const login = notification.eventType === 'identity.authenticate'
  if (login || notification.eventType.startsWith('identity.role_assignment.')) flags.push('target.id is random')
  if (isKnown(initiator.user_id)) {
    // Where a user's id is not UUID-shaped (LDAP, federation), Keystone derives a UUID from it.
    if (initiator.user_id !== initiator.id) flags.push('initiator.id is derived from user_id')
  } else if (login && initiator.id !== 'unknown') flags.push('initiator.id is random')
}
