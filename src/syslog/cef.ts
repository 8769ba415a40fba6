import { isIP } from 'node:net'
import type { CadfEvent } from '../cadf/event'
import { notificationOf } from '../message/members'
import type { BatchMember, OccurrenceMessage } from '../message/model'
import type { SEVERITIES } from '../notify/model'
import { severityOfEvent } from '../notify/severity'
import { visible } from './visible'

/** CEF counts from 0 to 10: from 9 very high, from 7 high, from 4 medium. */
const CEF_SEVERITY = {
  emerg: 10,
  alert: 9,
  crit: 8,
  err: 7,
  warning: 5,
  notice: 3,
  info: 2,
  debug: 0,
} as const satisfies {
  readonly [severity in (typeof SEVERITIES)[number]]: number
}
/** Longer values are cut, as ArcSight does with most of its fields. */
const LONGEST = 1023

/**
 * An occurrence in ArcSight's Common Event Format, version 0; docs/syslog.md has the table of the members. Whatever an event holds, it
 * stays in its field: `|` and `\` are escaped in the header, `=` and `\` in extensions, and line ends become the two characters `\n`.
 */
export function cefOf(occurrence: OccurrenceMessage | BatchMember): string {
  const { event, topic } = occurrence
  const { observer, target } = event
  const notification = notificationOf(occurrence)
  const vendor = notification?.source?.kind === 'illumio' ? 'Illumio' : 'OpenStack'
  const header = [
    ...['CEF:0', vendor, text(observer.name) || text(observer.typeURI) || 'unknown', '1.0'],
    ...[topic || 'unknown', `${text(event.action)} ${text(target.typeURI)}`.trim() || 'event'],
    String(CEF_SEVERITY[severityOfEvent(event)]),
  ]
  const [version = '', ...fields] = header
  const extensions = Object.entries(extensionsOf(event, notification?.source?.cloud))
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${extension(value)}`)
  return `${version}|${fields.map(headerField).join('|')}|${extensions.join(' ')}`
}

function extensionsOf(event: CadfEvent, cloud: string | undefined): Record<string, string> {
  const { initiator, target, observer, reason } = event
  const address = text(initiator.host?.address)
  const time = Date.parse(event.eventTime)
  return {
    rt: Number.isNaN(time) ? '' : String(time),
    externalId: text(event.id),
    cat: text(event.eventType),
    act: text(event.action),
    outcome: text(event.outcome),
    reason: text(reason?.reasonCode) || text(reason?.reasonType),
    suid: text(initiator.id),
    suser: text(initiator.name) || text(initiator.username) || text(initiator['user_name']),
    src: isIP(address) === 4 ? address : '',
    ...(isIP(address) === 6 ? { c6a2Label: 'Source IPv6 Address', c6a2: address } : {}),
    request: text(event.requestPath),
    requestClientApplication: text(initiator.host?.agent),
    deviceExternalId: text(observer.id),
    ...labelled('cs1', 'targetType', text(target.typeURI)),
    ...labelled('cs2', 'targetId', text(target.id)),
    ...labelled('cs3', 'targetName', text(target.name)),
    ...labelled('cs4', 'projectId', text(initiator.project_id) || text(target.project_id)),
    ...labelled('cs5', 'domainId', text(initiator.domain_id) || text(target.domain_id)),
    ...labelled('cs6', 'cloud', text(cloud)),
  }
}

function labelled(name: string, label: string, value: string): Record<string, string> {
  return value === '' ? {} : { [`${name}Label`]: label, [name]: value }
}

function headerField(value: string): string {
  return visible(cut(value.replace(/[\r\n]+/g, ' '))).replace(/[\\|]/g, '\\$&')
}

function extension(value: string): string {
  const lines = cut(value).split(/\r\n|\r|\n/)
  return lines.map((line) => visible(line).replace(/[\\=]/g, '\\$&')).join('\\n')
}

/** Counted in characters, so that none is halved. */
function cut(value: string): string {
  if (value.length <= LONGEST) return value
  return `${Array.from(value.slice(0, LONGEST + 1))
    .slice(0, LONGEST - 3)
    .join('')}...`
}

/** Blanks at the ends would be taken for those between members. */
function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
}
