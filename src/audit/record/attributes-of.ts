import { isKnown } from '../../cadf/identity'
import type { Notification } from '../../notification/model'
import type { Attribute, Attributes } from '../attributes'
import { indexedValue } from '../indexed-value'
import { derivedEventType, sourceOf } from './event-type'
import { type Fields, fieldsOf, resourceOf } from './resources'

/** What of a notification is indexed. */
type Told = Partial<Pick<Notification, 'messageId' | 'eventType' | 'context'>>

/**
 * What of an event is indexed. A value that look-ups have filled in counts where the event has none.
 * @param added by dotted path, as in the record
 */
export function attributesOf(
  event: Fields,
  notification: Told | undefined,
  cloud: string,
  added: Readonly<Record<string, string>> = {},
): Attributes {
  const initiator = resourceOf(event, 'initiator')
  const target = resourceOf(event, 'target')
  const observer = resourceOf(event, 'observer')
  const flags: readonly unknown[] = Array.isArray(event['flags']) ? event['flags'] : []
  const attributes: Partial<Record<Attribute, string>> = {}
  const set = (name: Attribute, ...values: readonly unknown[]) => {
    for (const value of values) {
      const text = typeof value === 'number' ? String(value) : value
      if (!isKnown(text)) continue
      attributes[name] = indexedValue(text)
      return
    }
  }
  set('observer_id', observer['id'])
  set('observer_type', observer['typeURI'])
  set('observer_name', observer['name'])
  // Whom a role was given to; Keystone makes up a target for it.
  if (flags.includes('target.id is random')) set('target_id', event['user'], event['group'])
  else set('target_id', target['id'])
  set('target_type', target['typeURI'])
  set('target_name', target['name'], added['target.name'])
  set('target_project_id', targetProject(event))
  set('target_domain_id', targetDomain(event), added['target.domain_id'])
  if (!flags.includes('initiator.id is random')) set('initiator_id', initiator['id'])
  set('initiator_type', initiator['typeURI'])
  set('initiator_name', initiator['name'], initiator['username'], initiator['user_name'], added['initiator.name'])
  set('initiator_project_id', initiator['project_id'])
  set('initiator_domain_id', initiator['domain_id'], added['initiator.domain_id'])
  set('initiator_user_id', initiator['user_id'])
  set('address', fieldsOf(initiator['host'])?.['address'])
  set('request_id', initiator['request_id'], notification?.context?.requestId)
  set('global_request_id', initiator['global_request_id'], notification?.context?.globalRequestId)
  set('action', event['action'])
  set('outcome', event['outcome'])
  set('request_path', event['requestPath'])
  set('reason_code', fieldsOf(event['reason'])?.['reasonCode'])
  set('severity', event['severity'])
  set('message_id', notification?.messageId)
  set('source', sourceOf(attributes.observer_type, notification?.eventType))
  set(
    'event_type',
    notification?.eventType,
    derivedEventType(attributes.source, attributes.action, attributes.target_type),
  )
  attributes.cloud = cloud
  return attributes
}

/** Of the target: what it says itself, the project that it is, or Keystone's `project` beside a role assignment. */
export function targetProject(event: Fields): string | undefined {
  const target = resourceOf(event, 'target')
  return firstKnown(
    target['project_id'],
    isProject(event) ? target['id'] : undefined,
    givesRole(event) ? event['project'] : undefined,
  )
}

/** Of the target: what it says itself, the domain that it is, or Keystone's `domain` beside a role assignment. */
export function targetDomain(event: Fields): string | undefined {
  const target = resourceOf(event, 'target')
  return firstKnown(
    target['domain_id'],
    target['typeURI'] === 'data/security/domain' ? target['id'] : undefined,
    givesRole(event) ? event['domain'] : undefined,
  )
}

/** Whether the target is a project, and not something in one. */
export function isProject(event: Fields): boolean {
  return resourceOf(event, 'target')['typeURI'] === 'data/security/project'
}

/** Keystone names whose role it is, and where, beside the target; others may mean anything by these members. */
function givesRole(event: Fields): boolean {
  const action = event['action']
  return typeof action === 'string' && ROLE_ASSIGNMENT.test(action)
}
const ROLE_ASSIGNMENT = /^\w+[./]role_assignment$/

export function firstKnown(...values: readonly unknown[]): string | undefined {
  return values.find(isKnown)
}
