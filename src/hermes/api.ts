import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describeError } from '../errors/operator-error'
import { type Answer, write } from './answer'
import { callerGate } from './caller'
import { ApiFailure, asFailure } from './failure'
import { failureAnswer } from './failure-answer'
import { metrics } from './metrics'
import type { Call, HermesOptions, Place, Serving } from './model'
import { peerOf } from './page/peer'
import { decodedSegment, headerOf, jsonBodyOf, linkTo, parametersOf, type Target, targetOf } from './request'
import { type Entry, type Found, findRoute } from './routes/table'

export interface HermesApi {
  /**
   * Answers a request below the API's base. `next`: the path is none of this API's, and something else may have it; without it
   * the answer is 404.
   */
  handle(request: IncomingMessage, response: ServerResponse, place: Place, next?: () => void): void
  /** Requests that are being answered. */
  readonly underWay: number
  /** Waits for what is being answered, and cuts what is not finished by then. */
  close(withinMs: number): Promise<void>
}

/** A request, and what has become clear of it so far. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly place: Place
  readonly next: (() => void) | undefined
  readonly gone: AbortSignal
  entry: Entry | undefined
}

const ALLOWED_HEADERS = 'X-Auth-Token, Content-Type, Accept'
const EXPOSED_HEADERS = 'Retry-After, X-Openstack-Request-Id, Content-Disposition'

/** A Hermes-compatible API over a trail, for any HTTP server of Node's. */
export function hermesApi(options: HermesOptions): HermesApi {
  const meter = options.metrics ? metrics() : undefined
  const serving: Serving = { ...options, meter }
  const gate = callerGate(options)
  const underWay = new Map<ServerResponse, Promise<void>>()

  const dispatch = async (exchange: Exchange, { path, query }: Target): Promise<Answer> => {
    const { request, place, gone } = exchange
    const { method = 'GET' } = request
    if (method === 'OPTIONS') return preflight(exchange.entry)
    if (path.includes('//')) return cleaned(place, path)
    const found = findRoute(path)
    if (found === undefined) throw new ApiFailure(404, 'NO_SUCH_PATH', 'There is nothing at this path.')
    const { entry } = found
    const reading = method === 'GET' || method === 'HEAD'
    const writing = 'get' in entry && entry.write?.method === method ? entry.write : undefined
    if (!reading && writing === undefined) return { status: 405, headers: { allow: methodsOf(entry) } }
    const call: Call = {
      requestPath: `${place.base}${place.target}`,
      members: decodedMembers(found),
      query,
      parameters: parametersOf(query),
      link: (to, parameters) => linkTo(options.publicUrl, request, place.base, to, parameters),
      signal: gone,
      body: () => jsonBodyOf(request),
      address: peerOf(request, options.trustProxy === true).address,
      agent: headerOf(request, 'user-agent'),
    }
    if ('open' in entry) return entry.open(call, serving)
    exchange.response.setHeader('cache-control', 'no-store')
    const { rule, route } = writing ?? { rule: entry.rule, route: entry.get }
    const known = await gate({ call, token: headerOf(request, 'x-auth-token'), rule, cost: entry.cost })
    return route(known, serving)
  }

  const told = (thrown: unknown, { request, place, entry, gone }: Exchange): Answer => {
    const failure = asFailure(thrown)
    meter?.failed(entry?.handler ?? 'none', failure.status, failure.code)
    // Whatever fails because the client went away is nobody's trouble.
    if (failure.status >= 500 && !gone.aborted) options.onTrouble?.(troubleOf(failure))
    return failureAnswer(failure, request, place.target)
  }

  const answer = async (exchange: Exchange): Promise<void> => {
    const { request, response, place } = exchange
    const startedAt = performance.now()
    let responseBytes = 0
    let firstByteSeconds: number | undefined
    const seconds = () => (performance.now() - startedAt) / 1000
    const began = () => {
      firstByteSeconds ??= seconds()
    }
    meter?.began()
    try {
      const withoutBody = request.method === 'HEAD'
      try {
        const answered = await dispatch(exchange, targetOf(place.target))
        responseBytes = await write(response, answered, withoutBody, began)
      } catch (thrown) {
        const failure = told(thrown, exchange)
        if (!response.headersSent) responseBytes = await write(response, failure, withoutBody, began)
      }
    } finally {
      meter?.ended({
        handler: exchange.entry?.handler ?? 'none',
        endpoint: exchange.entry?.path ?? 'none',
        method: request.method ?? '',
        status: response.statusCode,
        seconds: seconds(),
        firstByteSeconds,
        requestBytes: Number(headerOf(request, 'content-length')) || 0,
        responseBytes,
      })
    }
  }

  return {
    get underWay() {
      return underWay.size
    },
    handle(request, response, place, next) {
      const path = place.target.split('?', 1)[0] ?? ''
      if (options.page !== undefined && (path === '/ui' || path.startsWith('/ui/'))) {
        options.page(request, response, { ...place, path: path.slice(4) })
        return
      }
      const entry = findRoute(path)?.entry
      const served = entry?.path === '/metrics' && meter === undefined ? undefined : entry
      if (served === undefined && next !== undefined && !path.startsWith('/v1')) {
        next()
        return
      }
      common(response)
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      const exchange: Exchange = { request, response, place, next, gone: gone.signal, entry: served }
      const ended = answer(exchange)
        .catch((thrown: unknown) => {
          // Nothing may end the process.
          options.onTrouble?.(describeError(thrown))
          response.destroy()
        })
        .finally(() => underWay.delete(response))
      underWay.set(response, ended)
    },
    async close(withinMs) {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs)
      })
      await Promise.race([Promise.all(underWay.values()), patience])
      clearTimeout(timer)
      for (const response of underWay.keys()) response.destroy()
    },
  }
}

function common(response: ServerResponse): void {
  response.setHeader('access-control-allow-origin', '*')
  response.setHeader('access-control-expose-headers', EXPOSED_HEADERS)
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-openstack-request-id', `req-${randomUUID()}`)
}

/** Before anything is asked for with a token from another origin, a browser asks whether it may. */
function preflight(entry: Entry | undefined): Answer {
  return {
    status: 204,
    headers: {
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-allow-methods': 'GET, HEAD, PUT, POST',
      'access-control-max-age': '600',
      ...(entry === undefined ? {} : { allow: methodsOf(entry) }),
    },
  }
}

function methodsOf(entry: Entry): string {
  const writing = 'get' in entry && entry.write !== undefined ? [entry.write.method] : []
  return ['GET', 'HEAD', ...writing, 'OPTIONS'].join(', ')
}

function decodedMembers({ members }: Found): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(members).map(([name, text]) => [name, decodedSegment(text)]))
}

/** As Hermes' router does; relative to this server, so that nobody can be sent elsewhere. */
function cleaned({ base, target }: Place, path: string): Answer {
  const clean = `${base}${path.replace(/\/{2,}/g, '/')}`
  return { status: 301, headers: { location: `/${clean.replace(/^\/+/, '')}${target.slice(path.length)}` } }
}

function troubleOf({ message, cause }: ApiFailure): string {
  return cause === undefined ? message : `${message} ${describeError(cause)}`
}
