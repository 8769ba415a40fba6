import type { IncomingMessage, ServerResponse } from 'node:http'
import type { QueryParameters } from '../audit/query/parameters'
import type { AuditTrail } from '../audit/trail'
import type { TokenChecker } from '../openstack/token-check'
import type { TokenFacts } from '../openstack/token-facts'
import type { Answer } from './answer'
import type { Metrics } from './metrics'
import type { Policy } from './policy/policy'
import type { RateLimit } from './rate-limit'
import type { Reading } from './scope'

/**
 * How events are shown. `flat`: today's Hermes; `old`: that of 2017 (the notification around the event); `both`: the members of
 * either; `event`: the CADF event as it is stored, nothing left out; `record`: that, and all that is kept beside it.
 */
export type Shape = 'flat' | 'old' | 'both' | 'event' | 'record'
export const SHAPES: readonly Shape[] = ['flat', 'old', 'both', 'event', 'record']

/** Where a request came in. */
export interface Place {
  /** Absolute path of the API without `/v1` and without a slash at the end: `/audit`; empty at the root. */
  readonly base: string
  /** What the request asks for below it, with its query: `/v1/events?limit=1`. */
  readonly target: string
}

/** Serves what is below `<base>/ui/`. `path` is what stands after it, without the query: `` for the page itself, `log-in`. */
export type Page = (
  request: IncomingMessage,
  response: ServerResponse,
  place: Place & { readonly path: string },
) => void

export interface HermesOptions {
  /** Undefined: there is none now; answered with 503. */
  readonly trail: AuditTrail | undefined
  readonly tokens: TokenChecker
  readonly policy: Policy
  /** Whose tenants are served, as the sources of the events name it. */
  readonly cloud: string
  readonly shape: Shape
  /** For each token, and for each address that sends none or bad ones. Undefined: no limit. */
  readonly rate?: RateLimit | undefined
  /** Whether `/metrics` is served, to anybody. */
  readonly metrics: boolean
  readonly page?: Page | undefined
  /** `https://audit.example.net/audit`: what links begin with, where a proxy hides how clients get here. */
  readonly publicUrl?: string | undefined
  /** Whether the last `X-Forwarded-For` is written by a proxy of the operator's. */
  readonly trustProxy?: boolean
  readonly clock?: { now(): number }
  /** For what only the operator can mend; no text of a caller is in it unescaped. */
  readonly onTrouble?: (text: string) => void
}

/** What routes know of the API. */
export interface Serving extends HermesOptions {
  readonly meter: Metrics | undefined
}

/** A request that a route answers. */
export interface Call {
  /** Absolute path with query, as sent. */
  readonly requestPath: string
  /** Members of the path by name, decoded. */
  readonly members: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly parameters: QueryParameters
  /** Absolute URL of this API: `link('/v1/events', query)`. */
  link(path: string, query?: URLSearchParams): string
  readonly signal: AbortSignal
  /** Reads the body whole. @throws ApiFailure 413, 415 */
  body(): Promise<string>
  readonly address: string
  readonly agent: string
}

/** One that showed a valid token and passed the route's rule. */
export interface KnownCall extends Call {
  readonly facts: TokenFacts
  readonly trail: AuditTrail
  readonly token: string
  /** Judged when asked for: Hermes looks at the parameters first. @throws ApiFailure 403 */
  reading(): Reading
  /** @throws ApiFailure 403 */
  demand(rule: string): void
}

export type OpenRoute = (call: Call, serving: Serving) => Answer | Promise<Answer>
export type KnownRoute = (call: KnownCall, serving: Serving) => Answer | Promise<Answer>
