import type { Notification } from '../notification/model'
import { zonedTime } from '../notification/zoned-time'
import { type AddressTrust, addressTrust } from './address-trust'
import type { ServicePaths } from './audit/service-paths'
import { isApiCall, takeApiCall } from './audit/take-api-call'
import { type Draft, type Fields, fieldsOf, finished, identifier, initiatorFromContext, short, text } from './draft'
import {
  type CadfAttachment,
  type CadfEvent,
  type CadfReason,
  type CadfResource,
  EVENT_TYPE_URI,
  type Outcome,
  UNKNOWN,
} from './event'
import { sameId } from './identity'
import { flagKeystone, isKeystone } from './keystone'

type Role = 'initiator' | 'target' | 'observer'

/** Whether a payload is a CADF event already. Some producers leave out the record's type. */
export function isCadf(payload: unknown): payload is Fields {
  if (typeof payload !== 'object' || payload === null) return false
  const fields = payload as Fields
  if (fields['typeURI'] === EVENT_TYPE_URI) return true
  return (
    typeof fields['action'] === 'string' &&
    typeof fields['eventTime'] === 'string' &&
    (typeof fields['outcome'] === 'string' || typeof fields['eventType'] === 'string')
  )
}

/**
 * A CADF payload as it was sent, with its time in one spelling, its observer's short reference (`{"id": "target"}`)
 * resolved, and required members that it lacks filled in and listed. Members beyond the standard stay. The target of an
 * API call that the audit middleware reports becomes the resource that the path names.
 */
export function fromCadf(notification: Notification, payload: Fields, paths: ServicePaths): CadfEvent {
  const added: string[] = []
  const flags: string[] = []
  const target = resourceOf(payload, 'target', added, flags)
  const keystone = isKeystone(notification)
  const initiator = initiatorOf(notification, payload, keystone, added, flags)
  const event: CadfEvent = {
    ...payload,
    typeURI: EVENT_TYPE_URI,
    id: text(payload['id']) ?? fill('id', notification.messageId, added),
    eventType: text(payload['eventType']) ?? fill('eventType', 'activity', added),
    eventTime: zonedTime(payload['eventTime']) ?? fill('eventTime', notification.timestamp, added),
    action: text(payload['action']) ?? fill('action', UNKNOWN, added),
    outcome: outcomeOf(payload['outcome'], added, flags),
    initiator,
    target,
    observer: observerOf(payload, initiator, target, added, flags),
  }
  if (payload['typeURI'] !== EVENT_TYPE_URI) added.push('typeURI')
  takeIds(event, flags)
  if (payload['reason'] !== undefined) takeReason(event, payload['reason'], flags)
  const draft: Draft = { notification, event, added, flags }
  if (keystone) flagKeystone(draft)
  else if (isApiCall(notification, payload)) takeApiCall(draft, paths)
  takeLists(event, payload, flags)
  return finished(draft)
}

function initiatorOf(
  notification: Notification,
  payload: Fields,
  keystone: boolean,
  added: string[],
  flags: string[],
): CadfResource {
  // Keystone leaves its initiator out of events that another one sets off.
  if (keystone && payload['initiator'] === undefined && payload['initiatorId'] === undefined) {
    return initiatorFromContext(notification, added)
  }
  const sent = resourceOf(payload, 'initiator', added, flags)
  const { host, credential } = sent
  if (host === undefined && credential === undefined) return sent
  const initiator = { ...sent }
  if (host !== undefined) {
    if (fieldsOf(host) === undefined) drop(initiator, 'host', 'initiator.host is no host', flags)
    else initiator.host = trusted(host, addressTrust(notification))
  }
  if (credential !== undefined) {
    if (fieldsOf(credential) === undefined) {
      drop(initiator, 'credential', 'initiator.credential is no credential', flags)
    } else initiator.credential = { ...credential, token: MASK }
  }
  return initiator
}

/** The standard wants a token in a credential; producers mask it in part, which shows the rest. */
const MASK = '***'

function trusted(host: NonNullable<CadfResource['host']>, trust: AddressTrust): NonNullable<CadfResource['host']> {
  const { trust: _sent, ...kept } = host
  return text(kept.address) === undefined ? kept : { ...kept, trust }
}

function resourceOf(payload: Fields, role: Role, added: string[], flags: string[]): CadfResource {
  const sent = payload[role]
  const fields = fieldsOf(sent)
  if (fields !== undefined) {
    if (text(fields['id']) !== undefined && text(fields['typeURI']) !== undefined) return fields as CadfResource
    const id = identifier(fields['id']) ?? fill(`${role}.id`, UNKNOWN, added)
    return { ...fields, id, typeURI: text(fields['typeURI']) ?? fill(`${role}.typeURI`, UNKNOWN, added) }
  }
  // The standard allows an id in place of the resource; some producers send the id under the resource's name.
  if (sent !== undefined && sent !== null) flags.push(`${role} is no resource`)
  const id = text(payload[`${role}Id`]) ?? text(sent)
  return {
    id: id ?? fill(`${role}.id`, UNKNOWN, added),
    typeURI: fill(`${role}.typeURI`, UNKNOWN, added),
  }
}

/** keystonemiddleware always says "the same as the target"; who filters or shows observers needs to know which. */
function observerOf(
  payload: Fields,
  initiator: CadfResource,
  target: CadfResource,
  added: string[],
  flags: string[],
): CadfResource {
  const sent = payload['observer']
  if (typeof sent === 'object' && sent !== null && !('typeURI' in sent)) {
    const id = (sent as Fields)['id']
    if (id === 'target') return same(target)
    if (id === 'initiator') return same(initiator)
  }
  return resourceOf(payload, 'observer', added, flags)
}

/** A resource as one refers to it from another place. */
function same(resource: CadfResource): CadfResource {
  const { id, typeURI, name } = resource
  return typeof name === 'string' ? { id, typeURI, name } : { id, typeURI }
}

/** The standard wants either the resource or its id; the event always has the resource. */
function takeIds(event: CadfEvent, flags: string[]): void {
  takeId(event, 'initiator', 'initiatorId', flags)
  takeId(event, 'target', 'targetId', flags)
  takeId(event, 'observer', 'observerId', flags)
}

function takeId(event: CadfEvent, role: Role, member: `${Role}Id`, flags: string[]): void {
  const id = event[member]
  if (id === undefined) return
  if (!sameId(id, event[role].id)) flags.push(`${member} was ${short(id)}`)
  delete event[member]
}

function outcomeOf(sent: unknown, added: string[], flags: string[]): Outcome {
  switch (sent) {
    case 'success':
    case 'failure':
    case 'pending':
    case 'unknown':
      return sent
  }
  // The standard lets an outcome be extended as a path: failure/timeout.
  const root = typeof sent === 'string' ? sent.split('/', 1)[0] : undefined
  if (root === 'success' || root === 'failure' || root === 'pending' || root === 'unknown') {
    flags.push(`outcome was ${short(sent)}`)
    return root
  }
  if (sent === undefined || sent === null || sent === '') return fill('outcome', UNKNOWN, added)
  flags.push(`outcome was ${short(sent)}`)
  return UNKNOWN
}

/** Codes are texts in the standard; some producers send numbers. */
function takeReason(event: CadfEvent, sent: unknown, flags: string[]): void {
  const reason = fieldsOf(sent) as CadfReason | undefined
  if (reason === undefined) {
    drop(event, 'reason', 'reason is no object', flags)
    return
  }
  const code: unknown = reason.reasonCode
  if (typeof code === 'number') event.reason = { ...reason, reasonCode: String(code) }
  // Keystone reports a refused change of password so.
  if (event.outcome === 'success' && typeof code !== 'object' && Number(code) >= 400)
    flags.push(`outcome success but reason code ${short(code)}`)
}

/** Members that are lists in the standard, so that whoever reads them can rely on it; the payload keeps what was sent. */
function takeLists(event: CadfEvent, payload: Fields, flags: string[]): void {
  const { tags, attachments, reporterchain, requestPath } = payload
  if (Array.isArray(reporterchain)) {
    const { observer } = event
    event.reporterchain = reporterchain.map((step) => stepOf(step, observer))
  } else if (reporterchain !== undefined) drop(event, 'reporterchain', 'reporterchain is no list', flags)
  if (Array.isArray(attachments)) {
    if (attachments.some(hasContentType)) event.attachments = attachments.map(withTypeURI)
  } else if (attachments !== undefined) drop(event, 'attachments', 'attachments is no list', flags)
  if (tags !== undefined && !Array.isArray(tags)) drop(event, 'tags', 'tags is no list', flags)
  if (requestPath !== undefined && typeof requestPath !== 'string') {
    drop(event, 'requestPath', 'requestPath is no text', flags)
  }
}

function drop(from: { [member: string]: unknown }, member: string, flag: string, flags: string[]): void {
  flags.push(flag)
  delete from[member]
}

/** The standard's text wavers between the two names. */
function hasContentType(attachment: unknown): boolean {
  const fields = fieldsOf(attachment)
  return fields !== undefined && fields['typeURI'] === undefined && typeof fields['contentType'] === 'string'
}

function withTypeURI(attachment: CadfAttachment & Fields): CadfAttachment {
  return hasContentType(attachment) ? { ...attachment, typeURI: String(attachment['contentType']) } : attachment
}

/** The audit middleware's reporter is `{"id": "target"}`: the service, which the event has as its observer. */
function stepOf(step: unknown, observer: CadfResource): unknown {
  const fields = fieldsOf(step)
  if (fields === undefined) return step
  const reporterTime = zonedTime(fields['reporterTime'])
  const reporter = fieldsOf(fields['reporter'])
  const refers = reporter !== undefined && !('typeURI' in reporter) && reporter['id'] === 'target'
  if (reporterTime === undefined && !refers) return step
  return {
    ...fields,
    ...(reporterTime === undefined ? {} : { reporterTime }),
    ...(refers ? { reporter: same(observer) } : {}),
  }
}

function fill<T extends string>(path: string, value: T, added: string[]): T {
  added.push(path)
  return value
}
