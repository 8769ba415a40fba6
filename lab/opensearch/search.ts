import { aggregate } from './aggregations'
import { ClusterError, illegal, type Members, only } from './failure'
import type { Field, Indexed } from './fields'
import type { Index } from './indices'
import { compile } from './query'
import { orderOf, type SortValue } from './sorting'

const MEMBERS = ['query', 'size', 'from', 'sort', 'search_after', '_source', 'track_total_hits', 'aggs', 'timeout']
const LONGEST_ID = 512

export function search(indices: readonly Index[], body: unknown, now: number): Members {
  const request = only(body, 'search', MEMBERS)
  const { size = 10, from = 0, search_after: after, track_total_hits: counted } = request
  const window = Math.min(...indices.map((index) => index.window))
  if (Number(from) + Number(size) > window) {
    throw illegal(`Result window is too large, from + size must be less than or equal to: [${window}]`)
  }
  if (after !== undefined && Number(from) > 0)
    throw illegal('`from` parameter must be set to 0 when `search_after` is used')
  const found: Indexed[] = []
  const fields = new Map<string, Field>()
  for (const index of indices) {
    for (const [name, field] of index.fields) fields.set(name, field)
    const matches = compile(request['query'] ?? { match_all: {} }, index.fields)
    for (const document of index.searchable(now)) if (matches(document)) found.push(document)
  }
  const hits = ordered(found, request['sort'], after, fields)
  const page = hits.slice(Number(from), Number(from) + Number(size))
  return {
    took: 1,
    timed_out: false,
    _shards: { total: indices.length, successful: indices.length, skipped: 0, failed: 0 },
    hits: {
      ...(counted === false ? {} : { total: { value: found.length, relation: 'eq' } }),
      max_score: null,
      hits: page.map(({ document, sort }) => ({
        _index: document.index,
        _id: document.id,
        _score: null,
        ...sourceOf(document.source, request['_source']),
        ...(sort === undefined ? {} : { sort }),
      })),
    },
    ...(request['aggs'] === undefined ? {} : { aggregations: aggregate(request['aggs'], found) }),
  }
}

function ordered(
  found: readonly Indexed[],
  sort: unknown,
  after: unknown,
  fields: ReadonlyMap<string, Field>,
): { document: Indexed; sort?: SortValue[] }[] {
  if (sort === undefined) {
    if (after !== undefined) throw illegal('Sort must contain at least one field when using search_after')
    return found.map((document) => ({ document }))
  }
  const order = orderOf(sort, fields)
  if (after !== undefined && (!Array.isArray(after) || after.length !== order.length)) {
    throw illegal(`search_after has ${String(Object(after).length)} value(s) but sort has ${order.length}.`)
  }
  return found
    .map((document) => ({ document, sort: order.values(document) }))
    .filter((hit) => after === undefined || order.compare(hit.sort, after as SortValue[]) > 0)
    .sort((a, b) => order.compare(a.sort, b.sort))
}

function sourceOf(source: Members, wanted: unknown): { _source?: Members } {
  if (wanted === false) return {}
  return { _source: filtered(source, wanted) }
}

export function filtered(source: Members, wanted: unknown): Members {
  if (!Array.isArray(wanted)) return source
  return Object.fromEntries(Object.entries(source).filter(([name]) => wanted.includes(name)))
}

export function checkId(id: string): void {
  if (id === '' || Buffer.byteLength(id) > LONGEST_ID) {
    throw new ClusterError(
      400,
      'action_request_validation_exception',
      `id is too long, must be no longer than ${LONGEST_ID} bytes`,
    )
  }
}
