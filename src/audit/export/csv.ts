import type { StoredEvent } from '../model'
import { type Field, fieldsOf } from './fields'
import { type Portions, pieces } from './portions'

type Column = readonly [name: string, value: (field: Field, event: StoredEvent) => string | undefined]

/**
 * In this order for ever: columns may be added at the end only. Where an attribute of the query language means the same, the column has
 * its name (docs/audit-query.md). `time` is UTC with microseconds.
 */
const COLUMNS: readonly Column[] = [
  ['time', (_field, { time }) => utcTime(time)],
  ['cloud', (_field, { cloud }) => cloud],
  ['id', (field, { id }) => field('id') ?? id],
  ['phase', (_field, { phase }) => phase],
  ['event_type', (_field, { notification }) => notification.eventType],
  ['action', (field) => field('action')],
  ['outcome', (field) => field('outcome')],
  ['reason_code', (field) => field('reason.reasonCode')],
  ['initiator_id', (field) => field('initiator.id')],
  ['initiator_name', (field) => field('initiator.name') ?? field('initiator.username') ?? field('initiator.user_name')],
  ['initiator_type', (field) => field('initiator.typeURI')],
  ['initiator_project_id', (field) => field('initiator.project_id')],
  ['initiator_project_name', (field) => field('initiator.project_name')],
  ['initiator_domain_id', (field) => field('initiator.domain_id')],
  ['address', (field) => field('initiator.host.address')],
  ['target_id', (field) => field('target.id')],
  ['target_name', (field) => field('target.name')],
  ['target_type', (field) => field('target.typeURI')],
  ['target_project_id', (field) => field('target.project_id')],
  ['observer_id', (field) => field('observer.id')],
  ['observer_name', (field) => field('observer.name')],
  ['observer_type', (field) => field('observer.typeURI')],
  ['request_path', (field) => field('requestPath')],
  ['request_id', (field) => field('initiator.request_id')],
  ['global_request_id', (field) => field('initiator.global_request_id')],
  ['severity', (field) => field('severity')],
  ['message_id', (_field, { notification }) => notification.messageId],
  ['publisher_id', (_field, { notification }) => notification.publisherId],
  ['tenants', (_field, { tenants, addedTenants = [] }) => [...tenants, ...addedTenants].join(' ')],
  ['sequence', (_field, { sequence }) => String(sequence)],
]

export interface CsvOptions {
  /** For spreadsheets that otherwise take UTF-8 for the charset of the country. */
  readonly byteOrderMark: boolean
}

/** RFC 4180: a head line, commas, CR LF, quotes where they are needed. No cell holds a line break or can become a formula. */
export async function* csv(
  portions: Portions,
  { byteOrderMark }: CsvOptions = { byteOrderMark: false },
): AsyncGenerator<string, void> {
  yield `${byteOrderMark ? '\ufeff' : ''}${COLUMNS.map(([name]) => name).join(',')}\r\n`
  yield* pieces(portions, lineOf)
}

function lineOf(event: StoredEvent): string {
  const field = fieldsOf(event)
  return `${COLUMNS.map(([, value]) => csvCell(value(field, event) ?? '')).join(',')}\r\n`
}

/** What could give the cell another place or direction: control, line and paragraph separators, directional marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
/**
 * What a spreadsheet takes for a formula, at the beginning or after blanks, and in countries where a semicolon or a bar divides cells
 * also after one: `= + - @` and their full-width variants. Tab and CR are gone by then.
 */
const FORMULA = /(^|[;|])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g

/** A cell in a form that every reader takes for a text: quoted where needed, an apostrophe before what could be a formula. */
export function csvCell(value: string): string {
  const visible = value.replace(UNPRINTABLE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const plain = visible.replace(FORMULA, "$1'$2")
  return /[",;|'\s]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** `2026-11-21T06:51:16.590561Z` */
export function utcTime(micros: number): string {
  const millis = Math.floor(micros / 1000)
  const iso = new Date(millis).toISOString()
  return `${iso.slice(0, -1)}${String(micros - millis * 1000).padStart(3, '0')}Z`
}
