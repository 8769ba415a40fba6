import { idKey } from '../../../cadf/identity'
import type { Clock } from '../../../http/retry'
import type { SortKey, StoredEvent } from '../../model'
import type { Connection } from '../connection'
import { countEvents } from '../list'
import type { HermesIndices } from '../options'
import { type Hit, Searcher, type SortValues } from '../search'
import type { Dsl } from '../text-query'
import { hermesEvent } from './documents'
import { HermesFilter } from './filter'
import { type HermesLayout, readLayout } from './layout'
import type { Source, SourceHit } from './source'

const BUCKETS_AT_ONCE = 5_000
const EXPORTED_AT_ONCE = 500
/** Hermes may make indices at any time. */
const LAYOUT_KEPT_MS = 60_000

/** Existing indices of Hermes. They are only ever read. */
export function hermesSource(
  connection: Connection,
  { indices, cloud }: HermesIndices,
  { limitMs, clock }: { readonly limitMs: number; readonly clock: Clock },
): Source {
  const searcher = new Searcher(connection, indices, limitMs)
  let read: { readonly layout: Promise<HermesLayout>; readonly at: number } | undefined
  const layoutNow = () => {
    if (read === undefined || clock.now() - read.at > LAYOUT_KEPT_MS) {
      const layout = readLayout(connection, indices)
      const one = { layout, at: clock.now() }
      read = one
      layout.catch(() => {
        if (read === one) read = undefined
      })
    }
    return read.layout
  }
  const asked = async () => {
    const layout = await layoutNow()
    return { layout, filters: new HermesFilter(layout, cloud) }
  }
  return {
    async page({ filter, sort, size, after }) {
      const { layout, filters } = await asked()
      const known = sort.map(({ by }) => by === 'time' || layout.fieldOf(by) !== undefined)
      const found = await searcher.search({
        query: filters.dsl(filter),
        sort: sortOf(sort, layout),
        size,
        ...(after === undefined ? {} : { search_after: after }),
      })
      const hits: SourceHit[] = []
      for (const hit of found.hits) {
        const event = hermesEvent(hit, cloud)
        if (event !== undefined) hits.push({ keys: keysOf(hit, sort, known, event), place: hit.sort, event })
      }
      return { hits }
    },
    count: async (filter) => countEvents(searcher, (await asked()).filters.dsl(filter)),
    async *values(filter, attribute) {
      const { layout, filters } = await asked()
      const field = layout.fieldOf(attribute)
      if (attribute === 'cloud') {
        const count = await countEvents(searcher, filters.dsl(filter))
        if (count > 0) yield [{ value: cloud, count }]
      }
      if (field === undefined) return
      const sources = [{ value: { terms: { field } } }]
      for await (const page of searcher.buckets(filters.dsl(filter), sources, BUCKETS_AT_ONCE)) {
        yield page.map(({ key, count }) => ({ value: String(key['value']), count }))
      }
    },
    async *spans(filter, interval, by) {
      const { layout, filters } = await asked()
      const field = by === undefined ? undefined : layout.fieldOf(by)
      const fixed_interval = `${Math.max(1, Math.round(interval / 1000))}ms`
      const sources = [
        { time: { date_histogram: { field: 'eventTime', fixed_interval } } },
        ...(field === undefined ? [] : [{ by: { terms: { field, missing_bucket: true } } }]),
      ]
      const otherwise = by === 'cloud' ? cloud : ''
      for await (const page of searcher.buckets(filters.dsl(filter), sources, BUCKETS_AT_ONCE)) {
        yield page.map(({ key, count }) => ({
          time: Number(key['time']) * 1000,
          by: String(key['by'] ?? otherwise),
          count,
        }))
      }
    },
    async find(scope, id) {
      const { layout, filters } = await asked()
      const field = layout.fieldOf('id')
      if (field === undefined) return undefined
      const query = { bool: { filter: [filters.scope(scope), { terms: { [field]: spellings(id) } }] } }
      const { hits } = await searcher.search({ query, size: 100 })
      const events = hits.map((hit) => hermesEvent(hit, cloud)).filter((event) => event !== undefined)
      const final = events.find(({ phase }) => phase === 'final')
      const pending = events.find(({ phase }) => phase === 'pending')
      if (final !== undefined) return pending === undefined ? { event: final } : { event: final, pending }
      return pending === undefined ? undefined : { event: pending }
    },
    async *export({ filter, order, signal }) {
      const { layout, filters } = await asked()
      const sort = sortOf([{ by: 'time', descending: order === 'newest-first' }], layout)
      try {
        for await (const hits of searcher.walk({ query: filters.dsl(filter), sort, size: EXPORTED_AT_ONCE }, signal)) {
          if (signal?.aborted) return
          yield hits.map((hit) => hermesEvent(hit, cloud)).filter((event) => event !== undefined)
        }
      } catch (error) {
        if (!signal?.aborted) throw error
      }
    },
  }
}

/** Documents can be there twice; between those of the same id their order does not matter. */
function sortOf(sort: readonly SortKey[], layout: HermesLayout): Dsl[] {
  const named = sort.flatMap(({ by, descending }): Dsl[] => {
    const order = descending ? 'desc' : 'asc'
    if (by === 'time') return [{ eventTime: { order } }]
    const field = layout.fieldOf(by)
    return field === undefined ? [] : [{ [field]: { order, missing: '_last', unmapped_type: 'keyword' } }]
  })
  const newest = sort.some(({ by }) => by === 'time') ? [] : [{ eventTime: { order: 'desc' } }]
  const id = layout.fieldOf('id')
  return [...named, ...newest, ...(id === undefined ? [] : [{ [id]: { order: 'desc' } }])]
}

function keysOf(hit: Hit, sort: readonly SortKey[], known: readonly boolean[], event: StoredEvent): SortValues {
  let at = 0
  const named = sort.map(({ by }, number) => {
    if (!known[number]) return null
    const value = hit.sort[at] ?? null
    at += 1
    return by === 'time' ? event.time : value
  })
  return [...named, event.time]
}

/** As producers write it: they cannot be compared in one form where the documents are not ours. */
function spellings(id: string): string[] {
  const key = idKey(id)
  const dashed = /^[0-9a-f]{32}$/.test(key) ? key.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : key
  return [...new Set([id, key, dashed, `openstack:${dashed}`, `openstack:${key}`])].filter((one) => one.length < 8_000)
}
