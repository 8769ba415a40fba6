import type { Checkpoint } from '../chain/model'
import type { SigningKey } from '../chain/signing'
import type { AuditFilter, ListRequest, Scope, StoredEvent, StoredOperation, Tenant, TenantSettings } from '../model'
import type { InsertOutcome } from '../store'
import type { Wire } from './wire'

export interface WriterCalls {
  /** Records of a batch that is too large for one message; they are inserted with its last part. */
  gather(batch: number, wire: Wire): void
  insert(batch: number, wire: Wire): Promise<readonly InsertOutcome[]>
  setSettings(tenant: Tenant, settings: TenantSettings): void
  checkpoint(): Checkpoint
  close(): void
}

export interface ReaderCalls {
  /** The first of the events with it; `total` where it is known at once. */
  list(request: ListRequest, limitMs: number): ListAnswer
  events(numbers: readonly number[]): StoredEvent[]
  count(filter: AuditFilter, limitMs: number): number
  get(scope: Scope, id: string, limitMs: number): StoredOperation | undefined
  settings(): { tenant: Tenant; settings: TenantSettings }[]
  close(): void
}

export interface ListAnswer {
  readonly events: readonly StoredEvent[]
  /** Of the events that follow, to be asked for. */
  readonly rest: readonly number[]
  readonly cursor?: string
  readonly total?: number
}

export interface WriterData {
  readonly role: 'writer'
  readonly path: string
  readonly fullText: boolean
  readonly key?: SigningKey
  readonly maxBytes?: number
}

export interface ReaderData {
  readonly role: 'reader'
  readonly path: string
}

/** What the writer says when it has the file. */
export interface Opened {
  readonly fullText: boolean
  /** Nothing is written any more; questions may still be answered. */
  readonly damaged?: string
}
