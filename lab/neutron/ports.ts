import { asObject } from '../decode'
import { canonical, contains, parseAddress, parseCidr } from './addresses'
import { attribute, standardAttributes } from './attributes'
import type { CallContext } from './context'
import { portDocument } from './documents'
import { badRequest, NeutronFailure } from './failure'
import type { AddressPair, FixedIp, Network, Port, Subnet } from './model'
import type { ResourceKind } from './resource'
import { groupNotFound } from './security-groups'
import type { NeutronWorld } from './world'

export function portNotFound(id: string): NeutronFailure {
  return new NeutronFailure(404, 'PortNotFound', `Port ${id} could not be found.`)
}

const texts = (value: unknown): string[] => {
  if (value === null) return []
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value as string[]
  throw badRequest(`Invalid input for security_groups. Reason: '${String(value)}' is not a list.`)
}

export function ports(world: NeutronWorld): ResourceKind<Port> {
  const plain = { post: true, put: true, default: '', filter: true, sort: true, reason: attribute.text(255) }
  return {
    singular: 'port',
    plural: 'ports',
    path: 'ports',
    attributes: {
      ...standardAttributes,
      name: plain,
      network_id: { post: true, required: true, filter: true, sort: true, reason: attribute.uuid },
      admin_state_up: { post: true, put: true, default: true, filter: true, sort: true, convert: attribute.boolean },
      mac_address: { post: true, filter: true, sort: true },
      fixed_ips: { post: true, put: true, filter: true },
      device_id: plain,
      device_owner: plain,
      status: { filter: true, sort: true },
      security_groups: { post: true, put: true, filter: true, convert: texts },
      allowed_address_pairs: { post: true, put: true },
      port_security_enabled: { post: true, put: true, convert: attribute.boolean },
      extra_dhcp_opts: { post: true, put: true },
      'binding:vnic_type': { post: true, put: true, default: 'normal', filter: true },
      'binding:host_id': { post: true, put: true, admin: true, filter: true },
      'binding:profile': { post: true, put: true, admin: true },
      'binding:vif_type': {},
      'binding:vif_details': {},
      ip_allocation: { filter: true },
    },
    rows: () => world.ports.values(),
    row: (id) => world.ports.get(id),
    // A network's owner sees every port on it.
    readable: (context, port) =>
      context.seesAll ||
      port.project_id === context.projectId ||
      world.networks.get(port.network_id)?.project_id === context.projectId,
    notFound: portNotFound,
    document: (context, port) => portDocument(port, context.isAdmin),
    lastState: (_context, port) => ({ ...portDocument(port, true), standard_attr_id: port.standard_attr_id }),
    filter(name, values, port) {
      if (name === 'security_groups') return values.some((id) => port.security_groups.includes(id))
      if (name === 'fixed_ips') return matchesFixedIps(port, values)
      return undefined
    },
    create(context, items) {
      const made: Port[] = []
      try {
        for (const item of items) {
          const network = world.networks.get(String(item['network_id']))
          if (network === undefined || !mayUse(context, network)) {
            throw new NeutronFailure(
              404,
              'NetworkNotFound',
              `Network ${String(item['network_id'])} could not be found.`,
            )
          }
          const project = String(item['project_id'])
          const secured = (item['port_security_enabled'] ?? network.port_security_enabled) === true
          const trusted = String(item['device_owner']).startsWith('network:')
          const wanted = item['security_groups'] as string[] | undefined
          const groups = wanted ?? (secured && !trusted ? [world.defaultGroup(project).id] : [])
          checkGroups(context, groups, project)
          if (!secured && groups.length > 0) throw securityNeeded()
          const { project_id: _project, extra_dhcp_opts: _options, ...rest } = item
          const port = world.addPort(project, network, {
            ...(rest as Partial<Port>),
            fixed_ips: allocate(network, item['fixed_ips']),
            security_groups: groups,
            port_security_enabled: secured,
            allowed_address_pairs: [],
          })
          made.push(port)
          port.allowed_address_pairs = pairsOf(item['allowed_address_pairs'], port)
        }
      } catch (error) {
        for (const port of made) world.ports.delete(port.id)
        throw error
      }
      return made
    },
    update(context, port, changes) {
      const network = world.networks.get(port.network_id) as Network
      const secured = (changes['port_security_enabled'] ?? port.port_security_enabled) === true
      const groups = (changes['security_groups'] as string[] | undefined) ?? port.security_groups
      checkGroups(context, changes['security_groups'] === undefined ? [] : groups, port.project_id)
      if (!secured && groups.length > 0) {
        throw changes['security_groups'] === undefined ? stillInGroups() : securityNeeded()
      }
      const fixed = changes['fixed_ips'] === undefined ? port.fixed_ips : allocate(network, changes['fixed_ips'], port)
      const { security_groups: _g, fixed_ips: _f, allowed_address_pairs: pairs, extra_dhcp_opts: _o, ...rest } = changes
      Object.assign(port, rest)
      port.port_security_enabled = secured
      port.security_groups = groups
      port.fixed_ips = fixed
      if (pairs !== undefined) port.allowed_address_pairs = pairsOf(pairs, port)
      // Without agents nothing can be bound; as recorded.
      if (changes['binding:host_id']) port['binding:vif_type'] = 'binding_failed'
      world.touch(port)
    },
    remove(_context, port) {
      if (port.device_owner === 'network:router_interface') {
        throw new NeutronFailure(
          409,
          'ServicePortInUse',
          `Port ${port.id} cannot be deleted directly via the port API: has device owner network:router_interface.`,
        )
      }
      world.ports.delete(port.id)
      // Its floating addresses are freed in silence.
      for (const floating of world.floatingips.values()) {
        if (floating.port_id !== port.id) continue
        Object.assign(floating, { port_id: null, fixed_ip_address: null, router_id: null, status: 'DOWN' })
        world.touch(floating)
      }
    },
  }

  function mayUse(context: CallContext, network: Network): boolean {
    return context.seesAll || network.shared || network.project_id === context.projectId
  }

  function checkGroups(context: CallContext, ids: readonly string[], project: string): void {
    const missing = ids.filter((id) => {
      const group = world.securityGroups.get(id)
      if (group === undefined) return true
      return !(
        context.isAdmin ||
        group.project_id === project ||
        group.shared_with.some((p) => p === project || p === '*')
      )
    })
    if (missing.length > 0) throw groupNotFound(missing.join(', '))
  }

  /** One address of each IP version if nothing is asked for, as Neutron does. */
  function allocate(network: Network, wanted: unknown, holder?: Port): FixedIp[] {
    const subnets = world.subnetsOf(network.id)
    if (wanted === undefined) {
      return ([4, 6] as const).flatMap((version) => {
        const candidates = subnets.filter((subnet) => subnet.ip_version === version)
        for (const subnet of candidates) {
          const free = world.freeAddress(subnet)
          if (free !== undefined) return [{ subnet_id: subnet.id, ip_address: free }]
        }
        if (candidates.length === 0) return []
        throw new NeutronFailure(
          409,
          'IpAddressGenerationFailure',
          `No more IP addresses available on network ${network.id}.`,
        )
      })
    }
    if (!Array.isArray(wanted))
      throw badRequest(`Invalid input for fixed_ips. Reason: '${String(wanted)}' is not a list.`)
    return (wanted as unknown[]).map((each) => fixedIp(network, subnets, asObject(each) ?? {}, holder))
  }

  function fixedIp(network: Network, subnets: Subnet[], wanted: Record<string, unknown>, holder?: Port): FixedIp {
    const address = typeof wanted['ip_address'] === 'string' ? canonical(wanted['ip_address']) : undefined
    const subnet = subnets.find((each) =>
      wanted['subnet_id'] !== undefined
        ? each.id === wanted['subnet_id']
        : address !== undefined && contains(parseCidr(each.cidr) ?? { version: 4, address: 0n, prefix: 32 }, address),
    )
    if (subnet === undefined || (address !== undefined && parseAddress(address) === undefined)) {
      throw new NeutronFailure(
        400,
        'InvalidIpForNetwork',
        `IP address ${address ?? 'None'} is not a valid IP for any of the subnets on the specified network.`,
      )
    }
    const used = world.usedAddresses(subnet)
    for (const own of holder?.fixed_ips ?? []) used.delete(own.ip_address)
    const chosen = address ?? world.freeAddress(subnet)
    if (chosen === undefined) {
      throw new NeutronFailure(
        409,
        'IpAddressGenerationFailure',
        `No more IP addresses available on network ${network.id}.`,
      )
    }
    if (used.has(chosen)) {
      throw new NeutronFailure(
        409,
        'IpAddressAlreadyAllocated',
        `IP address ${chosen} already allocated in subnet ${subnet.id}`,
      )
    }
    return { subnet_id: subnet.id, ip_address: chosen }
  }
}

function pairsOf(given: unknown, port: Port): AddressPair[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw badRequest('Allowed address pairs must be a list.')
  return (given as unknown[]).map((each) => {
    const pair = asObject(each)
    if (typeof pair?.['ip_address'] !== 'string') throw badRequest('AllowedAddressPair must contain ip_address')
    return { mac_address: String(pair['mac_address'] ?? port.mac_address), ip_address: pair['ip_address'] }
  })
}

/** `fixed_ips=ip_address=10.0.0.5` and `subnet_id=`, `ip_address_substr=`; several of one kind mean any of them. */
function matchesFixedIps(port: Port, values: readonly string[]): boolean {
  const wanted = new Map<string, string[]>()
  for (const value of values) {
    const at = value.indexOf('=')
    if (at < 0) throw badRequest(`'${value}' is not of the form <key>=[value]`)
    const key = value.slice(0, at)
    wanted.set(key, [...(wanted.get(key) ?? []), value.slice(at + 1)])
  }
  return port.fixed_ips.some(({ ip_address, subnet_id }) =>
    [...wanted].every(([key, any]) => {
      if (key === 'ip_address') return any.some((address) => canonical(address) === ip_address)
      if (key === 'ip_address_substr') return any.some((part) => ip_address.includes(part))
      return key === 'subnet_id' && any.includes(subnet_id)
    }),
  )
}

function securityNeeded(): NeutronFailure {
  return new NeutronFailure(
    400,
    'PortSecurityAndIPRequiredForSecurityGroups',
    'Port security must be enabled and port must have an IP address in order to use security groups.',
  )
}

function stillInGroups(): NeutronFailure {
  return new NeutronFailure(
    409,
    'PortSecurityPortHasSecurityGroup',
    'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
  )
}
