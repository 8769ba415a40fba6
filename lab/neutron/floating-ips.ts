import { attribute, standardAttributes } from './attributes'
import type { CallContext } from './context'
import { floatingipDocument } from './documents'
import { NeutronFailure } from './failure'
import type { FloatingIp, Network, Port, Subnet } from './model'
import { portNotFound } from './ports'
import type { Attributes, ResourceKind } from './resource'
import type { NeutronWorld } from './world'

function refuse(message: string): NeutronFailure {
  return new NeutronFailure(400, 'BadRequest', `Bad floatingip request: ${message}.`)
}

export function notReachable(networkId: string, subnetId: string, portId: string): NeutronFailure {
  return new NeutronFailure(
    404,
    'ExternalGatewayForFloatingIPNotFound',
    `External network ${networkId} is not reachable from subnet ${subnetId}.  ` +
      `Therefore, cannot associate Port ${portId} with a Floating IP.`,
  )
}

export function floatingips(world: NeutronWorld): ResourceKind<FloatingIp> {
  return {
    singular: 'floatingip',
    plural: 'floatingips',
    path: 'floatingips',
    attributes: {
      ...standardAttributes,
      floating_network_id: { post: true, required: true, filter: true, sort: true, reason: attribute.uuid },
      floating_ip_address: { post: true, admin: true, filter: true, sort: true },
      subnet_id: { post: true },
      router_id: { filter: true, sort: true },
      port_id: { post: true, put: true, filter: true, sort: true },
      fixed_ip_address: { post: true, put: true, filter: true, sort: true },
      status: { filter: true, sort: true },
      port_details: {},
      port_forwardings: {},
    },
    rows: () => world.floatingips.values(),
    row: (id) => world.floatingips.get(id),
    readable: (context, floating) => context.seesAll || floating.project_id === context.projectId,
    notFound: (id) => new NeutronFailure(404, 'FloatingIPNotFound', `Floating IP ${id} could not be found`),
    document: (_context, floating) => floatingipDocument(world, floating),
    lastState: (_context, floating) => floatingipDocument(world, floating),
    create(context, items) {
      return items.map((item) => {
        const network = world.networks.get(String(item['floating_network_id']))
        if (network === undefined || !network['router:external']) {
          throw refuse(`Network ${String(item['floating_network_id'])} is not a valid external network`)
        }
        const floating: FloatingIp = {
          ...world.standard(String(item['project_id']), String(item['description'])),
          floating_ip_address: addressOn(network, item['floating_ip_address']),
          floating_network_id: network.id,
          router_id: null,
          port_id: null,
          fixed_ip_address: null,
          status: 'DOWN',
          port_forwardings: [],
        }
        if (item['port_id'] !== undefined && item['port_id'] !== null) associate(context, floating, item)
        world.floatingips.set(floating.id, floating)
        return floating
      })
    },
    update(context, floating, changes) {
      if (changes['description'] !== undefined) floating.description = String(changes['description'])
      if (changes['port_id'] === null) {
        Object.assign(floating, { port_id: null, fixed_ip_address: null, router_id: null })
      } else if (changes['port_id'] !== undefined) {
        // As recorded: this counts as a change of the port, associating at once with the creation does not.
        world.touch(associate(context, floating, changes))
      }
      world.touch(floating)
    },
    remove(_context, floating) {
      world.floatingips.delete(floating.id)
    },
  }

  function addressOn(network: Network, wanted: unknown): string {
    const subnets = world.subnetsOf(network.id).filter((subnet) => subnet.ip_version === 4)
    if (typeof wanted === 'string') {
      if (subnets.some((subnet) => world.usedAddresses(subnet).has(wanted))) {
        throw new NeutronFailure(
          409,
          'IpAddressAlreadyAllocated',
          `IP address ${wanted} already allocated in subnet ${subnets[0]?.id ?? ''}`,
        )
      }
      return wanted
    }
    for (const subnet of subnets) {
      const free = world.freeAddress(subnet)
      if (free !== undefined) return free
    }
    throw new NeutronFailure(
      409,
      'IpAddressGenerationFailure',
      `No more IP addresses available on network ${network.id}.`,
    )
  }

  function associate(context: CallContext, floating: FloatingIp, wanted: Attributes): Port {
    const port = world.ports.get(String(wanted['port_id']))
    if (port === undefined || !(context.seesAll || port.project_id === context.projectId)) {
      throw portNotFound(String(wanted['port_id']))
    }
    const fixed = fixedOf(port, wanted['fixed_ip_address'])
    const subnet = world.subnets.get(fixed.subnet_id) as Subnet
    const router = world.routerBetween(subnet.id, floating.floating_network_id)
    if (router === undefined) {
      throw notReachable(floating.floating_network_id, subnet.id, port.id)
    }
    for (const other of world.floatingips.values()) {
      if (other.id === floating.id || other.port_id !== port.id || other.fixed_ip_address !== fixed.ip_address) continue
      throw new NeutronFailure(
        409,
        'FloatingIPPortAlreadyAssociated',
        `Cannot associate floating IP ${floating.floating_ip_address} (${floating.id}) with port ${port.id} using fixed ` +
          `IP ${fixed.ip_address}, as that fixed IP already has a floating IP on external network ` +
          `${floating.floating_network_id}.`,
      )
    }
    Object.assign(floating, { port_id: port.id, fixed_ip_address: fixed.ip_address, router_id: router.id })
    return port
  }

  /** IPv4 only: there is no NAT for IPv6. */
  function fixedOf(port: Port, wanted: unknown): Port['fixed_ips'][number] {
    const candidates = port.fixed_ips.filter((fixed) => !fixed.ip_address.includes(':'))
    if (typeof wanted === 'string') {
      const found = candidates.find((fixed) => fixed.ip_address === wanted)
      if (found === undefined) throw refuse(`Port ${port.id} does not have fixed ip ${wanted}`)
      return found
    }
    if (candidates.length > 1) {
      throw refuse(
        `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
      )
    }
    const [only] = candidates
    if (only === undefined) {
      throw refuse(`Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`)
    }
    return only
  }
}
