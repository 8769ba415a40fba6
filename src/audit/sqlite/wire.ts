import type { AuditRecord } from '../model'
import { DETAIL, KIND, PARTY } from './columns'
import type { Values } from './interned'

/**
 * Records on their way to the writer's thread: one flat list of texts and numbers. To copy an object of strings between
 * threads costs several times as much as to copy its strings, and it is Node-RED's thread that pays.
 */
export type Wire = (string | number | null)[]

const FINAL = 1
const AWAITS = 2
/** Where the values of each group begin; the cloud stands before those of the kind, of which it is a part. */
const KINDS = 12
const PARTIES = KINDS + 1 + KIND.length
const DETAILS = PARTIES + PARTY.length
const WIDTH = DETAILS + DETAIL.length

export function wireOf(records: readonly AuditRecord[]): Wire {
  const wire: Wire = []
  for (const record of records) {
    const { notification: sent, tenants, added, attributes } = record
    const marks = (record.phase === 'final' ? FINAL : 0) + (record.awaitsNames ? AWAITS : 0)
    wire.push(record.id, marks, record.time, record.body, record.contentHash)
    wire.push(sent.messageId ?? null, sent.eventType ?? null, sent.publisherId ?? null, sent.priority ?? null)
    wire.push(sent.timestamp ?? null, tenants.length === 0 ? null : JSON.stringify(tenants))
    wire.push(added === undefined ? null : JSON.stringify(added), record.cloud)
    // An empty value tells as little as none.
    for (const name of KIND) wire.push(attributes[name] || null)
    for (const name of PARTY) wire.push(attributes[name] || null)
    for (const name of DETAIL) wire.push(attributes[name] || null)
  }
  return wire
}

/** A record as the writer takes it: its attributes stand in the order of the columns that they go to. */
export interface WireRecord extends Omit<AuditRecord, 'added' | 'attributes'> {
  /** The record's cloud, then {@link KIND} */
  readonly kind: Values
  /** {@link PARTY} */
  readonly party: Values
  /** {@link DETAIL} */
  readonly details: Values
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
  const messageId = wire[at + 5] as Text
  const eventType = wire[at + 6] as Text
  const publisherId = wire[at + 7] as Text
  const priority = wire[at + 8] as Text
  const timestamp = wire[at + 9] as Text
  if (messageId !== null) notification['messageId'] = messageId
  if (eventType !== null) notification['eventType'] = eventType
  if (publisherId !== null) notification['publisherId'] = publisherId
  if (priority !== null) notification['priority'] = priority
  if (timestamp !== null) notification['timestamp'] = timestamp
  const tenants = wire[at + 10] as Text
  const marks = wire[at + 1] as number
  return {
    id: wire[at] as string,
    phase: (marks & FINAL) === 0 ? 'pending' : 'final',
    time: wire[at + 2] as number,
    body: wire[at + 3] as string,
    contentHash: wire[at + 4] as string,
    notification,
    tenants: tenants === null ? [] : (JSON.parse(tenants) as string[]),
    added: wire[at + 11] as Text,
    cloud: wire[at + KINDS] as string,
    kind: wire.slice(at + KINDS, at + PARTIES) as Text[],
    party: wire.slice(at + PARTIES, at + DETAILS) as Text[],
    details: wire.slice(at + DETAILS, at + WIDTH) as Text[],
    ...((marks & AWAITS) === 0 ? {} : { awaitsNames: true }),
  }
}
