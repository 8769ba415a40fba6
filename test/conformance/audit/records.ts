import { createHash } from 'node:crypto'
import type { AuditFilter, AuditRecord, ListRequest, Scope, StoredEvent } from '../../../src/audit/model'
import type { AuditStore } from '../../../src/audit/store'
import { idKey } from '../../../src/cadf/identity'

/** 2026-11-21T06:00:00Z in µs: where the tests' days begin. */
export const MORNING = Date.parse('2026-11-21T06:00:00Z') * 1000
export const SECOND = 1_000_000
export const MINUTE = 60 * SECOND
export const DAY = 86_400 * SECOND

export const EVERYTHING: Scope = { tenants: 'all' }

let made = 0

/** A record of an event; what is not told is the same for all but the id and the time, one second after the last one's. */
export function auditRecord(changes: Partial<AuditRecord> = {}): AuditRecord {
  made += 1
  const id = changes.id ?? idKey(`00000000-0000-4000-8000-${made.toString(16).padStart(12, '0')}`)
  const time = changes.time ?? MORNING + made * SECOND
  const body =
    changes.body ?? JSON.stringify({ typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event', id, note: 'größe' })
  const record = {
    cloud: 'lab',
    phase: 'final' as const,
    notification: {},
    tenants: ['project-a'],
    attributes: { action: 'create', outcome: 'success', cloud: changes.cloud ?? 'lab' },
    ...changes,
    id,
    time,
    body,
  }
  return { ...record, contentHash: changes.contentHash ?? createHash('sha256').update(record.body).digest('hex') }
}

/** A record with these attributes beside the cloud. */
export function withAttributes(attributes: AuditRecord['attributes'], changes: Partial<AuditRecord> = {}): AuditRecord {
  return auditRecord({ ...changes, attributes: { cloud: changes.cloud ?? 'lab', ...attributes } })
}

/** What a store must hand out for a record, but for the sequence. */
export function asStored(record: AuditRecord): Omit<StoredEvent, 'sequence'> {
  const { contentHash, attributes, awaitsNames, ...stored } = record
  return stored
}

export function withoutSequence({ sequence, ...event }: StoredEvent): Omit<StoredEvent, 'sequence'> {
  return event
}

export function filter(changes: Partial<AuditFilter> = {}): AuditFilter {
  return { scope: EVERYTHING, where: [], ...changes }
}

export function request(changes: Partial<ListRequest> = {}): ListRequest {
  return { filter: filter(), sort: [], limit: 100, total: false, ...changes }
}

/** The ids that a filter finds, newest first. */
export async function found(store: AuditStore, changes: Partial<AuditFilter> = {}): Promise<string[]> {
  const page = await store.list(request({ filter: filter(changes), limit: 1000 }))
  return page.events.map((event) => event.id)
}

export function idsOf(events: readonly { readonly id: string }[]): string[] {
  return events.map((event) => event.id)
}

/** Rejected with an error of this code. */
export function coded(code: string): (error: unknown) => boolean {
  return (error) => {
    const actual = (error as { code?: unknown } | undefined)?.code
    if (actual !== code) throw new Error(`expected an error ${code}, not ${String(actual)}: ${String(error)}`)
    return true
  }
}
