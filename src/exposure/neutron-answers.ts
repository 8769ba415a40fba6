import { describeError, OperatorError } from '../errors/operator-error'
import type { Found } from '../openstack/neutron/by-id'
import { type FloatingIp, type FloatingIpCensus, floatingIpsOfPorts } from '../openstack/neutron/floating-ips'
import { type Port, portsOfGroups } from '../openstack/neutron/ports'
import { type SecurityGroup, securityGroups } from '../openstack/neutron/security-groups'
import type { KeystoneSession, SessionIdentity } from '../openstack/session'
import { addressesOfPort } from './addresses'
import type { ReportedChange } from './changes'
import type { ExposedAddress } from './model'

/** What Neutron answered to the questions of one look-up. */
export interface Known {
  readonly portsOf: (groupId: string) => readonly Port[]
  /** Of a group's members. Changes of one group share the list: a thousand rules of a large group would fill the memory. */
  readonly addressesOf: (groupId: string, family: 4 | 6 | undefined) => readonly ExposedAddress[]
  readonly floatingOf: (portId: string) => readonly FloatingIp[]
  /** Also if only the floating IPs of some member are missing. */
  readonly groupFailure: (groupId: string) => OperatorError | undefined
  readonly portFailure: (portId: string) => OperatorError | undefined
  readonly group: (groupId: string) => SecurityGroup | undefined
  readonly identity: SessionIdentity | undefined
}

/** Asks for the members of all groups and for the floating IPs of all ports, in as few listings as can be. */
export async function askNeutron(
  changes: readonly ReportedChange[],
  { session, census }: { readonly session: KeystoneSession; readonly census: FloatingIpCensus },
): Promise<Known> {
  const groups = new Set(changes.flatMap((change) => groupToAsk(change) ?? []))
  const ownPorts = changes.filter(asksForFloatingIps).flatMap(({ port }) => port ?? [])
  if (groups.size === 0 && ownPorts.length === 0) return known(nothing(), nothing(), nothing(), undefined)

  let identity: SessionIdentity
  try {
    identity = await session.identity()
  } catch (thrown) {
    const error = thrown instanceof OperatorError ? thrown : new OperatorError('UNEXPECTED', describeError(thrown))
    const failed = (ids: Iterable<string>) => ({ items: [], failed: new Map([...ids].map((id) => [id, error])) })
    return known(failed(groups), failed(ownPorts.map(({ id }) => id)), nothing(), undefined)
  }
  const ports = await portsOfGroups(session, groups)
  // Floating IPs lead to IPv4 addresses only.
  const withIpv4 = [...ports.items, ...ownPorts].filter((port) =>
    port.fixed_ips.some((ip) => !ip.ip_address.includes(':')),
  )
  const portIds = withIpv4.map(({ id }) => id)
  const floatingIps = await floatingIpsOfPorts(session, portIds, { census })
  // Only who does not see everything has to ask whose group it is.
  const owners = identity.seesAllProjects ? nothing<SecurityGroup>() : await securityGroups(session, groups)
  return known(ports, floatingIps, owners, identity)
}

/** The group whose members a change concerns. A deleted group had none: Neutron refuses to delete one that is in use. */
export function groupToAsk({ subject, kind, groupId }: ReportedChange): string | undefined {
  return subject.announced || kind === 'sg_delete' ? undefined : groupId
}

/** A port that is gone has lost its floating IPs with it. */
export function asksForFloatingIps({ kind }: ReportedChange): boolean {
  return kind === 'port_create' || kind === 'port_update'
}

function nothing<T>(): Found<T> {
  return { items: [], failed: new Map() }
}

function known(
  ports: Found<Port>,
  floatingIps: Found<FloatingIp>,
  owners: Found<SecurityGroup>,
  identity: SessionIdentity | undefined,
): Known {
  const byGroup = new Map<string, Port[]>()
  for (const port of ports.items) for (const group of port.security_groups) push(byGroup, group, port)
  const byPort = new Map<string, FloatingIp[]>()
  for (const floatingIp of floatingIps.items) push(byPort, floatingIp.port_id ?? '', floatingIp)
  const portsOf = (groupId: string) => byGroup.get(groupId) ?? []
  const floatingOf = (portId: string) => byPort.get(portId) ?? []
  const portFailure = (portId: string) => floatingIps.failed.get(portId)
  const groupFailure = (groupId: string) => {
    const failure = ports.failed.get(groupId) ?? owners.failed.get(groupId)
    if (failure !== undefined || floatingIps.failed.size === 0) return failure
    const member = portsOf(groupId).find(({ id }) => floatingIps.failed.has(id))
    return member === undefined ? undefined : portFailure(member.id)
  }
  const lists = new Map<string, readonly ExposedAddress[]>()
  const addressesOf = (groupId: string, family: 4 | 6 | undefined): readonly ExposedAddress[] => {
    const key = `${groupId} ${family ?? 'both'}`
    const known = lists.get(key)
    if (known !== undefined) return known
    const list =
      family === undefined
        ? portsOf(groupId).flatMap((port) => addressesOfPort(port, floatingOf(port.id)))
        : addressesOf(groupId, undefined).filter((address) => address.family === family)
    lists.set(key, list)
    return list
  }
  return {
    portsOf,
    addressesOf,
    floatingOf,
    groupFailure,
    portFailure,
    group: (groupId) => owners.items.find(({ id }) => id === groupId),
    identity,
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
