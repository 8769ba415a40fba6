import { EVENT_SOURCE, storedEvent } from '../documents'
import { exportEvents } from '../exporting'
import { fieldOf, filterDsl } from '../filter-query'
import { findOperation } from '../find'
import { countEvents, sortDsl } from '../list'
import type { Searcher } from '../search'
import type { Source, SourceHit } from './source'

const BUCKETS_AT_ONCE = 5_000

/** The own indices. */
export function ownSource(searcher: Searcher): Source {
  return {
    async page({ filter, sort, size, after }) {
      const found = await searcher.search({
        query: filterDsl(filter),
        sort: sortDsl(sort),
        size,
        _source: EVENT_SOURCE,
        ...(after === undefined ? {} : { search_after: after }),
      })
      const hits: SourceHit[] = []
      for (const hit of found.hits) {
        const event = storedEvent(hit.source)
        if (event === undefined) continue
        hits.push({ keys: [...hit.sort.slice(0, sort.length), event.time], place: hit.sort, event })
      }
      return { hits }
    },
    count: (filter) => countEvents(searcher, filterDsl(filter)),
    async *values(filter, attribute) {
      const sources = [{ value: { terms: { field: fieldOf(attribute) } } }]
      for await (const page of searcher.buckets(filterDsl(filter), sources, BUCKETS_AT_ONCE)) {
        yield page.map(({ key, count }) => ({ value: String(key['value']), count }))
      }
    },
    async *spans(filter, interval, by) {
      const sources = [
        { time: { histogram: { field: 'time', interval } } },
        ...(by === undefined ? [] : [{ by: { terms: { field: fieldOf(by), missing_bucket: true } } }]),
      ]
      for await (const page of searcher.buckets(filterDsl(filter), sources, BUCKETS_AT_ONCE)) {
        yield page.map(({ key, count }) => ({ time: Number(key['time']), by: String(key['by'] ?? ''), count }))
      }
    },
    find: (scope, id) => findOperation(searcher, scope, id),
    export: (request) => exportEvents(searcher, request),
  }
}
