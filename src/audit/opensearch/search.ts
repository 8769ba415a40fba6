import { OperatorError } from '../../errors/operator-error'
import type { Connection } from './connection'
import { members } from './failure'
import type { Dsl } from './text-query'

export type SortValues = readonly (string | number | null)[]

export interface Hit {
  readonly id: string
  readonly index: string
  readonly source: unknown
  readonly sort: SortValues
}

export interface SearchBody {
  readonly query: Dsl
  readonly size: number
  readonly from?: number
  readonly sort?: readonly Dsl[]
  readonly search_after?: SortValues
  readonly _source?: readonly string[] | boolean
  readonly track_total_hits?: boolean
  readonly aggs?: Readonly<Record<string, Dsl>>
}

export interface Found {
  readonly hits: readonly Hit[]
  readonly total: number | undefined
  readonly aggregations: Readonly<Record<string, unknown>>
}

const READ_PATIENCE_MS = 5_000

/** Asks the indices of one name; whole answers only: a shard that does not answer is an error, never a smaller number. */
export class Searcher {
  readonly #connection: Connection
  readonly #path: string
  readonly #limitMs: number

  constructor(connection: Connection, indices: string, limitMs: number) {
    this.#connection = connection
    // An index that is not there is one without events: no month has begun, or retention has removed them all.
    this.#path = `/${encodeURIComponent(indices)}/_search?ignore_unavailable=true&allow_no_indices=true&allow_partial_search_results=false`
    this.#limitMs = limitMs
  }

  async search(body: SearchBody, signal?: AbortSignal): Promise<Found> {
    const answer = await this.#ask({ track_total_hits: false, ...body, timeout: `${this.#limitMs}ms` }, signal)
    if (answer['timed_out'] === true) throw tooSlow(this.#limitMs)
    const shards = members(answer['_shards'])
    if (Number(shards['failed'] ?? 0) > 0) {
      throw new OperatorError('AUDIT_STORE_AWAY', `${String(shards['failed'])} shards did not answer.`, {
        retryable: true,
      })
    }
    const hits = members(answer['hits'])
    const total = members(hits['total'])['value']
    return {
      hits: (Array.isArray(hits['hits']) ? hits['hits'] : []).map(hitOf),
      total: typeof total === 'number' ? total : undefined,
      aggregations: members(answer['aggregations']),
    }
  }

  async #ask(json: object, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    try {
      const { body } = await this.#connection.ask({
        method: 'POST',
        path: this.#path,
        json,
        patienceMs: READ_PATIENCE_MS,
        timeoutMs: this.#limitMs + 5_000,
        signal,
      })
      return members(body)
    } catch (thrown) {
      if ((thrown as { cause?: { code?: unknown } }).cause?.code === 'HTTP_TIMEOUT') throw tooSlow(this.#limitMs)
      throw thrown
    }
  }

  /** Page after page of everything that the query finds, from a place on. */
  async *walk(
    body: SearchBody & { readonly sort: readonly Dsl[] },
    signal?: AbortSignal,
  ): AsyncGenerator<readonly Hit[]> {
    let after = body.search_after
    for (;;) {
      const { hits } = await this.search({ ...body, ...(after === undefined ? {} : { search_after: after }) }, signal)
      if (hits.length > 0) yield hits
      after = hits.at(-1)?.sort
      if (hits.length < body.size || after === undefined) return
    }
  }

  /** All buckets of a composite aggregation, page after page: exact, whatever their number. */
  async *buckets(query: Dsl, sources: readonly Dsl[], size: number): AsyncGenerator<readonly CompositeBucket[]> {
    let after: unknown
    for (;;) {
      const composite = { size, sources, ...(after === undefined ? {} : { after }) }
      const { aggregations } = await this.search({ query, size: 0, aggs: { all: { composite } } })
      const { buckets, after_key } = members(aggregations['all'])
      const page = (Array.isArray(buckets) ? buckets : []).map(bucketOf)
      if (page.length > 0) yield page
      if (page.length < size || after_key === undefined) return
      after = after_key
    }
  }
}

export interface CompositeBucket {
  readonly key: Readonly<Record<string, unknown>>
  readonly count: number
}

function bucketOf(bucket: unknown): CompositeBucket {
  const { key, doc_count } = members(bucket)
  return { key: members(key), count: Number(doc_count) }
}

function hitOf(hit: unknown): Hit {
  const { _id, _index, _source, sort } = members(hit)
  return { id: String(_id), index: String(_index), source: _source, sort: Array.isArray(sort) ? sort : [] }
}

function tooSlow(limitMs: number): OperatorError {
  return new OperatorError('AUDIT_TOO_SLOW', `The question took longer than ${limitMs / 1000} s.`, {
    remedy: 'Ask for a shorter span of time.',
  })
}
