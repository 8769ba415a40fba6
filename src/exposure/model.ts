/** What a change exposes: the answer of `openstack-port-lookup`, in `msg.exposure`. */
export interface Exposure {
  /** One for each rule, group, port or floating IP that the notification changed; empty for events that change no exposure. */
  readonly changes: readonly Change[]
  /** Union of the addresses of all changes, each once. */
  readonly addresses: readonly ExposedAddress[]
  /** Set when a part could not be found out; never passed on as whole. e.g. "targets incomplete: Neutron answered 503 …" */
  readonly incomplete?: string
}

export type ChangeKind =
  | 'sg_rule_add'
  | 'sg_rule_del'
  | 'sg_create'
  | 'sg_update'
  | 'sg_delete'
  | 'port_create'
  | 'port_update'
  | 'port_delete'
  | 'fip_associate'
  | 'fip_disassociate'

export interface Change {
  readonly kind: ChangeKind
  /** Id of the notification that reported it. */
  readonly messageId: string
  readonly eventId: string
  /** Id of the thing changed: rule, group, port or floating IP. Empty where the notification names none (a create's `.start`). */
  readonly resourceId: string
  readonly projectId?: string
  readonly securityGroupId?: string
  /** The rule as Neutron has or had it; absent if a delete named only an id that nobody remembers. */
  readonly rule?: SecurityGroupRule
  /** Whether these addresses are to be scanned; if not, why (audited all the same). */
  readonly scan: boolean
  readonly noScanReason?: string
  readonly addresses: readonly ExposedAddress[]
  readonly incomplete?: string
}

export interface ExposedAddress {
  readonly address: string
  readonly family: 4 | 6
  readonly kind: 'fixed' | 'floating'
  /** Globally routable by the IANA special-purpose registries. */
  readonly global: boolean
  /** Absent for a floating address that has no port any more. */
  readonly portId?: string
  readonly portName?: string
  readonly deviceId?: string
  readonly deviceOwner?: string
  readonly projectId?: string
  readonly networkId?: string
  /** Floating address: the fixed address behind it. */
  readonly fixedAddress?: string
}

/** A Neutron security-group rule; member names are Neutron's own. */
export interface SecurityGroupRule {
  readonly id: string
  readonly security_group_id: string
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: 'IPv4' | 'IPv6'
  readonly protocol: string | null
  readonly port_range_min: number | null
  readonly port_range_max: number | null
  readonly remote_ip_prefix: string | null
  readonly remote_group_id: string | null
  readonly remote_address_group_id: string | null
  readonly description?: string | null
  readonly project_id?: string
  readonly tenant_id?: string
}
