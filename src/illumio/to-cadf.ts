import {
  type CadfAttachment,
  type CadfEvent,
  type CadfReason,
  type CadfResource,
  EVENT_TYPE_URI,
  type Outcome,
  UNKNOWN,
} from '../cadf/event'
import { zonedTime } from '../notification/zoned-time'
import { severityNamed } from '../notify/severity'
import { isFields, markOf, type PceEvent } from './event'
import { actionOf, kindOf, resourceTypeOf } from './vocabulary'

/**
 * The CADF event of a PCE event (shared reference "illumio-pce", §5). The event itself is in the attachment `illumio_event`,
 * whole. Never fails; what the event lacks is filled in and listed in `added`.
 * @param pce name of the PCE that was asked, for events that do not tell
 */
export function cadfOfPceEvent(event: PceEvent, pce: string): CadfEvent {
  const added: string[] = []
  const eventType = text(event['event_type']) ?? UNKNOWN
  const host = text(event['pce_fqdn']) ?? pce
  const kind = kindOf(eventType)
  const action = fieldsOf(event['action'])
  const reason = reasonOf(action, kind, added)
  const severity = severityNamed(event['severity'])
  const requestPath = text(action['api_endpoint'])
  const changes = resourceChanges(event)
  const attachments: CadfAttachment[] = [{ typeURI: 'mime:application/json', name: 'illumio_event', content: event }]
  return {
    typeURI: EVENT_TYPE_URI,
    id: idOf(event),
    eventType: kind,
    eventTime: timeOf(event, added),
    action: actionOf(eventType),
    outcome: outcomeOf(event['status']),
    initiator: initiatorOf(event, action, host, added),
    target: targetOf(event, changes, requestPath, host),
    observer: { id: host, typeURI: 'service/security', name: 'illumio-pce' },
    ...(reason === undefined ? {} : { reason }),
    ...(severity === undefined ? {} : { severity }),
    ...(requestPath === undefined ? {} : { requestPath }),
    ...(kind === 'monitor' ? { measurements: [measurementOf(event, eventType)] } : {}),
    attachments,
    tags: tagsOf(event, eventType),
    ...(added.length === 0 ? {} : { added }),
  }
}

/** The UUID in the href: the same whenever the event is read again. */
function idOf(event: PceEvent): string {
  const key = markOf(event)?.key ?? UNKNOWN
  const [uuid] = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.exec(key) ?? []
  return uuid ?? key
}

function timeOf(event: PceEvent, added: string[]): string {
  const time = zonedTime(event['timestamp'])
  if (time !== undefined) return time
  added.push('eventTime')
  return '1970-01-01T00:00:00+00:00'
}

function outcomeOf(status: unknown): Outcome {
  return status === 'success' || status === 'failure' ? status : 'unknown'
}

function reasonOf(action: PceEvent, kind: string, added: string[]): CadfReason | undefined {
  const code = action['http_status_code']
  if (typeof code === 'number' || typeof code === 'string') return { reasonType: 'HTTP', reasonCode: String(code) }
  if (kind !== 'control') return undefined
  // The standard wants one for a decision.
  added.push('reason')
  return { reasonType: 'HTTP', reasonCode: '403' }
}

const ACTORS: ReadonlyMap<string, { readonly typeURI: string; readonly name: string }> = new Map([
  ['user', { typeURI: 'data/security/account/user', name: 'username' }],
  ['service_account', { typeURI: 'data/security/account', name: 'name' }],
  ['agent', { typeURI: 'compute/machine', name: 'hostname' }],
  ['ven', { typeURI: 'compute/machine', name: 'hostname' }],
  ['workload', { typeURI: 'compute/machine', name: 'hostname' }],
  ['container_cluster', { typeURI: 'compute/cluster', name: 'name' }],
])

function initiatorOf(event: PceEvent, action: PceEvent, host: string, added: string[]): CadfResource {
  const createdBy = fieldsOf(event['created_by'])
  const [variant = '', known] = Object.entries(createdBy)[0] ?? []
  const address = text(action['src_ip'])
  const from = address === undefined || address === 'FILTERED' ? {} : { host: { address, trust: 'claimed' as const } }
  const actor = ACTORS.get(variant)
  if (actor !== undefined && isFields(known)) {
    const name = text(known[actor.name])
    const id = text(known['href'])
    if (id === undefined) added.push('initiator.id')
    return { id: id ?? name ?? UNKNOWN, typeURI: actor.typeURI, ...(name === undefined ? {} : { name }), ...from }
  }
  const tried = triedName(event)
  if (variant !== 'system') added.push('initiator.id')
  return {
    id: variant === 'system' ? host : UNKNOWN,
    typeURI: 'service/security',
    // A login that failed is told by the system; the name that was typed is what tells people apart.
    ...(tried === undefined ? {} : { user_name: tried }),
    ...from,
  }
}

/** A login that failed names who tried only among its notifications. */
function triedName(event: PceEvent): string | undefined {
  const notifications = event['notifications']
  if (!Array.isArray(notifications)) return undefined
  for (const notification of notifications) {
    const info = fieldsOf(fieldsOf(notification)['info'])
    const found =
      text(fieldsOf(info['associated_user'])['supplied_username']) ?? text(fieldsOf(info['user'])['username'])
    if (found !== undefined) return found
  }
  return undefined
}

interface Changed {
  readonly key: string
  readonly resource: PceEvent
}

function resourceChanges(event: PceEvent): Changed[] {
  const changes = event['resource_changes']
  if (!Array.isArray(changes)) return []
  return changes.flatMap((change) => {
    const [key, resource] = Object.entries(fieldsOf(fieldsOf(change)['resource']))[0] ?? []
    return key === undefined ? [] : [{ key, resource: fieldsOf(resource) }]
  })
}

/** The first of several; all are in the attachment, as one event stays one. */
function targetOf(
  event: PceEvent,
  [first]: readonly Changed[],
  endpoint: string | undefined,
  host: string,
): CadfResource {
  if (first !== undefined) {
    const { key, resource } = first
    const name = text(resource['name']) ?? text(resource['username']) ?? text(resource['hostname'])
    return {
      id: text(resource['href']) ?? UNKNOWN,
      typeURI: resourceTypeOf(key),
      ...(name === undefined ? {} : { name }),
    }
  }
  const workload = notifiedWorkload(event)
  if (workload !== undefined) return { id: workload, typeURI: 'compute/machine' }
  return endpoint === undefined
    ? { id: host, typeURI: 'service/security', name: 'illumio-pce' }
    : { id: endpoint, typeURI: 'service/security', name: endpoint }
}

/** An agent tells of the host that it sits on: that is what tampering was done to. */
function notifiedWorkload(event: PceEvent): string | undefined {
  const notifications = event['notifications']
  if (!Array.isArray(notifications)) return undefined
  for (const notification of notifications) {
    const href = text(fieldsOf(fieldsOf(fieldsOf(notification)['info'])['workload'])['href'])
    if (href !== undefined) return href
  }
  return undefined
}

/** The standard wants what was measured; the PCE counts at best. */
function measurementOf(event: PceEvent, eventType: string): object {
  const notifications = Array.isArray(event['notifications']) ? event['notifications'] : []
  const info = fieldsOf(fieldsOf(notifications[0])['info'])
  const count = [info['count'], info['num_events']].find((value) => typeof value === 'number')
  return { result: count ?? 1, metric: { metricId: eventType, unit: 'events', name: eventType } }
}

function tagsOf(event: PceEvent, eventType: string): string[] {
  const [, org] = /^\/orgs\/(\d+)\//.exec(text(event['href']) ?? '') ?? []
  const tags = ['illumio', `event_type?value=${eventType}`]
  return org === undefined ? tags : [...tags, `org?value=${org}`]
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}

function fieldsOf(value: unknown): PceEvent {
  return isFields(value) ? value : {}
}
