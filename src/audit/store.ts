import type { OperatorError } from '../errors/operator-error'
import type { Checkpoint, VerifyReport } from './chain/model'
import type {
  AuditFilter,
  AuditRecord,
  Bucket,
  Configuration,
  DistinctRequest,
  DistinctValue,
  ExportRequest,
  Filling,
  HistogramRequest,
  ListRequest,
  Page,
  Scope,
  StoredEvent,
  StoredOperation,
  Tenant,
  TenantSettings,
} from './model'

/** What became of a record: written; there already with the same content; there already with other content (not written). */
export type InsertOutcome = 'stored' | 'repeated' | 'conflict'

/**
 * Where the trail is kept. Two engines implement it, SQLite in a worker thread (`sqlite/`) and OpenSearch over HTTP
 * (`opensearch/`); `test/conformance/audit-store.ts` says for both what holds.
 *
 * Everything may reject with an OperatorError:
 * `AUDIT_STORE_FULL`, `AUDIT_STORE_AWAY`, `AUDIT_STORE_BUSY` (retryable), `AUDIT_STORE_DAMAGED`, `AUDIT_STORE_CLOSED`,
 * `AUDIT_STORE_IN_USE` (another process writes), `AUDIT_STORE_NEEDS_NODE`, `AUDIT_STORE_REFUSED` (a person must act);
 * questions also with `AUDIT_TOO_DEEP` (offset beyond what the engine can do), `AUDIT_TOO_WIDE`, `AUDIT_TOO_SLOW` (took longer
 * than the limit), `AUDIT_BAD_CURSOR`.
 */
export interface AuditStore {
  /** What was found to be wrong with it when it was opened, and will be until it is opened again: it can be read as far as it goes. */
  readonly trouble?: OperatorError
  /**
   * Resolves when all are on disk: all or none (OpenSearch: those that resolve are; a part may have been written when it rejects,
   * and inserting again completes it). Answers in order.
   */
  insert(records: readonly AuditRecord[]): Promise<readonly InsertOutcome[]>
  /** Events that this writer stored with `awaitsNames` and that were not filled in since, by sequence, after one. */
  awaiting(after: number, limit: number): Promise<readonly StoredEvent[]>
  /** Fills in: nothing that is hashed changes. What is gone meanwhile is left out; none of these awaits anything any more. */
  fillIn(fillings: readonly Filling[]): Promise<void>
  list(request: ListRequest): Promise<Page>
  count(filter: AuditFilter): Promise<number>
  distinct(request: DistinctRequest): Promise<readonly DistinctValue[]>
  histogram(request: HistogramRequest): Promise<readonly Bucket[]>
  /** By event id (in any spelling), else by message id. Undefined: not there, or not within the scope. */
  get(scope: Scope, id: string): Promise<StoredOperation | undefined>
  /**
   * In portions, of what was there when it began; ends early when the signal fires. Superseded events are left out.
   * Whoever iterates may be slow; inserting is not held up.
   */
  export(request: ExportRequest): AsyncIterable<readonly StoredEvent[]>
  /**
   * Removes the bodies of events before a time (µs), a portion at a time: of one tenant's events (an event of two tenants stays
   * until both let it go), or of all that no tenant's own rule keeps longer. Leaf hashes stay, and a signed record of the
   * ranges is appended to the chain. Answers how many were removed.
   */
  deleteBefore(
    time: number,
    what: { readonly tenant: Tenant } | { readonly exceptTenants: readonly Tenant[] },
  ): Promise<number>
  /** Removes the oldest until the store takes at most so many bytes. */
  deleteDownTo(bytes: number): Promise<number>
  settings(): Promise<readonly { readonly tenant: Tenant; readonly settings: TenantSettings }[]>
  setSettings(tenant: Tenant, settings: TenantSettings): Promise<void>
  /** As {@link setConfiguration} was given it last by this writer, in this process or one before. Undefined: never. */
  configuration(): Promise<Configuration | undefined>
  setConfiguration(configuration: Configuration): Promise<void>
  /** The end of this writer's chain, signed where a key is configured. */
  checkpoint(): Promise<Checkpoint>
  /** Reads the whole chain of every writer (or of one) and compares; `known` are checkpoints that were kept elsewhere. */
  verify(known: readonly Checkpoint[], options?: { readonly signal?: AbortSignal }): Promise<VerifyReport>
  size(): Promise<StoreSize>
  close(): Promise<void>
}

export interface StoreSize {
  /** Rows with a body, of every phase. */
  readonly events: number
  readonly bytes: number
  /** µs since 1970. */
  readonly oldest?: number
  readonly newest?: number
}
