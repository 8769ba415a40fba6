import { createHash } from 'node:crypto'
import { OperatorError } from '../../../errors/operator-error'
import type {
  AuditFilter,
  Bucket,
  DistinctRequest,
  DistinctValue,
  ExportRequest,
  HistogramRequest,
  ListRequest,
  Page,
  Scope,
  SortKey,
  StoredEvent,
  StoredOperation,
} from '../../model'
import { badCursor, isByTime, listOf } from '../cursor'
import type { SortValues } from '../search'
import { tooWide } from '../summaries'
import { inTurn } from './in-turn'
import type { Source, SourceHit } from './source'

/** Events of each kind that are fetched for one page; the usual `max_result_window`. */
const WINDOW = 10_000
const MOST_VALUES = 500_000

/** Questions to several kinds of indices as if they were one. */
export class Merged {
  readonly #sources: readonly Source[]

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  async list(request: ListRequest): Promise<Page> {
    const { filter, sort, limit, offset = 0, after, total } = request
    if (offset + limit > WINDOW) throw tooDeep(WINDOW)
    const places = after === undefined ? [] : this.#placesOf(after, request)
    const size = offset + limit
    const pages = await Promise.all(
      this.#sources.map((source, at) => source.page({ filter, sort, size, after: places[at] ?? undefined })),
    )
    const merged = pages.flatMap(({ hits }, source) => hits.map((hit) => ({ hit, source })))
    // Stable: what compares equal stays in the order of its source.
    merged.sort((a, b) => compareKeys(a.hit, b.hit, sort))
    const shown = merged.slice(0, size)
    const next = this.#sources.map((_, source) => {
      const last = shown.findLast((one) => one.source === source)
      return last?.hit.place ?? places[source] ?? null
    })
    const events = shown.slice(offset).map(({ hit }) => hit.event)
    return {
      events,
      ...(total ? { total: await this.count(filter) } : {}),
      ...(events.length > 0 && isByTime(sort) ? { cursor: encoded(next, request) } : {}),
    }
  }

  async count(filter: AuditFilter): Promise<number> {
    const counts = await Promise.all(this.#sources.map((source) => source.count(filter)))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  async distinct({ filter, attribute, limit, order, counts }: DistinctRequest): Promise<readonly DistinctValue[]> {
    const all = new Map<string, number>()
    for (const source of this.#sources) {
      let seen = 0
      for await (const page of source.values(filter, attribute)) {
        for (const { value, count } of page) all.set(value, (all.get(value) ?? 0) + count)
        seen += page.length
        if (order === 'value' && seen >= limit) break
        if (all.size > MOST_VALUES) throw tooWide(`more than ${MOST_VALUES} values`)
      }
    }
    const values = [...all].map(([value, count]) => ({ value, count }))
    values.sort((a, b) => (order === 'count' ? b.count - a.count : 0) || compareTexts(a.value, b.value))
    return values.slice(0, limit).map(({ value, count }) => (counts ? { value, count } : { value }))
  }

  async histogram({ filter, interval, by, maxBuckets }: HistogramRequest): Promise<readonly Bucket[]> {
    const buckets = new Map<number, { count: number; by: Record<string, number> }>()
    for (const source of this.#sources) {
      for await (const spans of source.spans(filter, interval, by)) {
        for (const span of spans) {
          const bucket = buckets.get(span.time) ?? { count: 0, by: {} }
          buckets.set(span.time, bucket)
          bucket.count += span.count
          bucket.by[span.by] = (bucket.by[span.by] ?? 0) + span.count
        }
        if (buckets.size > maxBuckets) throw tooWide(`more than ${maxBuckets} spans of time`)
      }
    }
    return [...buckets]
      .sort(([a], [b]) => a - b)
      .map(([time, bucket]) => ({ time, count: bucket.count, ...(by === undefined ? {} : { by: bucket.by }) }))
  }

  async find(scope: Scope, id: string): Promise<StoredOperation | undefined> {
    for (const source of this.#sources) {
      const found = await source.find(scope, id)
      if (found !== undefined) return found
    }
    return undefined
  }

  export(request: ExportRequest): AsyncGenerator<readonly StoredEvent[]> {
    const sign = request.order === 'oldest-first' ? 1 : -1
    return inTurn(
      this.#sources.map((source) => source.export(request)),
      (a, b) => sign * (a.time - b.time),
    )
  }

  #placesOf(cursor: string, request: ListRequest): (SortValues | null)[] {
    const [places, of] = listOf(cursor)
    const isPlace = (place: unknown): place is SortValues | null =>
      place === null || (Array.isArray(place) && place.every((value) => ['string', 'number'].includes(typeof value)))
    if (!Array.isArray(places) || places.length !== this.#sources.length || !places.every(isPlace)) throw badCursor()
    if (of !== about(request) || !isByTime(request.sort) || encoded(places, request) !== cursor) throw badCursor()
    return places
  }
}

function compareKeys(a: SourceHit, b: SourceHit, sort: readonly SortKey[]): number {
  for (const [at, x] of a.keys.entries()) {
    const y = b.keys[at] ?? null
    if (x === y) continue
    if (x === null) return 1
    if (y === null) return -1
    // Behind the keys that were asked for: newest first.
    const sign = (sort[at]?.descending ?? true) ? -1 : 1
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : compareTexts(String(x), String(y)))
  }
  return 0
}

function compareTexts(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function encoded(places: readonly (SortValues | null)[], request: ListRequest): string {
  return Buffer.from(JSON.stringify([places, about(request)])).toString('base64url')
}

function about({ filter: { scope }, sort }: ListRequest): string {
  const tenants = scope.tenants === 'all' ? 'all' : [...scope.tenants].sort()
  const key = JSON.stringify([scope.cloud ?? null, tenants, sort[0]?.descending === false, 'with Hermes'])
  return createHash('sha256').update(key).digest('base64url').slice(0, 16)
}

function tooDeep(window: number): OperatorError {
  return new OperatorError(
    'AUDIT_TOO_DEEP',
    `With indices of Hermes beside its own, offset and limit reach to ${window}.`,
    {
      remedy: 'Go on with the cursor of a page, or ask for a span of time.',
    },
  )
}
