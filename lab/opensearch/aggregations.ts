import { illegal, type Members, only, parsing, single } from './failure'
import type { Indexed, Value } from './fields'
import { compareValues } from './sorting'

/** `search.max_buckets` */
const MOST_BUCKETS = 65_535

export function aggregate(aggs: unknown, documents: readonly Indexed[]): Members {
  return Object.fromEntries(
    Object.entries(Object(aggs)).map(([name, definition]) => [name, one(Object(definition), documents)]),
  )
}

function one(definition: Members, documents: readonly Indexed[]): Members {
  const { aggs, ...kinds } = definition
  const [kind, body] = single(kinds, 'aggregation')
  if (kind === 'min' || kind === 'max') return extreme(kind, body, documents)
  if (kind === 'terms') return terms(body, aggs, documents)
  if (kind === 'composite' && aggs === undefined) return composite(body, documents)
  throw parsing(`Unknown aggregation type [${kind}]`)
}

function extreme(kind: 'min' | 'max', body: unknown, documents: readonly Indexed[]): Members {
  const field = String(only(body, kind, ['field'])['field'])
  let value: number | null = null
  for (const document of documents) {
    for (const number of (document.values.get(field) ?? []).map(Number)) {
      if (value === null || (kind === 'min' ? number < value : number > value)) value = number
    }
  }
  return { value }
}

function terms(body: unknown, aggs: unknown, documents: readonly Indexed[]): Members {
  const { field, size = 10 } = only(body, 'terms', ['field', 'size'])
  if (Number(size) > MOST_BUCKETS) throw illegal('Trying to create too many buckets')
  const groups = new Map<Value, Indexed[]>()
  for (const document of documents) {
    for (const value of new Set(document.values.get(String(field)) ?? [])) {
      groups.set(value, [...(groups.get(value) ?? []), document])
    }
  }
  const buckets = [...groups]
    .sort(([a, x], [b, y]) => y.length - x.length || compareValues(a, b))
    .slice(0, Number(size))
    .map(([key, group]) => ({ key, doc_count: group.length, ...aggregate(aggs ?? {}, group) }))
  return { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets }
}

type Key = Record<string, Value | null>

interface Source {
  readonly name: string
  readonly keysOf: (document: Indexed) => readonly (Value | null)[]
}

function composite(body: unknown, documents: readonly Indexed[]): Members {
  const { size = 10, sources, after } = only(body, 'composite', ['size', 'sources', 'after'])
  if (!Array.isArray(sources)) throw parsing('[composite] needs sources')
  if (Number(size) > MOST_BUCKETS) throw illegal('Trying to create too many buckets')
  const all = sources.map(sourceOf)
  const counts = new Map<string, { key: Key; count: number }>()
  for (const document of documents) {
    for (const key of combinations(all, document)) {
      const text = JSON.stringify(key)
      const bucket = counts.get(text) ?? { key, count: 0 }
      counts.set(text, { key, count: bucket.count + 1 })
    }
  }
  const compare = (a: Key, b: Key) => {
    for (const { name } of all) {
      const [x, y] = [a[name] ?? null, b[name] ?? null]
      if (x === y) continue
      // A missing one comes first.
      if (x === null) return -1
      if (y === null) return 1
      return compareValues(x, y)
    }
    return 0
  }
  const buckets = [...counts.values()]
    .sort((a, b) => compare(a.key, b.key))
    .filter(({ key }) => after === undefined || compare(key, Object(after) as Key) > 0)
    .slice(0, Number(size))
  const last = buckets.at(-1)
  return {
    ...(last === undefined ? {} : { after_key: last.key }),
    buckets: buckets.map(({ key, count }) => ({ key, doc_count: count })),
  }
}

function combinations(sources: readonly Source[], document: Indexed): Key[] {
  let keys: Key[] = [{}]
  for (const { name, keysOf } of sources) {
    keys = keys.flatMap((key) => keysOf(document).map((value) => ({ ...key, [name]: value })))
  }
  return keys
}

function sourceOf(definition: unknown): Source {
  const [name, source] = single(definition, 'source')
  const [kind, body] = single(source, 'source')
  if (kind === 'terms') {
    const { field, missing_bucket } = only(body, kind, ['field', 'missing_bucket'])
    const ifMissing = missing_bucket === true ? [null] : []
    return { name, keysOf: ({ values }) => values.get(String(field)) ?? ifMissing }
  }
  if (kind === 'histogram') {
    const { field, interval } = only(body, kind, ['field', 'interval'])
    const step = Number(interval)
    if (!(step > 0)) throw illegal('[interval] must be greater than 0 for [histogram] source')
    return {
      name,
      keysOf: ({ values }) => (values.get(String(field)) ?? []).map((value) => Math.floor(Number(value) / step) * step),
    }
  }
  if (kind === 'date_histogram') {
    const { field, fixed_interval } = only(body, kind, ['field', 'fixed_interval'])
    const step = Number(/^(\d+)ms$/.exec(String(fixed_interval))?.[1])
    if (!(step > 0)) throw illegal('failed to parse setting [date_histogram.fixedInterval]')
    return {
      name,
      keysOf: ({ values }) => (values.get(String(field)) ?? []).map((value) => Math.floor(Number(value) / step) * step),
    }
  }
  throw parsing(`Unknown composite source [${kind}]`)
}
