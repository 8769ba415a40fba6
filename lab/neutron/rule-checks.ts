import { formatCidr, networkOf, parseCidr } from './addresses'
import { NeutronFailure } from './failure'
import type { SecurityGroupRule } from './model'
import type { Attributes } from './resource'

/** Names of IP protocols that Neutron takes besides numbers. */
const protocolNumbers: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
}
const withPorts = new Set([6, 17, 33, 132, 136])
const ipv6Only = new Set([41, 43, 44, 58, 59, 60])

function invalid(type: string, message: string): NeutronFailure {
  return new NeutronFailure(400, type, message)
}

/** A name in lower case, a number as text, or null for any. */
export function convertProtocol(value: unknown): string | null {
  if (
    value === null ||
    value === '' ||
    value === 'any' ||
    value === '-1' ||
    value === -1 ||
    value === 0 ||
    value === '0'
  ) {
    return null
  }
  const text = String(value)
  if (/^\d+$/.test(text) && Number(text) <= 255) return text
  const name = text.toLowerCase()
  if (name in protocolNumbers) return name
  throw invalid(
    'SecurityGroupRuleInvalidProtocol',
    `Security group rule protocol ${text} not supported. Only protocol values ` +
      `[None, ${Object.keys(protocolNumbers)
        .map((each) => `'${each}'`)
        .join(', ')}] and integer representations [0 to 255] are supported.`,
  )
}

export function convertPort(value: unknown): number | null {
  if (value === null) return null
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw invalid('SecurityGroupInvalidPortValue', `Invalid value for port ${String(value)}`)
}

export function convertEthertype(value: unknown): 'IPv4' | 'IPv6' {
  const text = String(value).toLowerCase()
  if (text === 'ipv4') return 'IPv4'
  if (text === 'ipv6') return 'IPv6'
  throw invalid(
    'SecurityGroupRuleInvalidEtherType',
    `Security group rule for ethertype '${String(value)}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
  )
}

export function convertPrefix(value: unknown): string | null {
  if (value === null || value === '') return null
  const cidr = parseCidr(String(value))
  if (cidr === undefined) throw invalid('InvalidCIDR', `Invalid CIDR ${String(value)} given as IP prefix.`)
  return formatCidr(cidr)
}

/** What the plugin checks and rewrites, in its order; the group and its other rules are not looked at here. */
export function checkedRule(item: Attributes): Partial<SecurityGroupRule> {
  const rule = item as unknown as Omit<SecurityGroupRule, 'normalized_cidr'>
  let { protocol, port_range_min: min, port_range_max: max } = rule
  if (rule.ethertype === 'IPv6') {
    if (protocol === 'icmp' || protocol === 'icmpv6') protocol = 'ipv6-icmp'
    else if (protocol === '1') protocol = '58'
  }
  if (min === 1 && max === 65535) min = max = null
  checkPorts(protocol, min, max)
  const cidr = rule.remote_ip_prefix === null ? undefined : parseCidr(rule.remote_ip_prefix)
  if (cidr !== undefined && rule.ethertype !== `IPv${cidr.version}`) {
    throw invalid(
      'SecurityGroupRuleParameterConflict',
      `Conflicting value ethertype ${rule.ethertype} for CIDR ${rule.remote_ip_prefix}`,
    )
  }
  const number = numberOf(protocol)
  if (rule.ethertype === 'IPv4' && number !== undefined && ipv6Only.has(number)) {
    throw invalid('SecurityGroupEthertypeConflictWithProtocol', `Invalid ethertype IPv4 for protocol ${protocol}.`)
  }
  const remotes = [rule.remote_ip_prefix, rule.remote_group_id, rule.remote_address_group_id]
  if (remotes.filter((remote) => remote !== null).length > 1) {
    throw invalid(
      'SecurityGroupMultipleRemoteEntites',
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.',
    )
  }
  return {
    ...rule,
    protocol,
    port_range_min: min,
    port_range_max: max,
    normalized_cidr: cidr === undefined ? null : formatCidr(networkOf(cidr)),
  }
}

function checkPorts(protocol: string | null, min: number | null, max: number | null): void {
  if (min === null && max === null) return
  if (protocol === null) {
    throw invalid('SecurityGroupProtocolRequiredWithPorts', 'Must also specify protocol if port range is given.')
  }
  const number = numberOf(protocol) ?? -1
  if (withPorts.has(number)) {
    if (min === 0 || max === 0) throw invalid('SecurityGroupInvalidPortValue', 'Invalid value for port 0')
    if (min === null || max === null || min > max) {
      throw invalid('SecurityGroupInvalidPortRange', 'For TCP/UDP protocols, port_range_min must be <= port_range_max')
    }
  } else if (number === 1 || number === 58) {
    for (const [field, name, value] of [
      ['type', 'port_range_min', min],
      ['code', 'port_range_max', max],
    ] as const) {
      if (value !== null && value > 255) {
        throw invalid(
          'SecurityGroupInvalidIcmpValue',
          `Invalid value for ICMP ${field} (${name}) ${value}. It must be 0 to 255.`,
        )
      }
    }
    if (min === null) {
      throw invalid(
        'SecurityGroupMissingIcmpType',
        `ICMP code (port-range-max) ${max} is provided but ICMP type (port-range-min) is missing.`,
      )
    }
  } else {
    throw invalid(
      'SecurityGroupInvalidProtocolForPort',
      `Ports cannot be specified for protocol ${number}. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.`,
    )
  }
}

function numberOf(protocol: string | null): number | undefined {
  if (protocol === null) return undefined
  return /^\d+$/.test(protocol) ? Number(protocol) : protocolNumbers[protocol]
}

/** Two rules with the same key are duplicates: `tcp` and `6` are the same, any prefix and none too. */
export function ruleKey(rule: Partial<SecurityGroupRule>): string {
  const anyAddress = rule.remote_ip_prefix === '0.0.0.0/0' || rule.remote_ip_prefix === '::/0'
  return [
    rule.security_group_id,
    rule.direction,
    rule.ethertype,
    numberOf(rule.protocol ?? null) ?? '+',
    rule.port_range_min ?? '+',
    rule.port_range_max ?? '+',
    rule.remote_group_id ?? '+',
    rule.remote_address_group_id ?? '+',
    anyAddress ? '+' : (rule.remote_ip_prefix ?? '+'),
  ].join('_')
}
