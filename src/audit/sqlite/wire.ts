import { ATTRIBUTES, type Attribute } from '../attributes'
import type { AuditRecord } from '../model'

/**
 * Records on their way to the writer's thread: one flat list of texts and numbers. To copy an object of strings between
 * threads costs several times as much as to copy its strings, and it is Node-RED's thread that pays.
 */
export type Wire = (string | number | null)[]

const MEMBERS = 13
const FINAL = 1
const AWAITS = 2
const WIDTH = MEMBERS + ATTRIBUTES.length

export function wireOf(records: readonly AuditRecord[]): Wire {
  const wire: Wire = []
  for (const record of records) {
    const { notification: sent, tenants, added, attributes } = record
    const marks = (record.phase === 'final' ? FINAL : 0) + (record.awaitsNames ? AWAITS : 0)
    wire.push(record.cloud, record.id, marks, record.time, record.body, record.contentHash)
    wire.push(sent.messageId ?? null, sent.eventType ?? null, sent.publisherId ?? null, sent.priority ?? null)
    wire.push(sent.timestamp ?? null, tenants.length === 0 ? null : JSON.stringify(tenants))
    wire.push(added === undefined ? null : JSON.stringify(added))
    for (const attribute of ATTRIBUTES) wire.push(attributes[attribute] ?? null)
  }
  return wire
}

export interface WireRecord extends Omit<AuditRecord, 'added'> {
  /** JSON */
  readonly added: string | null
}

export function recordsOf(wire: Wire): WireRecord[] {
  const records: WireRecord[] = []
  for (let at = 0; at < wire.length; at += WIDTH) records.push(recordAt(wire, at))
  return records
}

type Text = string | null

function recordAt(wire: Wire, at: number): WireRecord {
  const notification: Record<string, string> = {}
  const messageId = wire[at + 6] as Text
  const eventType = wire[at + 7] as Text
  const publisherId = wire[at + 8] as Text
  const priority = wire[at + 9] as Text
  const timestamp = wire[at + 10] as Text
  if (messageId !== null) notification['messageId'] = messageId
  if (eventType !== null) notification['eventType'] = eventType
  if (publisherId !== null) notification['publisherId'] = publisherId
  if (priority !== null) notification['priority'] = priority
  if (timestamp !== null) notification['timestamp'] = timestamp
  const tenants = wire[at + 11] as Text
  const marks = wire[at + 2] as number
  const attributes: Partial<Record<Attribute, string>> = {}
  for (let index = 0; index < ATTRIBUTES.length; index += 1) {
    const value = wire[at + MEMBERS + index] as Text
    // An empty value tells as little as none.
    if (value !== null && value !== '') attributes[ATTRIBUTES[index] as Attribute] = value
  }
  return {
    cloud: wire[at] as string,
    id: wire[at + 1] as string,
    phase: (marks & FINAL) === 0 ? 'pending' : 'final',
    time: wire[at + 3] as number,
    body: wire[at + 4] as string,
    contentHash: wire[at + 5] as string,
    notification,
    tenants: tenants === null ? [] : (JSON.parse(tenants) as string[]),
    attributes,
    added: wire[at + 12] as Text,
    ...((marks & AWAITS) === 0 ? {} : { awaitsNames: true }),
  }
}
