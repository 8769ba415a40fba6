import { quote } from '../../errors/redact'
import { isRecord, OpenStackError } from '../openstack-error'
import type { QueryPair } from './call'

/** One page of a listing. */
export interface Page {
  readonly items: readonly unknown[]
  /** Query of the next page; undefined at the end. */
  readonly next: string | undefined
  /** The service itself named the next page. */
  readonly linked: boolean
}

export interface Asked {
  /** For errors: `Nova: GET /servers/detail`. */
  readonly what: string
  /** The path that was asked for. */
  readonly path: string
  readonly query: readonly QueryPair[]
  /** Name of the list in the answer; empty: the only one there is. */
  readonly collection: string
  /** Whether an earlier page had a link to its next one: a page without one is then the last. */
  readonly linked: boolean
}

/**
 * Reads a page and where the next one is. Services say that in four ways: `<collection>_links` (Nova, Cinder, Neutron, Octavia), `links`
 * as an object (Keystone, Designate) or a list (Manila), a bare `next` (Glance, Barbican, Ironic), or not at all: then a page as
 * long as its `limit` is followed by asking for what comes after its last item.
 *
 * Of a link only the query is taken, and only if it leads to the same path: links are absolute and often name a host or a scheme
 * of the inside, or, from a broken server, any. The request goes where the account says, and so does the token.
 * @throws OPENSTACK_PAGING, OPENSTACK_ANSWER
 */
export function readPage(body: unknown, asked: Asked): Page {
  if (!isRecord(body)) throw noList(asked, 'no JSON object')
  const key = asked.collection === '' ? onlyList(body) : asked.collection
  const items = key === undefined ? undefined : body[key]
  if (key === undefined || !Array.isArray(items)) {
    throw noList(asked, key === undefined ? 'no list, or several' : `no list "${quote(key, 64)}"`)
  }
  if (body['truncated'] === true) {
    throw new OpenStackError('OPENSTACK_PAGING', `${asked.what}: the service cut the list short (truncated).`, {
      remedy: "The listing is not whole. Filter it, or raise the service's list_limit.",
    })
  }
  const { href, told } = nextLink(body, key)
  if (href !== undefined) return { items, next: queryOf(href, asked), linked: true }
  return { items, next: told || asked.linked ? undefined : nextByMarker(items, asked), linked: asked.linked }
}

function onlyList(body: Record<string, unknown>): string | undefined {
  const lists = Object.keys(body).filter(
    (key) => Array.isArray(body[key]) && key !== 'links' && !key.endsWith('_links'),
  )
  return lists.length === 1 ? lists[0] : undefined
}

/** `told`: the answer has a place for links, so that none there means the end. */
function nextLink(body: Record<string, unknown>, key: string): { href: string | undefined; told: boolean } {
  const links = body[`${key}_links`] ?? body['links']
  if (Array.isArray(links)) {
    const next = links.filter(isRecord).find((link) => link['rel'] === 'next')
    return { href: textOf(next?.['href']), told: true }
  }
  if (isRecord(links)) return { href: textOf(links['next']), told: 'next' in links }
  return { href: textOf(body['next']), told: 'next' in body }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

const ANY_HOST = 'http://service.invalid/'

function queryOf(href: string, { path, what }: Asked): string {
  const url = URL.canParse(href, ANY_HOST) ? new URL(href, ANY_HOST) : undefined
  const query = url?.search.slice(1) ?? ''
  if (url === undefined || query === '' || !sameEnd(url.pathname, path)) {
    throw new OpenStackError('OPENSTACK_PAGING', `${what}: the link to the next page leads somewhere else.`, {
      remedy: 'The listing is not whole. Check proxies between here and the service.',
    })
  }
  return query
}

function sameEnd(linked: string, asked: string): boolean {
  const trimmed = (text: string) => text.replace(/\/+$/, '')
  return trimmed(linked).endsWith(trimmed(asked))
}

function nextByMarker(items: readonly unknown[], { query }: Asked): string | undefined {
  const limit = Number(query.find(([name]) => name === 'limit')?.[1] ?? 0)
  if (!(limit > 0) || items.length !== limit) return undefined
  const last = items.at(-1)
  const marker = isRecord(last) ? (last['id'] ?? last['uuid']) : undefined
  if (typeof marker !== 'string') return undefined
  const rest = query.filter(([name]) => name !== 'marker').map(([name, value]): [string, string] => [name, value])
  return new URLSearchParams([...rest, ['marker', marker]]).toString()
}

function noList({ what }: Asked, found: string): OpenStackError {
  return new OpenStackError('OPENSTACK_ANSWER', `${what} was to be read page by page, and answered ${found}.`, {
    remedy: 'Name the list in the dialog, or switch paging off for this call.',
  })
}
