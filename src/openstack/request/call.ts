import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { HttpRequest } from '../../http/client'
import { checkedPath } from './path'
import { type KnownService, serviceOfType } from './services'

export type Method = HttpRequest['method']
export type QueryPair = readonly [name: string, value: string]

/** One call, checked: it can be sent as it is. */
export interface ServiceCall {
  readonly service: KnownService
  readonly method: Method
  readonly path: string
  readonly query: readonly QueryPair[]
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** What a dialog and a message say, before it is known to be good. */
export interface AskedCall {
  readonly service: unknown
  readonly method: unknown
  readonly path: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
  /** `2.79`; empty: the service's default. */
  readonly microversion: string
  /** Calls other than GET and HEAD are allowed. */
  readonly changes: boolean
}

const METHODS: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** @throws REQUEST_SERVICE, REQUEST_METHOD, REQUEST_CHANGES_OFF, REQUEST_PATH, REQUEST_QUERY, REQUEST_HEADER, REQUEST_BODY */
export function readCall(asked: AskedCall): ServiceCall {
  const service = readService(asked.service)
  const method = readMethod(asked.method, asked.changes)
  if (typeof asked.path !== 'string') throw wrong('REQUEST_PATH', 'The path is no text.')
  const { path, query } = checkedPath(asked.path)
  return {
    service,
    method,
    path,
    query: [...new URLSearchParams(query), ...readQuery(asked.query)],
    headers: { ...microversion(service, asked.microversion), ...readHeaders(asked.headers) },
    body: /^(POST|PUT|PATCH)$/.test(method) ? readBody(asked.body) : undefined,
  }
}

/** Whether the method only reads. */
export function isReading(method: Method): boolean {
  return method === 'GET' || method === 'HEAD'
}

function readService(type: unknown): KnownService {
  if (typeof type === 'string' && /^[\w-]{1,64}$/.test(type.trim())) return serviceOfType(type.trim())
  throw wrong('REQUEST_SERVICE', 'No service type is given.', 'Name one of the catalogue, such as compute.')
}

function readMethod(given: unknown, changes: boolean): Method {
  const method = METHODS.find((each) => each === String(given ?? 'GET').toUpperCase())
  if (method === undefined) throw wrong('REQUEST_METHOD', `"${quote(String(given), 40)}" is no method.`)
  if (isReading(method) || changes) return method
  throw wrong(
    'REQUEST_CHANGES_OFF',
    `${method} would change something, and this node only reads.`,
    'Tick changing calls in its dialog.',
  )
}

/** A text as in a URL, or an object; a list repeats its name, null and undefined leave it out. */
function readQuery(given: unknown): QueryPair[] {
  if (given === undefined || given === null || given === '') return []
  if (typeof given === 'string') return [...new URLSearchParams(given)]
  if (typeof given !== 'object' || Array.isArray(given))
    throw wrong('REQUEST_QUERY', 'The query is neither a text nor an object.')
  return Object.entries(given).flatMap(([name, value]) =>
    [value].flat().flatMap((each: unknown): QueryPair[] => {
      if (each === undefined || each === null) return []
      if (typeof each === 'object') throw wrong('REQUEST_QUERY', `The query's "${quote(name, 40)}" is no plain value.`)
      return [[name, String(each)]]
    }),
  )
}

/** Whose they are: the account's token, and the connection. `x-subject-token` too, as tokens do not travel in messages. */
const NOT_FOR_CALLERS =
  /^(x-auth-token|x-subject-token|x-service-token|x-roles|x-identity-.*|authorization|proxy-.*|cookie|host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive)$/

function readHeaders(given: unknown): Record<string, string> {
  if (given === undefined || given === null || given === '') return {}
  if (typeof given !== 'object' || Array.isArray(given)) throw wrong('REQUEST_HEADER', 'The headers are no object.')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase()
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower))
      throw wrong('REQUEST_HEADER', `"${quote(name, 40)}" is no header name.`)
    if (NOT_FOR_CALLERS.test(lower)) {
      throw wrong('REQUEST_HEADER', `The header ${lower} is not for a flow to set.`, "The account's own token is sent.")
    }
    const text = typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
    if (text === undefined || !/^[\t\u0020-\u007e]*$/.test(text)) {
      throw wrong('REQUEST_HEADER', `The header ${lower} is no plain text.`)
    }
    headers[lower] = text
  }
  return headers
}

function microversion({ name, microversionName }: KnownService, wanted: string): Record<string, string> {
  if (wanted === '') return {}
  if (!/^(\d+\.\d+|latest)$/.test(wanted)) throw wrong('REQUEST_HEADER', `"${quote(wanted, 40)}" is no microversion.`)
  if (microversionName !== undefined) return { 'openstack-api-version': `${microversionName} ${wanted}` }
  throw wrong(
    'REQUEST_HEADER',
    `${quote(name, 64)} has no microversions that this node knows.`,
    'Leave the microversion empty, or set the header by hand.',
  )
}

function readBody(given: unknown): string | undefined {
  if (given === undefined || given === null || given === '') return undefined
  if (typeof given === 'string') {
    try {
      JSON.parse(given)
      return given
    } catch {
      throw wrong('REQUEST_BODY', 'The body is a text that is not JSON.')
    }
  }
  if (typeof given === 'object' && !Buffer.isBuffer(given)) return JSON.stringify(given)
  throw wrong('REQUEST_BODY', 'The body is neither an object nor JSON text.')
}

function wrong(code: string, message: string, remedy?: string): OperatorError {
  return new OperatorError(code, message, remedy === undefined ? {} : { remedy })
}
