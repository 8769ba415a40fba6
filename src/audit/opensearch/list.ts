import { OperatorError } from '../../errors/operator-error'
import type { ListRequest, Page, SortKey, StoredEvent } from '../model'
import { cursorOf, isByTime, placeOf } from './cursor'
import { EVENT_SOURCE, storedEvent } from './documents'
import { fieldOf, filterDsl } from './filter-query'
import type { Searcher, SortValues } from './search'
import type { Dsl } from './text-query'

export interface Limits {
  /** Hits of one request. */
  readonly window: number
  /** Farthest offset. */
  readonly deepest: number
}

/** Bodies of so many events travel in one answer. */
const FETCHED_AT_ONCE = 1_000

export async function listEvents(searcher: Searcher, request: ListRequest, limits: Limits): Promise<Page> {
  const { filter, limit, offset = 0, after, total: wanted } = request
  const query = filterDsl(filter)
  const sort = sortDsl(request.sort)
  if (offset > limits.deepest) throw tooDeep(limits.deepest)

  const events: StoredEvent[] = []
  let total: number | undefined
  let place: SortValues | undefined = after === undefined ? undefined : placeOf(after, request)
  let from = after === undefined ? offset : 0
  if (from + Math.min(limit, FETCHED_AT_ONCE, limits.window) > limits.window) {
    place = await walkTo(searcher, { query, sort }, from, limits.window)
    from = 0
    if (place === undefined) return { events, ...(wanted ? { total: await countEvents(searcher, query) } : {}) }
  }
  for (;;) {
    const size = Math.min(limit - events.length, FETCHED_AT_ONCE, limits.window)
    const { hits, total: counted } = await searcher.search({
      query,
      sort,
      size,
      // With a place to go on from, an offset is not allowed; then it has been walked to.
      ...(place === undefined ? { from } : { search_after: place }),
      _source: EVENT_SOURCE,
      track_total_hits: wanted && total === undefined,
    })
    total ??= counted
    for (const hit of hits) {
      const event = storedEvent(hit.source)
      if (event !== undefined) events.push(event)
    }
    place = hits.at(-1)?.sort
    if (hits.length < size || events.length >= limit || place === undefined) break
  }
  const last = events.at(-1)
  return {
    events,
    // A search that goes on from a place counts the whole as well.
    ...(wanted && total !== undefined ? { total } : {}),
    ...(last !== undefined && isByTime(request.sort) ? { cursor: cursorOf([last.time, last.sequence], request) } : {}),
  }
}

/**
 * The place of the last event before an offset beyond the window, in steps that carry no events; undefined: there are fewer. The first
 * step is one hit at the end of the window; the others cannot skip, as an offset is not allowed behind a place.
 */
async function walkTo(
  searcher: Searcher,
  what: { readonly query: Dsl; readonly sort: readonly Dsl[] },
  offset: number,
  window: number,
): Promise<SortValues | undefined> {
  const first = Math.min(offset, window)
  const { hits } = await searcher.search({ ...what, from: first - 1, size: 1, _source: false })
  let place = hits[0]?.sort
  for (let left = offset - first; left > 0 && place !== undefined; ) {
    const size = Math.min(left, window)
    const { hits } = await searcher.search({ ...what, search_after: place, size, _source: false })
    place = hits.length < size ? undefined : hits.at(-1)?.sort
    left -= size
  }
  return place
}

export async function countEvents(searcher: Searcher, query: Dsl): Promise<number> {
  const { total } = await searcher.search({ query, size: 0, track_total_hits: true })
  return total ?? 0
}

/** Newest first at the end, and the sequence, which is unique. */
export function sortDsl(sort: readonly SortKey[]): Dsl[] {
  const named = sort.map(({ by, descending }) => {
    const order = descending ? 'desc' : 'asc'
    return by === 'time'
      ? { time: { order } }
      : { [fieldOf(by)]: { order, missing: '_last', unmapped_type: 'keyword' } }
  })
  const newest = sort.some(({ by }) => by === 'time') ? [] : [{ time: { order: 'desc' } }]
  return [...named, ...newest, { sequence: { order: 'desc' } }]
}

function tooDeep(deepest: number): OperatorError {
  return new OperatorError('AUDIT_TOO_DEEP', `An offset beyond ${deepest} is too deep.`, {
    remedy: 'Go on with the cursor of a page, or ask for a span of time.',
  })
}
