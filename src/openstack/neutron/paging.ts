import { isRecord, jsonObject, OpenStackError } from '../openstack-error'
import type { KeystoneSession, Service } from '../session'

export const NEUTRON: Service = { name: 'Neutron', type: 'network', version: 'v2.0' }

/** A query parameter; Neutron's filters and `fields` may repeat. */
export type QueryPair = readonly [name: string, value: string]

export interface Listing {
  /** Path and key of the collection, e.g. `ports`; in paths underscores become hyphens (`security_groups`). */
  readonly collection: string
  readonly query: readonly QueryPair[]
  readonly pageSize?: number
}

export interface Page {
  readonly items: readonly Record<string, unknown>[]
  /** Query of the next page; undefined at the end. */
  readonly next: string | undefined
}

/** Large enough to spare calls, small enough that a page of ports stays well under a megabyte. */
export const PAGE_SIZE = 1000
/** No cloud has ten million ports; a server that keeps sending pages is broken. */
const MOST_PAGES = 10_000

export function firstPage({ query, pageSize = PAGE_SIZE }: Listing): string {
  const parameters = new URLSearchParams(query.map(([name, value]): [string, string] => [name, value]))
  parameters.append('limit', String(pageSize))
  // Sorted, so that pages do not overlap when rows come and go between them.
  parameters.append('sort_key', 'id')
  parameters.append('sort_dir', 'asc')
  return parameters.toString()
}

/**
 * Every item of the collection that the filters let through. All pages or an error: never a part of them.
 * @param first the first page, if it has been fetched already
 */
export async function listAll(
  session: KeystoneSession,
  listing: Listing,
  first?: Page,
): Promise<Record<string, unknown>[]> {
  try {
    return await walk(session, listing, first)
  } catch (error) {
    if (!(error instanceof MarkerGone)) throw error
    // The last item of a page was deleted before the next page was asked for (404): begin again, once.
    return walk(session, listing, undefined)
  }
}

async function walk(
  session: KeystoneSession,
  listing: Listing,
  first: Page | undefined,
): Promise<Record<string, unknown>[]> {
  const found = new Map<string, Record<string, unknown>>()
  const asked = new Set<string>()
  for (let page = first ?? (await fetchPage(session, listing, firstPage(listing))); ; ) {
    for (const item of page.items) found.set(String(item['id']), item)
    if (page.next === undefined) return [...found.values()]
    if (asked.has(page.next) || asked.size >= MOST_PAGES) throw endless(listing)
    asked.add(page.next)
    page = await fetchPage(session, listing, page.next)
  }
}

export async function fetchPage(session: KeystoneSession, listing: Listing, query: string): Promise<Page> {
  const { collection } = listing
  const path = `/${collection.replaceAll('_', '-')}`
  const what = `Neutron: GET ${path}`
  try {
    const response = await session.request(NEUTRON, { method: 'GET', path: `${path}?${query}` })
    const body = jsonObject(what, response)
    const items = body[collection]
    if (!Array.isArray(items) || !items.every(isRecord)) {
      throw new OpenStackError('OPENSTACK_ANSWER', `${what} answered without a list of ${collection}.`, {
        retryable: true,
      })
    }
    return { items, next: nextQuery(body[`${collection}_links`], path, what) }
  } catch (error) {
    const continued = new URLSearchParams(query).has('marker')
    if (continued && error instanceof OpenStackError && error.status === 404) throw new MarkerGone(what, error)
    throw error
  }
}

/**
 * The query of the `next` link, and nothing else of it: links are absolute and often name a host or scheme that exists only
 * inside (or, from a broken server, anywhere). The request goes to the endpoint that was chosen, so the token does too.
 */
function nextQuery(links: unknown, path: string, what: string): string | undefined {
  if (!Array.isArray(links)) return undefined
  const next = links.filter(isRecord).find((link) => link['rel'] === 'next')
  if (next === undefined) return undefined
  const href = String(next['href'] ?? '')
  const url = URL.canParse(href, 'http://neutron.invalid/') ? new URL(href, 'http://neutron.invalid/') : undefined
  const query = url?.search.slice(1) ?? ''
  if (url === undefined || !url.pathname.endsWith(path) || !new URLSearchParams(query).has('marker')) {
    throw new OpenStackError('NEUTRON_PAGING', `${what}: the link to the next page leads somewhere else.`, {
      remedy: 'The listing is not whole. Check proxies between here and Neutron.',
    })
  }
  return query
}

class MarkerGone extends OpenStackError {
  constructor(what: string, cause: OpenStackError) {
    super('NEUTRON_PAGING', `${what}: an item vanished while the list was read.`, { retryable: true, cause })
  }
}

function endless({ collection }: Listing): OpenStackError {
  return new OpenStackError('NEUTRON_PAGING', `Neutron: the pages of ${collection} never end.`, {
    remedy: 'The listing is not whole: the server repeats a page.',
  })
}
