import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Place } from '../../src/hermes/model'

/** Answers a request at a path; `next`, where it is given: it is none of its own. */
export type Serve = (request: IncomingMessage, response: ServerResponse, place: Place, next?: () => void) => void

export interface Claim {
  /** Whether this one has the path; others with the same path wait for it. */
  readonly has: boolean
  /** @param comesBack a deploy: until the node is there again, clients are told to wait instead of that there is nothing */
  release(comesBack: boolean): void
}

/** Who wants a path. */
export interface Claimant {
  /** Of the node. */
  readonly id: string
  readonly serve: Serve
  /** The path is its own now, as whoever had it has gone. */
  readonly onTurn: () => void
}

interface Entry extends Claimant {
  readonly path: string
}

type Next = (error?: unknown) => void
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void
/** Of Express, as far as it is used here. */
export interface HttpNode {
  use(middleware: Middleware): unknown
}

const COMES_BACK_WITHIN_MS = 15_000

/**
 * Node-RED's HTTP server takes handlers but gives none back, so it gets one of ours, once; which node answers at which path is
 * decided here, with every request.
 */
class Mount {
  /** The first of each path has it. */
  readonly #claims: Entry[] = []
  /** Paths whose node is being deployed: which, and until when that is believed. */
  readonly #awaited = new Map<string, { readonly id: string; readonly until: number }>()

  claim(path: string, claimant: Claimant): Claim {
    const claims = this.#claims
    const awaited = this.#awaited
    const entry: Entry = { ...claimant, path }
    claims.push(entry)
    // It is back, be it at another path.
    for (const [of, { id }] of awaited) if (id === claimant.id) awaited.delete(of)
    awaited.delete(path)
    const holder = () => claims.find((other) => other.path === path)
    return {
      get has() {
        return holder() === entry
      },
      release: (comesBack) => {
        const had = holder() === entry
        const at = claims.indexOf(entry)
        if (at >= 0) claims.splice(at, 1)
        if (!had) return
        const heir = holder()
        if (heir !== undefined) heir.onTurn()
        else if (comesBack) awaited.set(path, { id: claimant.id, until: Date.now() + COMES_BACK_WITHIN_MS })
      },
    }
  }

  readonly answer: Middleware = (request, response, next) => {
    const target = request.url ?? '/'
    const path = target.split('?', 1)[0] ?? ''
    const inside = (base: string) => path === base || path.startsWith(`${base}/`)
    let found: Entry | undefined
    for (const entry of this.#claims) {
      // Of `/audit` and `/audit/two` the longer one is meant.
      if (inside(entry.path) && (found === undefined || entry.path.length > found.path.length)) found = entry
    }
    if (found !== undefined) {
      // Where the server itself is mounted below a path, Express says so here.
      const { baseUrl } = request as { baseUrl?: unknown }
      const base = `${typeof baseUrl === 'string' ? baseUrl : ''}${found.path}`
      // At the root there are the paths of other nodes, too.
      const elsewhere = found.path === '' ? () => next() : undefined
      found.serve(request, response, { base, target: target.slice(found.path.length) }, elsewhere)
      return
    }
    for (const [base, { until }] of this.#awaited) {
      if (Date.now() >= until) this.#awaited.delete(base)
      else if (inside(base)) {
        response.writeHead(503, { 'retry-after': '2', 'content-type': 'text/plain; charset=utf-8' })
        response.end('The audit API is being deployed.\n')
        return
      }
    }
    next()
  }
}

const mounts = new WeakMap<object, Mount>()

/** The mount of a server, made when it is first asked for. */
export function mountOn(httpNode: HttpNode): Mount {
  const known = mounts.get(httpNode)
  if (known !== undefined) return known
  const made = new Mount()
  mounts.set(httpNode, made)
  httpNode.use(made.answer)
  return made
}
