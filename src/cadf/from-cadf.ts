import type { Notification } from '../notification/model'
import { zonedTime } from '../notification/zoned-time'
import {
  type CadfAttachment,
  type CadfEvent,
  type CadfReason,
  type CadfResource,
  EVENT_TYPE_URI,
  type Outcome,
  UNKNOWN,
} from './event'

type Fields = Readonly<Record<string, unknown>>

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
 * resolved, and required members that it lacks filled in and listed. Members beyond the standard stay.
 */
export function fromCadf(notification: Notification, payload: Fields): CadfEvent {
  const added: string[] = []
  const flags: string[] = []
  const target = resourceOf(payload, 'target', added, flags)
  const initiator = resourceOf(payload, 'initiator', added, flags)
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
  if (payload['reason'] !== undefined) takeReason(event, payload['reason'], flags)
  takeLists(event, payload, flags)
  // Marks of this package; a source that sends members of these names does not get to set them.
  delete event.added
  delete event.flags
  if (added.length > 0) event.added = added
  if (flags.length > 0) event.flags = flags
  return event
}

function resourceOf(payload: Fields, role: 'initiator' | 'target' | 'observer', added: string[], flags: string[]) {
  const sent = payload[role]
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) {
    const fields = sent as Fields
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

function same(resource: CadfResource): CadfResource {
  const { id, typeURI, name } = resource
  return typeof name === 'string' ? { id, typeURI, name } : { id, typeURI }
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
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
    flags.push('reason is no object')
    delete event.reason
    return
  }
  const reason = sent as CadfReason
  const code: unknown = reason.reasonCode
  if (typeof code === 'number') event.reason = { ...reason, reasonCode: String(code) }
  // Keystone reports a refused change of password so.
  if (event.outcome === 'success' && Number(code) >= 400) flags.push(`outcome success but reason code ${short(code)}`)
}

/** Members that are lists in the standard, so that whoever reads them can rely on it; the payload keeps what was sent. */
function takeLists(event: CadfEvent, payload: Fields, flags: string[]): void {
  const { tags, attachments, reporterchain, requestPath } = payload
  if (Array.isArray(reporterchain)) event.reporterchain = reporterchain.map(zonedStep)
  else if (reporterchain !== undefined) drop(event, 'reporterchain', 'no list', flags)
  if (Array.isArray(attachments)) {
    if (attachments.some(hasContentType)) event.attachments = attachments.map(withTypeURI)
  } else if (attachments !== undefined) drop(event, 'attachments', 'no list', flags)
  if (tags !== undefined && !Array.isArray(tags)) drop(event, 'tags', 'no list', flags)
  if (requestPath !== undefined && typeof requestPath !== 'string') drop(event, 'requestPath', 'no text', flags)
}

function drop(event: CadfEvent, member: string, what: string, flags: string[]): void {
  flags.push(`${member} is ${what}`)
  delete event[member]
}

/** The standard's text wavers between the two names. */
function hasContentType(attachment: unknown): boolean {
  const fields = typeof attachment === 'object' && attachment !== null ? (attachment as Fields) : {}
  return fields['typeURI'] === undefined && typeof fields['contentType'] === 'string'
}

function withTypeURI(attachment: CadfAttachment & Fields): CadfAttachment {
  return hasContentType(attachment) ? { ...attachment, typeURI: String(attachment['contentType']) } : attachment
}

function zonedStep(step: unknown): unknown {
  if (typeof step !== 'object' || step === null) return step
  const reporterTime = zonedTime((step as Fields)['reporterTime'])
  return reporterTime === undefined ? step : { ...step, reporterTime }
}

function fill<T extends string>(path: string, value: T, added: string[]): T {
  added.push(path)
  return value
}

function short(value: unknown): string {
  return String(typeof value === 'object' ? JSON.stringify(value) : value).slice(0, 60)
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : text(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
