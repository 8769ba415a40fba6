import { canonical, defaultPool, formatAddress, formatCidr, networkOf, parseCidr } from './addresses'
import { attribute, standardAttributes } from './attributes'
import type { CallContext } from './context'
import { networkDocument, subnetDocument } from './documents'
import { badRequest, NeutronFailure } from './failure'
import type { Network, Subnet } from './model'
import type { ResourceKind } from './resource'
import type { NeutronWorld } from './world'

export function networkNotFound(id: string): NeutronFailure {
  return new NeutronFailure(404, 'NetworkNotFound', `Network ${id} could not be found.`)
}

function inUse(world: NeutronWorld, networkId: string): boolean {
  const used = [...world.ports.values()].some((port) => port.network_id === networkId)
  return used || [...world.floatingips.values()].some((floating) => floating.floating_network_id === networkId)
}

export function networks(world: NeutronWorld): ResourceKind<Network> {
  const admin = { post: true, put: true, admin: true, filter: true }
  const readable = (context: CallContext, network: Network): boolean =>
    context.seesAll || network.project_id === context.projectId || network.shared || network['router:external']
  return {
    singular: 'network',
    plural: 'networks',
    path: 'networks',
    attributes: {
      ...standardAttributes,
      name: { post: true, put: true, default: '', filter: true, sort: true, reason: attribute.text(255) },
      admin_state_up: { post: true, put: true, default: true, filter: true, sort: true, convert: attribute.boolean },
      shared: { ...admin, default: false, convert: attribute.boolean },
      'router:external': { ...admin, default: false, convert: attribute.boolean },
      port_security_enabled: { post: true, put: true, default: true, convert: attribute.boolean },
      'provider:network_type': admin,
      'provider:physical_network': admin,
      'provider:segmentation_id': admin,
      mtu: { filter: true, sort: true },
      status: { filter: true, sort: true },
      subnets: {},
      is_default: { filter: true },
    },
    rows: () => world.networks.values(),
    row: (id) => world.networks.get(id),
    readable,
    notFound: networkNotFound,
    document: (context, network) => networkDocument(world, network, context.isAdmin),
    // Reads show it of external networks only.
    created: (context, network) => ({ ...networkDocument(world, network, context.isAdmin), is_default: false }),
    lastState: (_context, network) => ({
      ...networkDocument(world, network, true),
      standard_attr_id: network.standard_attr_id,
      vlan_transparent: null,
    }),
    create(_context, items) {
      return items.map((item) => {
        const network: Network = {
          ...world.standard(String(item['project_id']), String(item['description'])),
          name: String(item['name']),
          admin_state_up: item['admin_state_up'] === true,
          mtu: item['router:external'] === true ? 1500 : 1450,
          shared: item['shared'] === true,
          'router:external': item['router:external'] === true,
          port_security_enabled: item['port_security_enabled'] === true,
          'provider:network_type': String(item['provider:network_type'] ?? 'vxlan'),
          'provider:physical_network': (item['provider:physical_network'] as string | undefined) ?? null,
          'provider:segmentation_id': Number(item['provider:segmentation_id'] ?? 100 + world.networks.size),
          revision_number: 1,
        }
        world.networks.set(network.id, network)
        return network
      })
    },
    update(_context, network, changes) {
      Object.assign(network, changes)
      world.touch(network)
    },
    remove(_context, network) {
      if (inUse(world, network.id)) {
        throw new NeutronFailure(
          409,
          'NetworkInUse',
          `Unable to complete operation on network ${network.id}. There are one or more ports still in use on the network.`,
        )
      }
      for (const subnet of world.subnetsOf(network.id)) world.subnets.delete(subnet.id)
      world.networks.delete(network.id)
    },
  }
}

export function subnets(world: NeutronWorld): ResourceKind<Subnet> {
  return {
    singular: 'subnet',
    plural: 'subnets',
    path: 'subnets',
    attributes: {
      ...standardAttributes,
      name: { post: true, put: true, default: '', filter: true, sort: true, reason: attribute.text(255) },
      network_id: { post: true, required: true, filter: true, sort: true, reason: attribute.uuid },
      ip_version: { post: true, required: true, filter: true, sort: true },
      cidr: { post: true, required: true, filter: true, sort: true },
      gateway_ip: { post: true, filter: true, sort: true },
      enable_dhcp: { post: true, put: true, default: true, filter: true, sort: true, convert: attribute.boolean },
      allocation_pools: { post: true, put: true },
      dns_nameservers: { post: true, put: true, default: [] },
    },
    rows: () => world.subnets.values(),
    row: (id) => world.subnets.get(id),
    readable: (context, subnet) =>
      context.seesAll ||
      subnet.project_id === context.projectId ||
      world.networks.get(subnet.network_id)?.shared === true,
    notFound: (id) => new NeutronFailure(404, 'SubnetNotFound', `Subnet ${id} could not be found.`),
    document: (_context, subnet) => subnetDocument(subnet),
    lastState: (_context, subnet) => ({
      ...subnetDocument(subnet),
      standard_attr_id: subnet.standard_attr_id,
      shared: world.networks.get(subnet.network_id)?.shared === true,
      segment_id: null,
    }),
    create(context, items) {
      return items.map((item) => {
        const network = world.networks.get(String(item['network_id']))
        if (network === undefined || !(context.seesAll || network.project_id === context.projectId)) {
          throw networkNotFound(String(item['network_id']))
        }
        const cidr = parseCidr(String(item['cidr']))
        if (cidr === undefined || cidr.version !== item['ip_version']) {
          throw badRequest(`Invalid input for cidr. Reason: '${String(item['cidr'])}' is not a valid IP subnet.`)
        }
        const base = networkOf(cidr)
        // As recorded: the first address of an IPv4 subnet, the network's own address of an IPv6 one.
        const gateway = formatAddress(base.version, base.address + (base.version === 4 ? 1n : 0n))
        const pools = item['allocation_pools'] as Subnet['allocation_pools'] | undefined
        const subnet: Subnet = {
          ...world.standard(String(item['project_id']), String(item['description'])),
          name: String(item['name']),
          network_id: network.id,
          ip_version: cidr.version,
          cidr: formatCidr(base),
          gateway_ip:
            item['gateway_ip'] === undefined
              ? gateway
              : item['gateway_ip'] === null
                ? null
                : canonical(String(item['gateway_ip'])),
          enable_dhcp: item['enable_dhcp'] === true,
          allocation_pools: pools ?? [defaultPool(cidr)],
          dns_nameservers: item['dns_nameservers'] as string[],
        }
        world.subnets.set(subnet.id, subnet)
        world.touch(network)
        return subnet
      })
    },
    update(_context, subnet, changes) {
      Object.assign(subnet, changes)
      world.touch(subnet)
      const network = world.networks.get(subnet.network_id)
      if (network !== undefined) world.touch(network)
    },
    remove(_context, subnet) {
      const holder = [...world.ports.values()].find((port) =>
        port.fixed_ips.some((fixed) => fixed.subnet_id === subnet.id),
      )
      if (holder !== undefined) {
        throw new NeutronFailure(
          409,
          'SubnetInUse',
          `Unable to complete operation on subnet ${subnet.id}: One or more ports have an IP allocation from this subnet.`,
        )
      }
      world.subnets.delete(subnet.id)
      const network = world.networks.get(subnet.network_id)
      if (network !== undefined) world.touch(network)
    },
  }
}
