import { describeError, OperatorError } from '../../errors/operator-error'
import { isRecord } from '../openstack-error'
import type { KeystoneSession } from '../session'
import { byIds, type Found, IDS_PER_CALL } from './by-id'
import { fetchPage, firstPage, type Listing, listAll, type QueryPair } from './paging'

/** A Neutron floating IP; member names are Neutron's own. */
export interface FloatingIp {
  readonly id: string
  readonly floating_ip_address: string
  readonly fixed_ip_address: string | null
  readonly port_id: string | null
  readonly project_id: string
  readonly floating_network_id: string
  /** Of the port; only in notifications. */
  readonly port_details?: { readonly name: string; readonly device_id: string; readonly device_owner: string }
}

const FIELDS: readonly QueryPair[] = [
  'id',
  'floating_ip_address',
  'fixed_ip_address',
  'port_id',
  'project_id',
  'tenant_id',
  'floating_network_id',
].map((field) => ['fields', field])

/** How many pages all floating IPs fill, as last seen; kept per account so that a large cloud is not probed each time. */
export interface FloatingIpCensus {
  pages?: { readonly count: number; readonly at: number }
}

const CENSUS_HOLDS_MS = 10 * 60_000

/**
 * The floating IPs of these ports: in calls of fifty port ids, or all of the cloud's in one unfiltered listing where that
 * takes fewer calls.
 */
export async function floatingIpsOfPorts(
  session: KeystoneSession,
  portIds: Iterable<string>,
  { census = {}, now = Date.now }: { census?: FloatingIpCensus; now?: () => number } = {},
): Promise<Found<FloatingIp>> {
  const ids = new Set(portIds)
  const calls = Math.ceil(ids.size / IDS_PER_CALL)
  const all: Listing = { collection: 'floatingips', query: FIELDS }
  const ofThese = (items: readonly Record<string, unknown>[], wanted: ReadonlySet<string>) =>
    items
      .flatMap((item) => decodeFloatingIp(item) ?? [])
      .filter(({ port_id: port }) => port !== null && wanted.has(port))

  const known = census.pages !== undefined && now() - census.pages.at < CENSUS_HOLDS_MS ? census.pages.count : undefined
  if (calls > 1 && (known === undefined || known < calls)) {
    try {
      const page = await fetchPage(session, all, firstPage(all))
      const count = estimatedPages(page.items, page.next !== undefined)
      census.pages = { count, at: now() }
      if (count < calls) return { items: ofThese(await listAll(session, all, page), ids), failed: new Map() }
    } catch (thrown) {
      const error = thrown instanceof OperatorError ? thrown : new OperatorError('UNEXPECTED', describeError(thrown))
      return { items: [], failed: new Map([...ids].map((id) => [id, error])) }
    }
  }
  return byIds(ids, async (chunk) => {
    const query: QueryPair[] = [...chunk.map((id): QueryPair => ['port_id', id]), ...FIELDS]
    return ofThese(await listAll(session, { collection: 'floatingips', query }), new Set(chunk))
  })
}

/**
 * Ids are random UUIDs and the list is sorted by them, so how far into the range of ids the first page reaches tells how
 * long the whole list is.
 */
export function estimatedPages(firstItems: readonly Record<string, unknown>[], more: boolean): number {
  if (!more) return 1
  const last = String(firstItems.at(-1)?.['id'] ?? '')
  const reached = Number.parseInt(last.slice(0, 8), 16) / 2 ** 32
  if (!(reached > 0) || !/^[0-9a-f]{8}/i.test(last)) return Number.POSITIVE_INFINITY
  return Math.max(2, Math.ceil(1 / reached))
}

/** Reads a floating IP from a listing or from a notification; undefined if it has no id. */
export function decodeFloatingIp(value: unknown): FloatingIp | undefined {
  if (!isRecord(value) || typeof value['id'] !== 'string' || value['id'] === '') return undefined
  const textIn = (holder: Record<string, unknown>, name: string) =>
    typeof holder[name] === 'string' ? holder[name] : ''
  const text = (name: string) => textIn(value, name)
  const port = value['port_details']
  return {
    id: value['id'],
    floating_ip_address: text('floating_ip_address'),
    fixed_ip_address: text('fixed_ip_address') || null,
    port_id: text('port_id') || null,
    project_id: text('project_id') || text('tenant_id'),
    floating_network_id: text('floating_network_id'),
    ...(isRecord(port)
      ? {
          port_details: {
            name: textIn(port, 'name'),
            device_id: textIn(port, 'device_id'),
            device_owner: textIn(port, 'device_owner'),
          },
        }
      : {}),
  }
}
