import type { CallContext } from './context'
import type {
  AddressGroup,
  FloatingIp,
  Network,
  Port,
  Router,
  SecurityGroup,
  SecurityGroupRule,
  StandardAttributes,
  Subnet,
} from './model'
import type { NeutronWorld } from './world'

/** An object as the API shows it. */
export type Document = Record<string, unknown>

function times(object: StandardAttributes): Document {
  return {
    created_at: object.created_at,
    updated_at: object.updated_at,
    revision_number: object.revision_number,
    project_id: object.project_id,
  }
}

export function ruleDocument(rule: SecurityGroupRule): Document {
  return {
    id: rule.id,
    tenant_id: rule.project_id,
    security_group_id: rule.security_group_id,
    ethertype: rule.ethertype,
    direction: rule.direction,
    protocol: rule.protocol,
    port_range_min: rule.port_range_min,
    port_range_max: rule.port_range_max,
    remote_ip_prefix: rule.remote_ip_prefix,
    remote_address_group_id: rule.remote_address_group_id,
    normalized_cidr: rule.normalized_cidr,
    remote_group_id: rule.remote_group_id,
    description: rule.description,
    ...times(rule),
  }
}

/** The rules inside a group carry two attributes more than the rules on their own. */
export function groupDocument(world: NeutronWorld, context: CallContext, group: SecurityGroup): Document {
  return {
    id: group.id,
    name: group.name,
    stateful: group.stateful,
    tenant_id: group.project_id,
    description: group.description,
    shared: group.shared_with.includes(context.projectId) || group.shared_with.includes('*'),
    security_group_rules: world.rulesOf(group.id).map((rule) => ({
      ...ruleDocument(rule),
      standard_attr_id: rule.standard_attr_id,
      tags: rule.tags,
    })),
    tags: group.tags,
    ...times(group),
  }
}

/** Only administrators see where a port is bound; a delete notification shows it whoever asked. */
export function portDocument(port: Port, showBinding: boolean): Document {
  return {
    id: port.id,
    name: port.name,
    network_id: port.network_id,
    tenant_id: port.project_id,
    mac_address: port.mac_address,
    admin_state_up: port.admin_state_up,
    status: port.status,
    device_id: port.device_id,
    device_owner: port.device_owner,
    fixed_ips: port.fixed_ips,
    allowed_address_pairs: port.allowed_address_pairs,
    extra_dhcp_opts: [],
    security_groups: [...port.security_groups].sort(),
    description: port.description,
    'binding:vnic_type': port['binding:vnic_type'],
    ...(showBinding && {
      'binding:profile': port['binding:profile'],
      'binding:host_id': port['binding:host_id'],
      'binding:vif_type': port['binding:vif_type'],
      'binding:vif_details': port['binding:vif_details'],
    }),
    port_security_enabled: port.port_security_enabled,
    tags: port.tags,
    ...times(port),
  }
}

export function floatingipDocument(world: NeutronWorld, floating: FloatingIp): Document {
  const port = floating.port_id === null ? undefined : world.ports.get(floating.port_id)
  return {
    id: floating.id,
    tenant_id: floating.project_id,
    floating_ip_address: floating.floating_ip_address,
    floating_network_id: floating.floating_network_id,
    router_id: floating.router_id,
    port_id: floating.port_id,
    fixed_ip_address: floating.fixed_ip_address,
    status: floating.status,
    description: floating.description,
    port_details:
      port === undefined
        ? null
        : {
            name: port.name,
            network_id: port.network_id,
            mac_address: port.mac_address,
            admin_state_up: port.admin_state_up,
            status: port.status,
            device_id: port.device_id,
            device_owner: port.device_owner,
          },
    port_forwardings: floating.port_forwardings.map((forwarding) => ({
      id: forwarding.id,
      protocol: forwarding.protocol,
      internal_ip_address: forwarding.internal_ip_address,
      internal_port_id: forwarding.internal_port_id,
      internal_port: forwarding.internal_port,
      external_port: forwarding.external_port,
    })),
    tags: floating.tags,
    ...times(floating),
  }
}

export function networkDocument(world: NeutronWorld, network: Network, showProvider: boolean): Document {
  return {
    id: network.id,
    name: network.name,
    tenant_id: network.project_id,
    admin_state_up: network.admin_state_up,
    mtu: network.mtu,
    status: 'ACTIVE',
    subnets: world.subnetsOf(network.id).map((subnet) => subnet.id),
    shared: network.shared,
    availability_zone_hints: [],
    availability_zones: [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'router:external': network['router:external'],
    description: network.description,
    port_security_enabled: network.port_security_enabled,
    ...(network['router:external'] && { is_default: false }),
    tags: network.tags,
    ...times(network),
    ...(showProvider && {
      'provider:network_type': network['provider:network_type'],
      'provider:physical_network': network['provider:physical_network'],
      'provider:segmentation_id': network['provider:segmentation_id'],
    }),
  }
}

export function subnetDocument(subnet: Subnet): Document {
  return {
    id: subnet.id,
    name: subnet.name,
    tenant_id: subnet.project_id,
    network_id: subnet.network_id,
    ip_version: subnet.ip_version,
    subnetpool_id: null,
    enable_dhcp: subnet.enable_dhcp,
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    gateway_ip: subnet.gateway_ip,
    cidr: subnet.cidr,
    allocation_pools: subnet.allocation_pools,
    host_routes: [],
    dns_nameservers: subnet.dns_nameservers,
    description: subnet.description,
    service_types: [],
    tags: subnet.tags,
    ...times(subnet),
  }
}

export function routerDocument(router: Router): Document {
  return {
    id: router.id,
    name: router.name,
    tenant_id: router.project_id,
    admin_state_up: router.admin_state_up,
    status: 'ACTIVE',
    external_gateway_info: router.external_gateway_info,
    description: router.description,
    availability_zones: [],
    availability_zone_hints: [],
    routes: [],
    flavor_id: null,
    tags: router.tags,
    ...times(router),
  }
}

export function addressGroupDocument(group: AddressGroup): Document {
  return {
    id: group.id,
    name: group.name,
    project_id: group.project_id,
    addresses: group.addresses,
    description: group.description,
    tenant_id: group.project_id,
  }
}
