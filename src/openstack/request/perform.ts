import { OperatorError } from '../../errors/operator-error'
import { HttpError } from '../../http/http-error'
import { OpenStackError } from '../openstack-error'
import type { KeystoneSession } from '../session'
import { readAnswer, type ServiceAnswer } from './answer'
import { isReading, type ServiceCall } from './call'
import { readPage } from './pages'
import { pathBelow } from './path'

export interface PerformOptions {
  /** Follow the pages of a listing and answer all its items as one list. */
  readonly paged: boolean
  /** Name of the list in the answer; empty: the only one there is. */
  readonly collection: string
  /** Of a whole answer, all its pages together. */
  readonly maxBytes: number
  /** 404 is an answer (payload null) and no error. */
  readonly missingIsAnswer: boolean
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Called right before a call that changes something is sent. */
  readonly begin?: () => void
}

/** A server that keeps sending pages is broken. */
const MOST_PAGES = 10_000

/**
 * Makes one call. A listing is answered whole or not at all.
 * @throws OpenStackError, HttpError; REQUEST_UNCLEAR when nobody knows whether a POST or PATCH was done; REQUEST_TOO_LARGE
 */
export async function perform(
  session: KeystoneSession,
  call: ServiceCall,
  options: PerformOptions,
): Promise<ServiceAnswer> {
  const path = pathBelow(await session.endpoint(call.service), call.path)
  const ask = asking(session, call, path, options)
  const query = queryText(call.query)
  try {
    if (!options.paged || call.method !== 'GET') return (await ask(query)).answer
    return await allPages(ask, call, options, path, query)
  } catch (thrown) {
    if (options.missingIsAnswer && thrown instanceof OpenStackError && thrown.code === 'OPENSTACK_NOT_FOUND') {
      return { status: 404, headers: {}, payload: null }
    }
    throw thrown
  }
}

type Ask = (query: string) => Promise<{ readonly answer: ServiceAnswer; readonly bytes: number }>

function asking(session: KeystoneSession, call: ServiceCall, path: string, options: PerformOptions): Ask {
  const { service, method, headers, body } = call
  return async (query) => {
    if (!isReading(method)) options.begin?.()
    try {
      const response = await session.request(service, {
        method,
        path: query === '' ? path : `${path}?${query}`,
        headers,
        maxBytes: options.maxBytes,
        signal: options.signal,
        ...(body === undefined ? {} : { body }),
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      })
      return { answer: readAnswer(response), bytes: Buffer.byteLength(response.text) }
    } catch (thrown) {
      if (thrown instanceof HttpError && thrown.code === 'HTTP_BODY_TOO_LARGE') throw tooLarge(call, options.maxBytes)
      // PUT and DELETE come to the same when they are done twice; these do not.
      const unclear = thrown instanceof HttpError && thrown.sent && (method === 'POST' || method === 'PATCH')
      throw unclear ? unclearOutcome(call, thrown) : thrown
    }
  }
}

async function allPages(
  ask: Ask,
  call: ServiceCall,
  options: PerformOptions,
  path: string,
  first: string,
): Promise<ServiceAnswer> {
  try {
    return await walk(ask, call, options, path, first)
  } catch (thrown) {
    if (!(thrown instanceof MarkerGone)) throw thrown
    // The last item of a page was deleted before the next page was asked for: begin again, once.
    return walk(ask, call, options, path, first)
  }
}

async function walk(
  ask: Ask,
  call: ServiceCall,
  options: PerformOptions,
  path: string,
  first: string,
): Promise<ServiceAnswer> {
  const what = describeCall(call)
  const items: unknown[] = []
  const asked = new Set<string>()
  let left = options.maxBytes
  let linked = false
  for (let query = first; ; ) {
    if (asked.has(query) || asked.size >= MOST_PAGES) {
      throw new OpenStackError('OPENSTACK_PAGING', `${what}: the pages never end.`, {
        remedy: 'The listing is not whole: the service repeats a page.',
      })
    }
    const continued = asked.size > 0
    asked.add(query)
    const { answer, bytes } = await ask(query).catch((thrown: unknown) => {
      throw continued && thrown instanceof OpenStackError && thrown.status === 404
        ? new MarkerGone(what, thrown)
        : thrown
    })
    left -= bytes
    if (left < 0) throw tooLarge(call, options.maxBytes)
    const page = readPage(answer.payload, {
      what,
      path,
      query: [...new URLSearchParams(query)],
      collection: options.collection,
      linked,
    })
    linked = page.linked
    items.push(...page.items)
    if (page.next === undefined) return { ...answer, payload: items }
    query = page.next
  }
}

/** `Nova: GET /servers/detail`; what was asked for may hold what is nobody's business, so the query stays out. */
export function describeCall({ service, method, path }: ServiceCall): string {
  return `${service.name}: ${method} ${path}`
}

function queryText(query: ServiceCall['query']): string {
  return new URLSearchParams(query.map(([name, value]): [string, string] => [name, value])).toString()
}

class MarkerGone extends OpenStackError {
  constructor(what: string, cause: OpenStackError) {
    super('OPENSTACK_PAGING', `${what}: an item vanished while the list was read.`, { retryable: true, cause })
  }
}

function tooLarge(call: ServiceCall, maxBytes: number): OperatorError {
  const megabytes = Math.round(maxBytes / 104_857.6) / 10
  return new OperatorError('REQUEST_TOO_LARGE', `${describeCall(call)} answered more than ${megabytes} MB.`, {
    remedy: 'Filter the listing, or raise the limit in the dialog.',
  })
}

function unclearOutcome(call: ServiceCall, cause: HttpError): OperatorError {
  return new OperatorError(
    'REQUEST_UNCLEAR',
    `${describeCall(call)} was sent, and its answer was lost: nobody knows whether it was done. ${cause.message}`,
    { remedy: 'It is not repeated, as that could do it twice. Look, and repeat it by hand if need be.', cause },
  )
}
