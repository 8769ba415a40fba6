import type { ExportRequest, StoredEvent } from '../model'
import { EVENT_SOURCE, storedEvent } from './documents'
import { members } from './failure'
import { conditions, supersededFor } from './filter-query'
import type { Searcher } from './search'
import type { Dsl } from './text-query'

const AT_ONCE = 500

/**
 * Everything that was there when it began, from place to place: the cluster holds nothing open for it, so whoever reads may take as
 * long as he likes. What was there is told by how far each writer had come.
 */
export async function* exportEvents(
  searcher: Searcher,
  { filter, order, signal }: ExportRequest,
): AsyncGenerator<readonly StoredEvent[]> {
  if (isOver(signal)) return
  const ends = await endsOf(searcher)
  if (ends.length === 0) return
  const there = { bool: { should: ends.map(upTo), minimum_should_match: 1 } }
  // What was superseded later was not when it began: the final phase is not exported either.
  const query = {
    bool: { filter: [...conditions(filter), there], must_not: [supersededFor(filter.scope, supersededBefore(ends))] },
  }
  const direction = order === 'oldest-first' ? 'asc' : 'desc'
  const sort = [{ time: { order: direction } }, { sequence: { order: direction } }]
  try {
    for await (const hits of searcher.walk({ query, sort, size: AT_ONCE, _source: EVENT_SOURCE }, signal)) {
      const events = hits.map((hit) => storedEvent(hit.source)).filter((event) => event !== undefined)
      if (events.length > 0) yield events
      if (isOver(signal)) return
    }
  } catch (error) {
    if (!isOver(signal)) throw error
  }
}

interface End {
  readonly writer: string
  /** Sequence of the writer's last event. */
  readonly last: number
}

/** Of each writer. */
async function endsOf(searcher: Searcher): Promise<End[]> {
  const writers = { terms: { field: 'writer', size: 10_000 }, aggs: { last: { max: { field: 'sequence' } } } }
  const { aggregations } = await searcher.search({ query: { match_all: {} }, size: 0, aggs: { writers } })
  const { buckets } = members(aggregations['writers'])
  return (Array.isArray(buckets) ? buckets : []).map((bucket: unknown) => {
    const { key, last } = members(bucket)
    return { writer: String(key), last: Number(members(last)['value']) }
  })
}

function upTo({ writer, last }: End): Dsl {
  return { bool: { filter: [{ term: { writer: { value: writer } } }, { range: { sequence: { lte: last } } }] } }
}

function supersededBefore(ends: readonly End[]): Dsl {
  const should = ends.map(({ writer, last }) => ({
    bool: {
      filter: [{ term: { superseded_by: { value: writer } } }, { range: { superseded: { lte: last } } }],
    },
  }))
  return { bool: { should, minimum_should_match: 1 } }
}

function isOver(signal: AbortSignal | undefined): boolean {
  return signal?.aborted ?? false
}
