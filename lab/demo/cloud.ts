import { createHash } from 'node:crypto'
import type { FloatingIp, Network, Port, Router, SecurityGroup, Subnet } from '../neutron/model'
import type { NeutronWorld } from '../neutron/world'
import { demoProjects } from './people'

/**
 * The Internet side of the demo cloud. These blocks count as globally reachable in IANA's special-purpose registries,
 * and yet nobody's servers live in them: 192.52.193.0/24 is set aside for multicast relays (RFC 7450), 2620:4f:8000::/48
 * for the AS112 service that answers stray reverse-DNS queries (RFC 7534); the few addresses these use are left out. The documentation ranges would be right by
 * custom but count as private, so nothing would be scanned. The addresses are data: nothing here or in the palette
 * ever sends to them; scans go to the pocket cloud's own Qualys.
 */
export const demoPublicRange = '192.52.193.0/24'
export const demoPublicRange6 = '2620:4f:8000::/48'

/** The same name gives the same id in every run, so flows and tests can rely on them. */
export function demoId(name: string): string {
  const hex = createHash('md5').update(`pocket cloud ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Fills Neutron with two customers' networks, groups and servers, in silence. */
export function fillDemoCloud(world: NeutronWorld): void {
  const admin = demoProjects.admin.id
  const shop = demoProjects.shop.id
  const archive = demoProjects.archive.id

  const outside = network('public', admin, {
    'router:external': true,
    'provider:network_type': 'flat',
    'provider:physical_network': 'physnet1',
    mtu: 1500,
  })
  subnet('public-v4', outside, '192.52.193.0/24', '192.52.193.254', ['192.52.193.10', '192.52.193.250'], false)
  const shopNet = network('shop-net', shop)
  const shop4 = subnet('shop-v4', shopNet, '10.20.0.0/24', '10.20.0.1', ['10.20.0.2', '10.20.0.254'])
  const shop6 = subnet('shop-v6', shopNet, '2620:4f:8000:20::/64', '2620:4f:8000:20::1', [
    '2620:4f:8000:20::2',
    '2620:4f:8000:20::ffff',
  ])
  const archiveNet = network('archive-net', archive)
  const archive4 = subnet('archive-v4', archiveNet, '10.30.0.0/24', '10.30.0.1', ['10.30.0.2', '10.30.0.254'])
  const shopRouter = router('shop-router', shop, outside, '192.52.193.11', shopNet, shop4)
  const archiveRouter = router('archive-router', archive, outside, '192.52.193.12', archiveNet, archive4)

  const web = group('web', shop, 'Web servers')
  for (const port of [80, 443]) open(web, port, '0.0.0.0/0')
  open(web, 22, '10.0.0.0/8')
  const db = group('db', shop, 'Databases')
  world.addRule(db, {
    id: demoId('rule db 5432'),
    protocol: 'tcp',
    port_range_min: 5432,
    port_range_max: 5432,
    remote_group_id: web.id,
  })
  const six = group('six', shop, 'Servers with IPv6 only')
  const store = group('store', archive, 'Storage without public addresses')
  const vault = group('vault', archive, 'Storage with a public address')

  const web1 = server(
    'web-1',
    shop,
    shopNet,
    [
      [shop4, '10.20.0.11'],
      [shop6, '2620:4f:8000:20::11'],
    ],
    [web],
  )
  const web2 = server('web-2', shop, shopNet, [[shop4, '10.20.0.12']], [web])
  server('db-1', shop, shopNet, [[shop4, '10.20.0.21']], [db])
  server('six-1', shop, shopNet, [[shop6, '2620:4f:8000:20::61']], [six])
  server('store-1', archive, archiveNet, [[archive4, '10.30.0.11']], [store])
  server('store-2', archive, archiveNet, [[archive4, '10.30.0.12']], [store])
  const vault1 = server('vault-1', archive, archiveNet, [[archive4, '10.30.0.21']], [vault])
  floating('192.52.193.21', outside, shopRouter, web1)
  floating('192.52.193.22', outside, shopRouter, web2)
  floating('192.52.193.31', outside, archiveRouter, vault1)

  function network(name: string, project: string, given: Partial<Network> = {}): Network {
    const made: Network = {
      name,
      admin_state_up: true,
      mtu: 1450,
      shared: false,
      'router:external': false,
      port_security_enabled: true,
      'provider:network_type': 'vxlan',
      'provider:physical_network': null,
      'provider:segmentation_id': 100 + world.networks.size,
      ...given,
      ...world.standard(project, '', demoId(`network ${name}`)),
    }
    world.networks.set(made.id, made)
    return made
  }

  function subnet(
    name: string,
    on: Network,
    cidr: string,
    gateway: string,
    [start, end]: [string, string],
    dhcp = true,
  ): Subnet {
    const made: Subnet = {
      ...world.standard(on.project_id, '', demoId(`subnet ${name}`)),
      name,
      network_id: on.id,
      ip_version: cidr.includes(':') ? 6 : 4,
      cidr,
      gateway_ip: gateway,
      enable_dhcp: dhcp,
      allocation_pools: [{ start, end }],
      dns_nameservers: [],
    }
    world.subnets.set(made.id, made)
    return made
  }

  function router(name: string, project: string, to: Network, address: string, inside: Network, on: Subnet): Router {
    const outer = world.subnetsOf(to.id)[0]?.id ?? ''
    const made: Router = {
      ...world.standard(project, '', demoId(`router ${name}`)),
      name,
      admin_state_up: true,
      external_gateway_info: {
        network_id: to.id,
        external_fixed_ips: [{ subnet_id: outer, ip_address: address }],
        enable_snat: true,
      },
    }
    world.routers.set(made.id, made)
    world.addPort(project, inside, {
      id: demoId(`port ${name}`),
      device_id: made.id,
      device_owner: 'network:router_interface',
      status: 'ACTIVE',
      fixed_ips: [{ subnet_id: on.id, ip_address: on.gateway_ip ?? '' }],
      port_security_enabled: false,
    })
    return made
  }

  function group(name: string, project: string, description: string): SecurityGroup {
    return world.addGroup(project, name, { id: demoId(`group ${name}`), description })
  }

  function open(to: SecurityGroup, port: number, from: string): void {
    world.addRule(to, {
      id: demoId(`rule ${to.name} ${port}`),
      protocol: 'tcp',
      port_range_min: port,
      port_range_max: port,
      remote_ip_prefix: from,
      normalized_cidr: from,
    })
  }

  function server(name: string, project: string, on: Network, at: [Subnet, string][], groups: SecurityGroup[]): Port {
    return world.addPort(project, on, {
      id: demoId(`port ${name}`),
      name,
      status: 'ACTIVE',
      device_id: demoId(`server ${name}`),
      device_owner: 'compute:nova',
      fixed_ips: at.map(([subnet, ip_address]) => ({ subnet_id: subnet.id, ip_address })),
      security_groups: groups.map((each) => each.id),
      'binding:host_id': 'compute1',
      'binding:vif_type': 'ovs',
    })
  }

  function floating(address: string, on: Network, by: Router, port: Port): void {
    const made: FloatingIp = {
      ...world.standard(port.project_id, '', demoId(`floating ${address}`)),
      floating_ip_address: address,
      floating_network_id: on.id,
      router_id: by.id,
      port_id: port.id,
      fixed_ip_address: port.fixed_ips[0]?.ip_address ?? null,
      status: 'ACTIVE',
      port_forwardings: [],
    }
    world.floatingips.set(made.id, made)
  }
}
