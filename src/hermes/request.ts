import type { IncomingMessage } from 'node:http'
import type { QueryParameters } from '../audit/query/parameters'
import { ApiFailure, badRequest } from './failure'
import { parsedBody } from './parsed-body'

/** Of path and query together; Node's own limit for all headers is 16 KiB. Longest of Hermes' clients is some 2 kB. */
const LONGEST_TARGET = 16_384
const LONGEST_BODY = 65_536

export interface Target {
  /** Without the query, as sent. */
  readonly path: string
  readonly query: URLSearchParams
}

/** @throws ApiFailure 414 */
export function targetOf(text: string): Target {
  if (text.length > LONGEST_TARGET) {
    throw new ApiFailure(414, 'TOO_LONG', `The address is longer than ${LONGEST_TARGET} characters.`)
  }
  const mark = text.indexOf('?')
  return mark < 0
    ? { path: text, query: new URLSearchParams() }
    : { path: text.slice(0, mark), query: new URLSearchParams(text.slice(mark + 1)) }
}

/** With line breaks taken out: what is asked for goes into links and records. */
export function parametersOf(query: URLSearchParams): QueryParameters {
  // Nothing of a request may become a member that every object has.
  const parameters: Record<string, string[]> = Object.create(null)
  for (const [name, value] of query) {
    const values = parameters[name] ?? []
    values.push(value.replace(/[\r\n]/g, ''))
    parameters[name] = values
  }
  return parameters
}

/** @throws ApiFailure 400 */
export function decodedSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest('BAD_PATH', 'The path has a % that begins no character.')
  }
}

export function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** `https://host:1880`: as the client sees this server. Only `X-Forwarded-Proto` is believed of what proxies add, as in Hermes. */
function originOf(request: IncomingMessage): string {
  const secure = 'encrypted' in request.socket && request.socket.encrypted === true
  const scheme = secure || headerOf(request, 'x-forwarded-proto') === 'https' ? 'https' : 'http'
  const host = headerOf(request, 'host')
  const { localAddress = '127.0.0.1', localPort } = request.socket
  return `${scheme}://${/^[\w.:[\]-]{1,255}$/.test(host) ? host : `${localAddress}:${localPort ?? ''}`}`
}

/** @throws ApiFailure 413, 415 */
export async function jsonBodyOf(request: IncomingMessage): Promise<string> {
  if (!/^application\/json\b/i.test(headerOf(request, 'content-type'))) {
    throw new ApiFailure(415, 'NOT_JSON', 'The body must be application/json.')
  }
  const tooLong = () => new ApiFailure(413, 'TOO_LONG', `The body is longer than ${LONGEST_BODY} bytes.`)
  if (Number(headerOf(request, 'content-length')) > LONGEST_BODY) throw tooLong()
  const parsed = parsedBody(request)
  if (parsed !== undefined) return JSON.stringify(parsed.value)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LONGEST_BODY) throw tooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Absolute URL of something of this API. */
export function linkTo(
  publicUrl: string | undefined,
  request: IncomingMessage,
  base: string,
  path: string,
  query?: URLSearchParams,
): string {
  const root = publicUrl === undefined || publicUrl === '' ? `${originOf(request)}${base}` : publicUrl
  const text = query?.toString() ?? ''
  return `${root}${path}${text === '' ? '' : `?${text}`}`
}
