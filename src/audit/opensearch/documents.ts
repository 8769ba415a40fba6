import type { Attributes } from '../attributes'
import { ATTRIBUTES } from '../attributes'
import { indexedValue } from '../indexed-value'
import type { AuditRecord, Filling, KeptNotification, StoredEvent } from '../model'
import { wordsOf } from '../query/words'
import { members } from './failure'

/** An event's place in the chain. */
export interface Place {
  readonly writer: string
  readonly position: number
  readonly sequence: number
  /** Hex. */
  readonly leaf: string
  /** Hex. */
  readonly link: string
}

/** Whitespace cuts longer tokens in Lucene; ours are cut before, on both sides. */
const LONGEST_WORD = 255

/** The words of a text as they are indexed and asked for. */
export function indexedWords(text: string): string[] {
  return wordsOf(text).map((word) => word.slice(0, LONGEST_WORD))
}

/** The final phase that superseded a pending one: its sequence, its writer's name, and who may see it. */
export interface Superseding {
  readonly sequence: number
  readonly writer: string
  readonly tenants: readonly string[]
}

/**
 * What of a document says that it is superseded, and for which of its tenants it is still pending: those that do not see the final
 * phase. Documents of older versions lack the latter; they are superseded for everybody.
 */
export function supersededMembers(
  tenants: readonly string[],
  { sequence, writer, tenants: seeing }: Superseding,
): object {
  const left = tenants.filter((tenant) => !seeing.includes(tenant))
  return { superseded: sequence, superseded_by: writer, ...(left.length === 0 ? {} : { pending_for: left }) }
}

export function eventDocument(record: AuditRecord, place: Place, fullText: boolean, superseding?: Superseding): object {
  const { cloud, id, phase, time, tenants, body, notification, added, contentHash, awaitsNames } = record
  const timestamp = timestampOf(time)
  const { messageId } = notification
  return {
    ...(timestamp === undefined ? {} : { '@timestamp': timestamp }),
    time,
    sequence: place.sequence,
    cloud,
    id: indexedValue(id),
    // Where the indexed form is not the whole.
    ...(indexedValue(id) === id ? {} : { whole_id: id }),
    phase,
    tenants,
    ...(messageId === undefined ? {} : { message_id: indexedValue(messageId) }),
    ...(superseding === undefined ? {} : supersededMembers(tenants, superseding)),
    writer: place.writer,
    position: place.position,
    leaf: place.leaf,
    link: place.link,
    content: contentHash,
    a: attributesOf(record.attributes, indexedValue),
    ...(fullText ? { words: attributesOf(record.attributes, (value) => indexedWords(value).join(' ')) } : {}),
    body,
    notification,
    ...(added === undefined ? {} : { added }),
    ...(awaitsNames ? { awaits: 1 } : {}),
  }
}

/** What changes of a document that look-ups fill in later. Those tenants that are in the hash are kept apart from then on. */
export function filledMembers({ event, added, attributes, tenants }: Filling, fullText: boolean): object {
  const all = [...new Set([...allTenants(event), ...tenants])]
  return {
    awaits: null,
    added,
    a: attributesOf(attributes, indexedValue),
    ...(fullText ? { words: attributesOf(attributes, (value) => indexedWords(value).join(' ')) } : {}),
    ...(all.length === event.tenants.length ? {} : { tenants: all, hashed_tenants: event.tenants }),
  }
}

/** Whenever it was filed under them. */
export function allTenants({ tenants, addedTenants = [] }: Pick<StoredEvent, 'tenants' | 'addedTenants'>): string[] {
  return [...tenants, ...addedTenants]
}

function attributesOf(attributes: Attributes, as: (value: string) => string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const attribute of ATTRIBUTES) {
    const value = attributes[attribute]
    if (value !== undefined) values[attribute] = as(value)
  }
  return values
}

/** For dashboards; undefined beyond the years that every date format takes. */
function timestampOf(time: number): string | undefined {
  const date = new Date(Math.floor(time / 1000))
  const year = date.getUTCFullYear()
  return year >= 1 && year <= 9999 ? date.toISOString() : undefined
}

/** What of a document `storedEvent` reads. */
export const EVENT_SOURCE = [
  'cloud',
  'id',
  'whole_id',
  'phase',
  'time',
  'sequence',
  'tenants',
  'hashed_tenants',
  'body',
  'notification',
  'added',
]

/** Undefined for a document that is none of ours. */
export function storedEvent(source: unknown): StoredEvent | undefined {
  const document = members(source)
  const { cloud, id, phase, time, sequence, tenants, body, added } = document
  if (typeof cloud !== 'string' || typeof id !== 'string' || typeof body !== 'string') return undefined
  if (typeof time !== 'number' || typeof sequence !== 'number' || (phase !== 'pending' && phase !== 'final'))
    return undefined
  const whole = document['whole_id']
  const all = tenantsOf(tenants)
  const hashed = document['hashed_tenants'] === undefined ? all : tenantsOf(document['hashed_tenants'])
  const later = all.filter((tenant) => !hashed.includes(tenant))
  return {
    cloud,
    id: typeof whole === 'string' ? whole : id,
    phase,
    time,
    sequence,
    body,
    tenants: hashed,
    ...(later.length === 0 ? {} : { addedTenants: later }),
    notification: keptNotification(document['notification']),
    ...(added === undefined ? {} : { added: texts(added) }),
  }
}

/** The member `tenants` of a document. */
export function tenantsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((tenant) => typeof tenant === 'string') : []
}

export function keptNotification(value: unknown): KeptNotification {
  const { messageId, eventType, publisherId, priority, timestamp } = texts(value)
  return {
    ...(messageId === undefined ? {} : { messageId }),
    ...(eventType === undefined ? {} : { eventType }),
    ...(publisherId === undefined ? {} : { publisherId }),
    ...(priority === undefined ? {} : { priority }),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
