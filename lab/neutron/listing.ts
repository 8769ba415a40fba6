import type { LabRequest } from '../http/exchange'
import type { CallContext } from './context'
import type { Document } from './documents'
import { badRequest, NeutronFailure } from './failure'
import type { StandardAttributes } from './model'
import type { ResourceKind } from './resource'

export interface ListingOptions {
  /** Neutron's `pagination_max_limit`; 0: none, its default. */
  readonly paginationMaxLimit: number
  /** Extension `filter-validation`: off, unknown filters are passed over in silence, as in clouds before 2018. */
  readonly filterValidation: boolean
  /** Filters that this cloud does not know although the newer API has them. */
  readonly missingFilters: readonly string[]
}

const notFilters = new Set(['fields', 'sort_key', 'sort_dir', 'limit', 'marker', 'page_reverse', 'changed_since'])
const tagFilters = new Set(['tags', 'tags-any', 'not-tags', 'not-tags-any'])

/** Answers `GET /v2.0/<collection>`: filters, sorting, fields, and pages with their links. */
export function listing(
  kind: ResourceKind,
  context: CallContext,
  request: LabRequest,
  options: ListingOptions,
): Document {
  const { query } = request
  const filters = filtersOf(kind, query, options)
  const found: { row: StandardAttributes; document: Document }[] = []
  for (const row of kind.rows()) {
    if (!kind.readable(context, row)) continue
    const document = kind.document(context, row)
    if (filters.every(([name, values]) => passes(kind, name, values, row, document))) found.push({ row, document })
  }
  found.sort(order(kind, query))

  const limit = limitOf(query, options.paginationMaxLimit)
  if (limit === 0) return { [kind.plural]: found.map(({ document }) => only(query, document)) }

  const marker = query.get('marker')
  const reverse = /^true$/i.test(query.get('page_reverse') ?? '')
  const at = marker === null ? -1 : found.findIndex(({ row }) => row.id === marker)
  if (marker !== null && at < 0) {
    const row = kind.row(marker)
    if (row === undefined || !kind.readable(context, row)) throw kind.notFound(marker)
    return page(kind, request, [], limit, reverse)
  }
  const from = reverse ? Math.max(0, (at < 0 ? found.length : at) - limit) : at + 1
  const to = reverse && at >= 0 ? at : from + limit
  const shown = found.slice(from, to).map(({ document }) => document)
  return page(kind, request, shown, limit, reverse)
}

function page(kind: ResourceKind, request: LabRequest, shown: Document[], limit: number, reverse: boolean): Document {
  const links: { rel: string; href: string }[] = []
  const full = shown.length >= limit
  const link = (rel: 'next' | 'previous', marker: Document | undefined): void => {
    const query = new URLSearchParams(request.query)
    query.delete('marker')
    query.delete('page_reverse')
    if (marker !== undefined) query.append('marker', String(marker['id']))
    if (rel === 'previous') query.append('page_reverse', 'True')
    links.push({ rel, href: `${request.origin}${request.path}?${query}` })
  }
  // Neutron cannot know whether there is more, only whether the page is full; the first page links to a previous one too.
  if (full || reverse) link('next', shown.at(-1))
  if (full || !reverse) link('previous', shown[0])
  const documents = shown.map((document) => only(request.query, document))
  return { [kind.plural]: documents, ...(links.length > 0 && { [`${kind.plural}_links`]: links }) }
}

function filtersOf(kind: ResourceKind, query: URLSearchParams, options: ListingOptions): [string, string[]][] {
  const names = [...new Set(query.keys())].filter((name) => !notFilters.has(name))
  const known = (name: string): boolean =>
    tagFilters.has(name) || (kind.attributes[name]?.filter === true && !options.missingFilters.includes(name))
  const unknown = names.filter((name) => !known(name))
  if (unknown.length > 0 && options.filterValidation) {
    throw badRequest(`[${unknown.map((name) => `'${name}'`).join(', ')}] is invalid attribute for filtering`)
  }
  return names.filter(known).map((name) => [name, query.getAll(name)])
}

function passes(
  kind: ResourceKind,
  name: string,
  values: readonly string[],
  row: StandardAttributes,
  document: Document,
): boolean {
  const special = kind.filter?.(name, values, row)
  if (special !== undefined) return special
  if (tagFilters.has(name)) return hasTags(name, values, row.tags)
  const value = document[name]
  if (typeof value === 'boolean') return values.some((wanted) => /^(true|1)$/i.test(wanted) === value)
  return values.includes(value === null || value === undefined ? '' : String(value))
}

function hasTags(name: string, values: readonly string[], tags: readonly string[]): boolean {
  const wanted = values.flatMap((value) => value.split(','))
  const all = wanted.every((tag) => tags.includes(tag))
  const any = wanted.some((tag) => tags.includes(tag))
  switch (name) {
    case 'tags':
      return all
    case 'tags-any':
      return any
    case 'not-tags':
      return !all
    default:
      return !any
  }
}

function order(
  kind: ResourceKind,
  query: URLSearchParams,
): (one: { document: Document }, other: { document: Document }) => number {
  const keys = query.getAll('sort_key').filter((key) => key !== '')
  const directions = query.getAll('sort_dir').filter((direction) => direction !== '')
  if (keys.length !== directions.length) throw badRequest('The number of sort_keys and sort_dirs must be same')
  const unknown = keys.filter((key) => kind.attributes[key]?.sort !== true)
  if (unknown.length > 0) throw badRequest(`${pythonList(unknown)} is invalid attribute for sort_keys`)
  const wrong = directions.filter((direction) => direction !== 'asc' && direction !== 'desc')
  if (wrong.length > 0) {
    throw badRequest(`${pythonList(wrong)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`)
  }
  const sorts = [...keys.map((key, index) => ({ key, up: directions[index] === 'asc' })), { key: 'id', up: true }]
  return (one, other) => {
    for (const { key, up } of sorts) {
      const [a, b] = [one.document[key] ?? '', other.document[key] ?? '']
      if (a !== b) return (a < b ? -1 : 1) * (up ? 1 : -1)
    }
    return 0
  }
}

const pythonList = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(', ')}]`

function limitOf(query: URLSearchParams, largest: number): number {
  const given = query.get('limit')
  if (given !== null && !/^\d+$/.test(given)) {
    throw new NeutronFailure(
      400,
      'BadRequest',
      `Bad limit request: Limit must be an integer 0 or greater and not '${given}'.`,
    )
  }
  const asked = Number(given ?? 0)
  return largest > 0 ? Math.min(largest, asked) || largest : asked
}

/** Just the attributes asked for with `fields`; unknown ones are passed over. */
export function only(query: URLSearchParams, document: Document): Document {
  const fields = query.getAll('fields').filter((field) => field !== '')
  if (fields.length === 0) return document
  return Object.fromEntries(Object.entries(document).filter(([name]) => fields.includes(name)))
}
