import type { CallContext } from './context'
import type { Document } from './documents'
import type { NeutronFailure } from './failure'
import type { StandardAttributes } from './model'

/** What may be sent for one attribute, and what can be asked with it. */
export interface Attribute {
  readonly post?: boolean
  readonly put?: boolean
  /** Must be in a POST. */
  readonly required?: boolean
  /** Filled into a POST that lacks it. */
  readonly default?: unknown
  /** false: a query with it is refused, as Neutron does since filter validation. */
  readonly filter?: boolean
  readonly sort?: boolean
  /** Only administrators may send it. */
  readonly admin?: boolean
  /** Why the value is not good, as Neutron words it; `undefined` when it is. */
  reason?(value: unknown): string | undefined
  /** Throws a NeutronFailure for what cannot be converted. */
  convert?(value: unknown): unknown
}

export type Attributes = Record<string, unknown>

/** One kind of object of the API: how it is asked for and changed. Throws NeutronFailure to refuse. */
export interface ResourceKind<T extends StandardAttributes = StandardAttributes> {
  readonly singular: string
  readonly plural: string
  /** In the URL: `security-groups`. */
  readonly path: string
  readonly attributes: Readonly<Record<string, Attribute>>
  rows(): Iterable<T>
  row(id: string): T | undefined
  /** Can this caller see it? What a caller cannot see does not exist for them. */
  readable(context: CallContext, row: T): boolean
  notFound(id: string): NeutronFailure
  document(context: CallContext, row: T): Document
  /** What a create answers and publishes, where that differs from later reads. */
  created?(context: CallContext, row: T): Document
  /** The whole last state, as a delete notification carries it. */
  lastState(context: CallContext, row: T): Document
  /** A filter of its own kind; `undefined`: compare with the document's attribute. */
  filter?(name: string, values: readonly string[], row: T): boolean | undefined
  /** All or none. */
  create?(context: CallContext, items: readonly Attributes[]): T[]
  update?(context: CallContext, row: T, changes: Attributes): void
  remove?(context: CallContext, row: T): void
  /** `PUT /routers/{id}/add_router_interface`: what it answers and, after success, what is published. */
  member?(
    context: CallContext,
    row: T,
    action: string,
    body: Attributes,
  ): { readonly answer: Document; readonly event?: { readonly type: string; readonly payload: Document } } | undefined
}
