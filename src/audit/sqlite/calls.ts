import type { Attributes } from '../attributes'
import type { Checkpoint, VerifyReport } from '../chain/model'
import type { SigningKey, VerifyingKey } from '../chain/signing'
import type {
  AuditFilter,
  Bucket,
  Configuration,
  DistinctRequest,
  DistinctValue,
  ExportRequest,
  HistogramRequest,
  ListRequest,
  Scope,
  StoredEvent,
  StoredOperation,
  Tenant,
  TenantSettings,
} from '../model'
import type { InsertOutcome, StoreSize } from '../store'
import type { ExportPlace, ExportPortion } from './export'
import type { Wire } from './wire'

export interface WriterCalls {
  /** Records of a batch that is too large for one message; they are inserted with its last part. */
  gather(batch: number, wire: Wire): void
  insert(batch: number, wire: Wire): Promise<readonly InsertOutcome[]>
  fillIn(fillings: readonly LateRow[]): void
  setSettings(tenant: Tenant, settings: TenantSettings): void
  setConfiguration(configuration: Configuration): void
  checkpoint(): Checkpoint
  retire(what: Retire): Retired
  close(): void
}

export interface ReaderCalls {
  /** The first of the events with it; `total` where it is known at once. */
  awaiting(after: number, limit: number): StoredEvent[]
  list(request: ListRequest, limitMs: number): ListAnswer
  events(numbers: readonly number[]): StoredEvent[]
  count(filter: AuditFilter, limitMs: number): number
  get(scope: Scope, id: string, limitMs: number): StoredOperation | undefined
  distinct(request: DistinctRequest, limitMs: number): DistinctValue[]
  histogram(request: HistogramRequest, limitMs: number): Bucket[]
  export(request: Omit<ExportRequest, 'signal'>, place: ExportPlace | undefined, limitMs: number): ExportPortion
  /** Begins a verification; answers its number. */
  verify(known: readonly Checkpoint[]): number
  /** Compares the next rows; answers the report when there are no more. */
  verifyMore(verification: number): VerifyReport | undefined
  /** Nobody waits for it any more. */
  verifyNoMore(verification: number): void
  size(): StoreSize
  settings(): { tenant: Tenant; settings: TenantSettings }[]
  configuration(): Configuration | undefined
  close(): void
}

/** What is filled in later, of one event. */
export interface LateRow {
  readonly seq: number
  readonly cloud: string
  readonly added: Readonly<Record<string, string>>
  readonly attributes: Attributes
  readonly tenants: readonly string[]
}

/** Of which events the contents go next. */
export type Retire =
  | { readonly by: 'tenant'; readonly tenant: Tenant; readonly before: number; readonly after?: RetirePlace }
  | {
      readonly by: 'others'
      readonly exceptTenants: readonly Tenant[]
      readonly before: number
      readonly after?: RetirePlace
    }
  | { readonly by: 'size'; readonly bytes: number }

export interface RetirePlace {
  readonly time: number
  readonly seq: number
}

export interface Retired {
  readonly removed: number
  /** Where to go on; absent when there is nothing left to look at. */
  readonly place?: RetirePlace
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
  /** With which signatures are verified. */
  readonly keys: readonly VerifyingKey[]
}

/** What the writer says when it has the file. */
export interface Opened {
  readonly fullText: boolean
  /** Nothing is written any more; questions may still be answered. */
  readonly damaged?: string
}
