import { isRecord, OpenStackError } from '../openstack-error'
import type { KeystoneSession } from '../session'
import { byIds, type Found } from './by-id'
import { listAll, type QueryPair } from './paging'

/** A Neutron port, as far as exposure needs it; member names are Neutron's own. */
export interface Port {
  readonly id: string
  readonly name: string
  readonly project_id: string
  readonly network_id: string
  readonly device_id: string
  readonly device_owner: string
  readonly admin_state_up: boolean
  readonly security_groups: readonly string[]
  readonly fixed_ips: readonly { readonly ip_address: string }[]
}

const FIELDS: readonly QueryPair[] = [
  'id',
  'name',
  'project_id',
  'tenant_id',
  'network_id',
  'device_id',
  'device_owner',
  'admin_state_up',
  'security_groups',
  'fixed_ips',
].map((field) => ['fields', field])

/**
 * The ports that are members of any of these groups, of whatever project (as far as the account may see them): a shared group
 * has members in other projects.
 *
 * The server filters (`security_groups`, extension `port-security-groups-filtering`, 2018). One that ignores the filter sends
 * too much, which is checked here; one that refuses it is asked for everything.
 */
export async function portsOfGroups(session: KeystoneSession, groupIds: Iterable<string>): Promise<Found<Port>> {
  let everything: Promise<readonly Port[]> | undefined
  const list = async (query: readonly QueryPair[]) =>
    (await listAll(session, { collection: 'ports', query: [...query, ...FIELDS] })).flatMap(
      (port) => decodePort(port) ?? [],
    )
  const found = await byIds(groupIds, async (chunk) => {
    const wanted = new Set(chunk)
    let ports: readonly Port[]
    try {
      ports = await list(chunk.map((id): QueryPair => ['security_groups', id]))
    } catch (error) {
      if (!(error instanceof OpenStackError) || error.status !== 400) throw error
      everything ??= list([])
      ports = await everything
    }
    return ports.filter((port) => port.security_groups.some((group) => wanted.has(group)))
  })
  // A port in two groups comes with both chunks.
  const once = new Map(found.items.map((port) => [port.id, port]))
  return { items: [...once.values()], failed: found.failed }
}

/** Reads a port from a listing or from a notification; undefined if it has no id. */
export function decodePort(value: unknown): Port | undefined {
  if (!isRecord(value) || typeof value['id'] !== 'string' || value['id'] === '') return undefined
  const text = (name: string) => (typeof value[name] === 'string' ? value[name] : '')
  const fixed = Array.isArray(value['fixed_ips']) ? value['fixed_ips'] : []
  const groups = Array.isArray(value['security_groups']) ? value['security_groups'] : []
  return {
    id: value['id'],
    name: text('name'),
    project_id: text('project_id') || text('tenant_id'),
    network_id: text('network_id'),
    device_id: text('device_id'),
    device_owner: text('device_owner'),
    admin_state_up: value['admin_state_up'] !== false,
    security_groups: groups.filter((group) => typeof group === 'string'),
    fixed_ips: fixed
      .filter(isRecord)
      .flatMap(({ ip_address: address }) => (typeof address === 'string' ? { ip_address: address } : [])),
  }
}
