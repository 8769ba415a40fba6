/** Neutron's objects as its database holds them; the names are those of the API. */
export interface StandardAttributes {
  readonly id: string
  readonly project_id: string
  readonly standard_attr_id: number
  description: string | null
  tags: string[]
  /** `2026-11-21T06:51:16Z` */
  readonly created_at: string
  updated_at: string
  revision_number: number
}

export interface SecurityGroup extends StandardAttributes {
  name: string
  stateful: boolean
  /** Projects that an RBAC policy shares the group with. */
  shared_with: string[]
}

export interface SecurityGroupRule extends StandardAttributes {
  readonly security_group_id: string
  readonly ethertype: 'IPv4' | 'IPv6'
  readonly direction: 'ingress' | 'egress'
  /** A name, or a number as text. */
  readonly protocol: string | null
  readonly port_range_min: number | null
  readonly port_range_max: number | null
  readonly remote_ip_prefix: string | null
  readonly remote_address_group_id: string | null
  readonly normalized_cidr: string | null
  readonly remote_group_id: string | null
}

export interface FixedIp {
  readonly subnet_id: string
  readonly ip_address: string
}

export interface AddressPair {
  readonly mac_address: string
  readonly ip_address: string
}

export interface Port extends StandardAttributes {
  name: string
  readonly network_id: string
  mac_address: string
  admin_state_up: boolean
  status: 'ACTIVE' | 'DOWN'
  device_id: string
  device_owner: string
  fixed_ips: FixedIp[]
  allowed_address_pairs: AddressPair[]
  security_groups: string[]
  port_security_enabled: boolean
  'binding:vnic_type': string
  'binding:host_id': string
  'binding:profile': Record<string, unknown>
  'binding:vif_type': string
  'binding:vif_details': Record<string, unknown>
}

export interface FloatingIp extends StandardAttributes {
  readonly floating_ip_address: string
  readonly floating_network_id: string
  router_id: string | null
  port_id: string | null
  fixed_ip_address: string | null
  status: 'ACTIVE' | 'DOWN'
  port_forwardings: PortForwarding[]
}

export interface PortForwarding {
  readonly id: string
  readonly protocol: string
  readonly internal_ip_address: string
  readonly internal_port_id: string
  readonly internal_port: number
  readonly external_port: number
  readonly description: string
}

export interface Network extends StandardAttributes {
  name: string
  admin_state_up: boolean
  readonly mtu: number
  shared: boolean
  'router:external': boolean
  port_security_enabled: boolean
  readonly 'provider:network_type': string
  readonly 'provider:physical_network': string | null
  readonly 'provider:segmentation_id': number
}

export interface Subnet extends StandardAttributes {
  name: string
  readonly network_id: string
  readonly ip_version: 4 | 6
  readonly cidr: string
  readonly gateway_ip: string | null
  enable_dhcp: boolean
  allocation_pools: { readonly start: string; readonly end: string }[]
  dns_nameservers: string[]
}

export interface Router extends StandardAttributes {
  name: string
  admin_state_up: boolean
  external_gateway_info: {
    readonly network_id: string
    readonly external_fixed_ips: readonly FixedIp[]
    readonly enable_snat: boolean
  } | null
}

export interface RbacPolicy extends StandardAttributes {
  readonly object_type: 'security_group'
  readonly object_id: string
  readonly action: string
  readonly target_tenant: string
}

export interface AddressGroup extends StandardAttributes {
  name: string
  addresses: string[]
}
