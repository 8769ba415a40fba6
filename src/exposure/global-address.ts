import { BITS, type IpAddress, networkPart, parseIpAddress } from './ip-address'
import {
  IPV4_SPECIAL_PURPOSE,
  IPV6_GLOBAL_UNICAST,
  IPV6_SPECIAL_PURPOSE,
  NOT_UNICAST,
  type SpecialPurpose,
} from './special-purpose'

/**
 * Whether an address is globally routable by IANA's registries. The longest matching row decides; an IPv4 address that no row
 * names is routable, an IPv6 address only inside 2000::/3. False for what is no address.
 */
export function isGlobal(address: string): boolean {
  const ip = parseIpAddress(address)
  if (ip === undefined) return false
  const row = TABLE[ip.family].find(({ network, length }) => networkPart(ip, length) === network)
  if (row !== undefined) return row.reachable
  return ip.family === 4 || networkPart(ip, GLOBAL_UNICAST.length) === GLOBAL_UNICAST.network
}

interface Row {
  readonly network: bigint
  readonly length: number
  readonly reachable: boolean
}

/** Longest prefixes first. */
const TABLE: Readonly<Record<4 | 6, readonly Row[]>> = {
  4: compiled([...IPV4_SPECIAL_PURPOSE, ...NOT_UNICAST]),
  6: compiled(IPV6_SPECIAL_PURPOSE),
}
const GLOBAL_UNICAST = compiledRow(IPV6_GLOBAL_UNICAST, true)

function compiled(rows: readonly SpecialPurpose[]): readonly Row[] {
  return rows.map(([prefix, reachable]) => compiledRow(prefix, reachable)).sort((a, b) => b.length - a.length)
}

function compiledRow(prefix: string, reachable: boolean): Row {
  const [address = '', bits = ''] = prefix.split('/')
  const ip: IpAddress | undefined = parseIpAddress(address)
  const length = Number(bits)
  if (ip === undefined || !(length >= 0 && length <= BITS[ip.family])) throw new Error(`not a prefix: ${prefix}`)
  return { network: networkPart(ip, length), length, reachable }
}
