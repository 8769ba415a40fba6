import type { Attribute, Attributes } from './attributes'

/**
 * A tenant is a Keystone project or a Keystone domain, the two not told apart, as in Hermes. Ids repeat from cloud to
 * cloud (`default` is in each), so the key is both; written `<cloud>/<id>`.
 */
export interface Tenant {
  readonly cloud: string
  readonly id: string
}

/**
 * A phase of an operation: what was asked (`pending`: keystonemiddleware's `audit.http.request`), and what came of it
 * (`final`: everything else). One of each at most.
 */
export type Phase = 'pending' | 'final'

/** What is kept of the notification beside the event; served to clients of the older Hermes. */
export interface KeptNotification {
  readonly messageId?: string
  readonly eventType?: string
  readonly publisherId?: string
  readonly priority?: string
  readonly timestamp?: string
}

/** An event on its way into the trail. `body`, `notification`, `tenants` and the key never change again: they are hashed. */
export interface AuditRecord {
  readonly cloud: string
  /** `idKey` of the event's id: one spelling for each. With cloud and phase the key of a row. */
  readonly id: string
  readonly phase: Phase
  /** Of the event, µs since 1970. */
  readonly time: number
  /** The whole CADF event as JSON. */
  readonly body: string
  readonly notification: KeptNotification
  /** Ids of projects and domains in `cloud`, at most a few, each once; none: for administrators of the cloud only. */
  readonly tenants: readonly string[]
  readonly attributes: Attributes
  /** The same for the same occurrence whichever way it came (bus or log file); differing for the same key is a conflict. */
  readonly contentHash: string
  /** Filled in from look-ups by dotted path, e.g. `initiator.project_name`; kept beside the record, not hashed. */
  readonly added?: Readonly<Record<string, string>>
  /** Look-ups got no answer: it is among those that are asked for again, until it was filled in ({@link Filling}). */
  readonly awaitsNames?: true
}

export interface StoredEvent extends Omit<AuditRecord, 'contentHash' | 'attributes' | 'awaitsNames'> {
  /** Under which it was filed after it was stored, by what look-ups told then; beside the hashed ones, not hashed. */
  readonly addedTenants?: readonly string[]
  /** In the order of arrival in this store, from 1; unique in the store, also between writers. */
  readonly sequence: number
}

/** What look-ups told of an event after it was stored. */
export interface Filling {
  readonly event: StoredEvent
  /** All that look-ups have brought, in place of `added` of the event. */
  readonly added: Readonly<Record<string, string>>
  /** Those that come of what is new in it; others stay. */
  readonly attributes: Attributes
  /** To be added to those that it has. */
  readonly tenants: readonly string[]
}

/** An operation with its phases; `event` is the final one where it is there. */
export interface StoredOperation {
  readonly event: StoredEvent
  readonly pending?: StoredEvent
}

/**
 * What the asker may see at all. It is set by whoever asks on somebody's behalf, never taken from a query's text.
 * `tenants: 'all'` includes events without a tenant; an empty list is nothing. Without a cloud: all clouds.
 */
export type Scope =
  | { readonly tenants: 'all'; readonly cloud?: string }
  | { readonly tenants: readonly string[]; readonly cloud: string }

/** Case-sensitive; `prefix` begins with (the empty one: has any value), `exact` whole value. Any of the values will do. */
export interface Match {
  readonly attribute: Attribute
  readonly how: 'exact' | 'prefix'
  readonly values: readonly string[]
}

/** One of the matches holds; negated: none does. An event that lacks the attribute satisfies the negated condition only. */
export interface Condition {
  readonly negated: boolean
  readonly anyOf: readonly Match[]
}

/**
 * Full text over ids, names, types, actions, paths and addresses; case-insensitive, by words as `query/words.ts` makes them:
 * runs of letters and digits. Those of a search text come in lower case and hold nothing else, so they cannot carry syntax.
 */
export type TextQuery =
  | { readonly kind: 'word'; readonly text: string; readonly prefix: boolean }
  /** One after the other, two at least; with `prefix` the last one only begins so. */
  | { readonly kind: 'phrase'; readonly words: readonly string[]; readonly prefix?: boolean }
  /** Within one attribute: `target_id:abc`. The words of `text` (any text with one at least) one after the other. */
  | { readonly kind: 'field'; readonly attribute: Attribute; readonly text: string; readonly prefix: boolean }
  | { readonly kind: 'not'; readonly of: TextQuery }
  | { readonly kind: 'and' | 'or'; readonly of: readonly TextQuery[] }

/** All parts hold. Events of operations whose final phase is stored are counted and listed once, as the final one. */
export interface AuditFilter {
  readonly scope: Scope
  readonly where: readonly Condition[]
  /** µs since 1970, inclusive. */
  readonly from?: number
  /** µs since 1970, exclusive. */
  readonly to?: number
  readonly text?: TextQuery
}

export interface SortKey {
  readonly by: Attribute | 'time'
  readonly descending: boolean
}

export interface ListRequest {
  readonly filter: AuditFilter
  /** Engines append newest first and a unique last key; empty: newest first. Missing values come last, whichever way. */
  readonly sort: readonly SortKey[]
  readonly limit: number
  /** Either an offset or a cursor. */
  readonly offset?: number
  /**
   * `cursor` of an earlier page of the same filter and sort: what follows it. What has arrived meanwhile before that place is
   * not shown, and nothing is shown twice or skipped. Only for `sort` by time or empty.
   */
  readonly after?: string
  /** Whether `total` is wanted. Totals are exact. */
  readonly total: boolean
}

export interface Page {
  readonly events: readonly StoredEvent[]
  readonly total?: number
  /** Place of the last event, for `after`; absent on an empty page. Opaque; of no use to another scope. */
  readonly cursor?: string
}

export interface DistinctRequest {
  readonly filter: AuditFilter
  readonly attribute: Attribute
  /** Of values. */
  readonly limit: number
  /** Ties by value, by code point. */
  readonly order: 'value' | 'count'
  /** Without it counts are left out, which is much cheaper. */
  readonly counts: boolean
}

export interface DistinctValue {
  readonly value: string
  readonly count?: number
}

export interface HistogramRequest {
  readonly filter: AuditFilter
  /** µs; buckets begin at multiples of it since 1970 (UTC). */
  readonly interval: number
  /** Counts apart by value of this attribute; absent values under the empty string. */
  readonly by?: Attribute
  /** More buckets than this: AUDIT_TOO_WIDE. */
  readonly maxBuckets: number
}

/** Only buckets that hold something. */
export interface Bucket {
  /** Begin, µs since 1970. */
  readonly time: number
  readonly count: number
  readonly by?: Readonly<Record<string, number>>
}

export interface ExportRequest {
  readonly filter: AuditFilter
  readonly order: 'oldest-first' | 'newest-first'
  readonly signal?: AbortSignal
}

/** Of a tenant; what is absent is as the operator configured it for all. */
export interface TenantSettings {
  /** false: new events of this tenant are not recorded, but for those of identity and roles, which always are. */
  readonly enabled?: boolean
  readonly retentionDays?: number
  /** Who set it and when, ISO 8601. */
  readonly updatedBy?: string
  readonly updatedAt?: string
}

/**
 * What the operator configured for all of a store, as JSON, by name; what is not set is `null`. Nothing secret: of a key its
 * fingerprint.
 */
export type Configuration = Readonly<Record<string, unknown>>

/** What holds for a tenant: its own settings, and where it has none of its own whether the operator has recording on for all. */
export interface HoldingSettings extends TenantSettings {
  readonly enabled: boolean
}
