import type { Attribute } from '../../attributes'
import type { AuditFilter, ExportRequest, Scope, SortKey, StoredEvent, StoredOperation } from '../../model'
import type { SortValues } from '../search'

/** One kind of indices, asked in its own terms; several are read as if they were one. */
export interface Source {
  page(request: SourceRequest): Promise<SourcePage>
  count(filter: AuditFilter): Promise<number>
  /** By code point. */
  values(filter: AuditFilter, attribute: Attribute): AsyncGenerator<readonly { value: string; count: number }[]>
  spans(filter: AuditFilter, interval: number, by?: Attribute): AsyncGenerator<readonly Span[]>
  find(scope: Scope, id: string): Promise<StoredOperation | undefined>
  export(request: ExportRequest): AsyncIterable<readonly StoredEvent[]>
}

export interface SourceRequest {
  readonly filter: AuditFilter
  readonly sort: readonly SortKey[]
  readonly size: number
  readonly after: SortValues | undefined
}

export interface SourcePage {
  readonly hits: readonly SourceHit[]
}

export interface SourceHit {
  /** Values of the sort keys in their order, then the time in µs. */
  readonly keys: SortValues
  /** For `after`. */
  readonly place: SortValues
  readonly event: StoredEvent
}

export interface Span {
  readonly time: number
  readonly by: string
  readonly count: number
}
