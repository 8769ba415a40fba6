import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { describeError } from '../errors/operator-error'
import { type Answer, write } from './answer'
import { type Caller, callerGate } from './caller'
import { ApiFailure, asFailure } from './failure'
import { failureAnswer, plainFailure } from './failure-answer'
import type { Call, HermesOptions, Place } from './model'
import { peerOf } from './page/peer'
import { decodedSegment, headerOf, jsonBodyOf, originOf, parametersOf, targetOf } from './request'
import { type Entry, findRoute } from './routes/table'

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

const ALLOWED_HEADERS = 'X-Auth-Token, Content-Type, Accept'
const EXPOSED_HEADERS = 'Retry-After, X-Openstack-Request-Id, Content-Disposition'

/** A Hermes-compatible API over a trail, for any HTTP server of Node's. */
export function hermesApi(options: HermesOptions): HermesApi {
  const gate = callerGate(options)
  const underWay = new Set<{ readonly response: ServerResponse; readonly ended: Promise<void> }>()

  const answer = async (request: IncomingMessage, response: ServerResponse, place: Place, next?: () => void) => {
    const { method = 'GET' } = request
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      const { path, query } = targetOf(place.target)
      if (path === '/ui' || path.startsWith('/ui/')) {
        if (options.page !== undefined) return options.page(request, response, { ...place, path: path.slice(4) })
      }
      const found = path.includes('//') ? undefined : findRoute(path)
      if (found === undefined && next !== undefined && !path.startsWith('/v1')) return next()
      common(response)
      if (method === 'OPTIONS') return void (await write(response, preflight(found?.entry), false))
      if (path.includes('//')) return void (await write(response, cleaned(place, path), false))
      if (found === undefined) throw new ApiFailure(404, 'NO_SUCH_PATH', 'There is nothing at this path.')
      const { entry } = found
      const verb = method === 'HEAD' ? 'GET' : method
      const known = 'open' in entry ? undefined : verb === 'PUT' ? entry.put : entry.get
      if ((verb !== 'GET' && verb !== 'PUT') || (verb === 'PUT' && known === undefined)) {
        return void (await write(response, { status: 405, headers: { allow: methodsOf(entry) } }, false))
      }
      const members = Object.fromEntries(
        Object.entries(found.members).map(([name, text]) => [name, decodedSegment(text)]),
      )
      const call: Call = {
        method: verb,
        requestPath: `${place.base}${place.target}`,
        members,
        query,
        parameters: parametersOf(query),
        link: (to, parameters) => linkTo(options, request, place, to, parameters),
        signal: gone.signal,
        body: () => jsonBodyOf(request),
        address: peerOf(request, options.trustProxy === true).address,
        agent: headerOf(request, 'user-agent'),
      }
      if ('open' in entry) return void (await write(response, await entry.open(call, options), method === 'HEAD'))
      response.setHeader('cache-control', 'no-store')
      const token = headerOf(request, 'x-auth-token')
      const rule = verb === 'PUT' ? (entry.putRule ?? entry.rule) : entry.rule
      const caller: Caller = { call, token, rule, cost: entry.cost }
      const route = known ?? entry.get
      await write(response, await route(await gate(caller), options), method === 'HEAD')
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (failure.status >= 500) options.onTrouble?.(troubleOf(failure))
      if (response.headersSent) response.destroy()
      else await write(response, failureAnswer(failure, request, place.target), method === 'HEAD')
    }
  }

  return {
    get underWay() {
      return underWay.size
    },
    handle(request, response, place, next) {
      const ended = answer(request, response, place, next).catch((thrown: unknown) => {
        // Nothing may end the process; whoever waits is told at least that it failed.
        options.onTrouble?.(describeError(thrown))
        if (!response.headersSent) plainFailure(response)
        else response.destroy()
      })
      const entry = { response, ended }
      underWay.add(entry)
      ended.finally(() => underWay.delete(entry))
    },
    async close(withinMs) {
      const all = Promise.all([...underWay].map(({ ended }) => ended))
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs)
      })
      await Promise.race([all, patience])
      clearTimeout(timer)
      for (const { response } of underWay) response.destroy()
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
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-max-age': '600',
      ...(entry === undefined ? {} : { allow: methodsOf(entry) }),
    },
  }
}

function methodsOf(entry: Entry): string {
  return 'put' in entry && entry.put !== undefined ? 'GET, HEAD, PUT, OPTIONS' : 'GET, HEAD, OPTIONS'
}

/** As Hermes' router does; relative to this server, so that nobody can be sent elsewhere. */
function cleaned({ base, target }: Place, path: string): Answer {
  const clean = `${base}${path.replace(/\/{2,}/g, '/')}`
  const location = `/${clean.replace(/^\/+/, '')}${target.slice(path.length)}`
  return { status: 301, headers: { location } }
}

function linkTo(
  { publicUrl }: HermesOptions,
  request: IncomingMessage,
  { base }: Place,
  path: string,
  query?: URLSearchParams,
): string {
  const root = publicUrl === undefined || publicUrl === '' ? `${originOf(request)}${base}` : publicUrl
  const text = query?.toString() ?? ''
  return `${root}${path}${text === '' ? '' : `?${text}`}`
}

function troubleOf({ message, cause }: ApiFailure): string {
  return cause === undefined ? message : `${message} ${describeError(cause)}`
}
