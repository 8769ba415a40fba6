import { randomBytes, randomUUID } from 'node:crypto'
import { isoSeconds, type LabClock } from '../clock'
import { firstFree } from './addresses'
import type {
  AddressGroup,
  FloatingIp,
  Network,
  Port,
  RbacPolicy,
  Router,
  SecurityGroup,
  SecurityGroupRule,
  StandardAttributes,
  Subnet,
} from './model'

/** Neutron's database. Whoever changes it here directly changes the cloud without a notification, as an agent would. */
export class NeutronWorld {
  readonly networks = new Map<string, Network>()
  readonly subnets = new Map<string, Subnet>()
  readonly routers = new Map<string, Router>()
  readonly ports = new Map<string, Port>()
  readonly floatingips = new Map<string, FloatingIp>()
  readonly securityGroups = new Map<string, SecurityGroup>()
  readonly rules = new Map<string, SecurityGroupRule>()
  readonly rbacPolicies = new Map<string, RbacPolicy>()
  readonly addressGroups = new Map<string, AddressGroup>()
  readonly #clock: LabClock
  #attributes = 0

  constructor(clock: LabClock) {
    this.#clock = clock
  }

  /** What every object has; `id` is made up unless the demo world wants a fixed one. */
  standard(project: string, description: string | null = '', id: string = randomUUID()): StandardAttributes {
    const now = isoSeconds(this.#clock.now())
    return {
      id,
      project_id: project,
      standard_attr_id: ++this.#attributes,
      description,
      tags: [],
      created_at: now,
      updated_at: now,
      revision_number: 0,
    }
  }

  touch(object: StandardAttributes): void {
    object.updated_at = isoSeconds(this.#clock.now())
    object.revision_number++
  }

  rulesOf(groupId: string): SecurityGroupRule[] {
    return [...this.rules.values()].filter((rule) => rule.security_group_id === groupId).sort(byId)
  }

  /** The project's `default` group, made with its rules when it is first needed, as Neutron does. */
  defaultGroup(project: string): SecurityGroup {
    for (const group of this.securityGroups.values()) {
      if (group.project_id === project && group.name === 'default') return group
    }
    const group = this.addGroup(project, 'default', { description: 'Default security group' })
    for (const ethertype of ['IPv4', 'IPv6'] as const) {
      this.addRule(group, { ethertype, direction: 'ingress', remote_group_id: group.id, description: null })
    }
    return group
  }

  /** A group with the two egress rules that each group starts with. */
  addGroup(
    project: string,
    name: string,
    options: { id?: string; description?: string; stateful?: boolean; sharedWith?: string[] } = {},
  ): SecurityGroup {
    const group: SecurityGroup = {
      ...this.standard(project, options.description ?? '', options.id),
      name,
      stateful: options.stateful ?? true,
      shared_with: options.sharedWith ?? [],
    }
    this.securityGroups.set(group.id, group)
    for (const ethertype of ['IPv4', 'IPv6'] as const) {
      this.addRule(group, { ethertype, direction: 'egress', description: null })
    }
    group.revision_number = 1
    return group
  }

  addRule(group: SecurityGroup, given: Partial<SecurityGroupRule>): SecurityGroupRule {
    const { id, description = '', ...rest } = given
    const rule: SecurityGroupRule = {
      ethertype: 'IPv4',
      direction: 'ingress',
      protocol: null,
      port_range_min: null,
      port_range_max: null,
      remote_ip_prefix: null,
      remote_address_group_id: null,
      normalized_cidr: null,
      remote_group_id: null,
      ...rest,
      ...this.standard(given.project_id ?? group.project_id, description, id),
      security_group_id: group.id,
    }
    this.rules.set(rule.id, rule)
    this.touch(group)
    return rule
  }

  /** Addresses in use on a subnet: ports', gateways', floating ones. */
  usedAddresses(subnet: Subnet): Set<string> {
    const used = new Set<string>(subnet.gateway_ip === null ? [] : [subnet.gateway_ip])
    for (const port of this.ports.values()) {
      if (port.network_id === subnet.network_id) for (const fixed of port.fixed_ips) used.add(fixed.ip_address)
    }
    for (const floating of this.floatingips.values()) {
      if (floating.floating_network_id === subnet.network_id) used.add(floating.floating_ip_address)
    }
    for (const router of this.routers.values()) {
      for (const fixed of router.external_gateway_info?.external_fixed_ips ?? []) used.add(fixed.ip_address)
    }
    return used
  }

  freeAddress(subnet: Subnet): string | undefined {
    return firstFree(subnet.allocation_pools, this.usedAddresses(subnet))
  }

  subnetsOf(networkId: string): Subnet[] {
    return [...this.subnets.values()].filter((subnet) => subnet.network_id === networkId).sort(byId)
  }

  /** The router that has an interface on the subnet and its gateway on the external network. */
  routerBetween(subnetId: string, externalId: string): Router | undefined {
    for (const port of this.ports.values()) {
      if (port.device_owner !== 'network:router_interface') continue
      if (!port.fixed_ips.some((fixed) => fixed.subnet_id === subnetId)) continue
      const router = this.routers.get(port.device_id)
      if (router?.external_gateway_info?.network_id === externalId) return router
    }
    return undefined
  }

  /** `fa:16:3e` is the prefix that Neutron gives by default. */
  newMac(): string {
    return ['fa', '16', '3e', ...(randomBytes(3).toString('hex').match(/../g) ?? [])].join(':')
  }

  /** A port as the API makes it, without the checks. */
  addPort(project: string, network: Network, given: Partial<Port> & { fixed_ips: Port['fixed_ips'] }): Port {
    const { id, description = '', ...rest } = given
    const port: Port = {
      name: '',
      mac_address: this.newMac(),
      admin_state_up: true,
      status: 'DOWN',
      device_id: '',
      device_owner: '',
      allowed_address_pairs: [],
      security_groups: [],
      port_security_enabled: network.port_security_enabled,
      'binding:vnic_type': 'normal',
      'binding:host_id': '',
      'binding:profile': {},
      'binding:vif_type': 'unbound',
      'binding:vif_details': {},
      ...rest,
      ...this.standard(project, description, id),
      network_id: network.id,
      revision_number: 1,
    }
    this.ports.set(port.id, port)
    return port
  }
}

export function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0
}
