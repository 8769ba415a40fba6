import type { FloatingIp } from '../openstack/neutron/floating-ips'
import type { Port } from '../openstack/neutron/ports'
import { isGlobal } from './global-address'
import { parseIpAddress } from './ip-address'
import type { ExposedAddress } from './model'

/** A port's addresses: each fixed one, followed by the floating ones that lead to it. */
export function addressesOfPort(port: Port, floatingIps: readonly FloatingIp[]): ExposedAddress[] {
  const fixed = port.fixed_ips.map(({ ip_address }) => ip_address)
  // A floating IP names the fixed address behind it; should it not be among the port's, it is shown last all the same.
  const loose = floatingIps.filter((floating) => !fixed.includes(floating.fixed_ip_address ?? ''))
  const addresses = fixed.flatMap((address) => [
    exposed({ address, kind: 'fixed', networkId: port.network_id }),
    ...floatingIps.filter((floating) => floating.fixed_ip_address === address).map(floatingOf),
  ])
  return [...addresses, ...loose.map(floatingOf)].flatMap((address) =>
    address === undefined ? [] : { ...address, ...portMembers(port) },
  )
}

/** The floating address of a notification, with what it says of the port. */
export function addressOfFloatingIp(floatingIp: FloatingIp): ExposedAddress[] {
  const address = floatingOf(floatingIp)
  if (address === undefined) return []
  const { port_id: id, port_details: details, project_id } = floatingIp
  const members = { name: '', device_id: '', device_owner: '', ...details, id: id ?? '', project_id }
  return [{ ...address, ...portMembers(members) }]
}

function floatingOf(floatingIp: FloatingIp): ExposedAddress | undefined {
  const { floating_ip_address: address, fixed_ip_address: fixed, floating_network_id: networkId } = floatingIp
  const found = exposed({ address, kind: 'floating', networkId })
  return found === undefined || fixed === null ? found : { ...found, fixedAddress: fixed }
}

function exposed({
  address,
  kind,
  networkId,
}: {
  address: string
  kind: ExposedAddress['kind']
  networkId: string
}): ExposedAddress | undefined {
  const family = parseIpAddress(address)?.family
  if (family === undefined) return undefined
  return { address, family, kind, global: isGlobal(address), ...(networkId === '' ? {} : { networkId }) }
}

function portMembers(port: Pick<Port, 'id' | 'name' | 'device_id' | 'device_owner' | 'project_id'>) {
  return {
    ...(port.id === '' ? {} : { portId: port.id }),
    ...(port.name === '' ? {} : { portName: port.name }),
    ...(port.device_id === '' ? {} : { deviceId: port.device_id }),
    ...(port.device_owner === '' ? {} : { deviceOwner: port.device_owner }),
    ...(port.project_id === '' ? {} : { projectId: port.project_id }),
  }
}
