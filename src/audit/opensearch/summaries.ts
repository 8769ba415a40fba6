import { OperatorError } from '../../errors/operator-error'
import type { Bucket, DistinctRequest, DistinctValue, HistogramRequest } from '../model'
import { fieldOf, filterDsl } from './filter-query'
import type { Searcher } from './search'

/** Below `search.max_buckets`, 65,535 by default. */
const BUCKETS_AT_ONCE = 5_000
/** All values are fetched for an order by count, as counts of several indices cannot be ranked exactly otherwise. */
const MOST_VALUES = 500_000

export async function distinctValues(searcher: Searcher, request: DistinctRequest): Promise<readonly DistinctValue[]> {
  const { attribute, limit, order, counts } = request
  const values: { value: string; count: number }[] = []
  const size = order === 'value' ? Math.max(1, Math.min(limit, BUCKETS_AT_ONCE)) : BUCKETS_AT_ONCE
  const sources = [{ value: { terms: { field: fieldOf(attribute) } } }]
  for await (const page of searcher.buckets(filterDsl(request.filter), sources, size)) {
    for (const { key, count } of page) values.push({ value: String(key['value']), count })
    // They come by code point.
    if (order === 'value' && values.length >= limit) break
    if (values.length > MOST_VALUES) throw tooWide(`more than ${MOST_VALUES} values`)
  }
  // Sorting is stable: equal counts stay by code point.
  if (order === 'count') values.sort((a, b) => b.count - a.count)
  return values.slice(0, limit).map(({ value, count }) => (counts ? { value, count } : { value }))
}

export async function histogram(searcher: Searcher, request: HistogramRequest): Promise<readonly Bucket[]> {
  const { interval, by, maxBuckets } = request
  const sources = [
    { time: { histogram: { field: 'time', interval } } },
    ...(by === undefined ? [] : [{ by: { terms: { field: fieldOf(by), missing_bucket: true } } }]),
  ]
  const buckets: { time: number; count: number; by: Record<string, number> }[] = []
  for await (const page of searcher.buckets(filterDsl(request.filter), sources, BUCKETS_AT_ONCE)) {
    for (const { key, count } of page) {
      let bucket = buckets.at(-1)
      if (bucket?.time !== Number(key['time'])) {
        bucket = { time: Number(key['time']), count: 0, by: Object.create(null) }
        buckets.push(bucket)
        if (buckets.length > maxBuckets) throw tooWide(`more than ${maxBuckets} spans of time`)
      }
      bucket.count += count
      bucket.by[String(key['by'] ?? '')] = count
    }
  }
  return buckets.map(({ time, count, by: counts }) => ({
    time,
    count,
    ...(by === undefined ? {} : { by: { ...counts } }),
  }))
}

export function tooWide(what: string): OperatorError {
  return new OperatorError('AUDIT_TOO_WIDE', `The answer has ${what}.`, {
    remedy: 'Ask for a shorter span of time or longer intervals.',
  })
}
