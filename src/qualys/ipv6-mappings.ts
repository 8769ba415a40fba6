import { isIPv6 } from 'node:net'
import { ipv4Number } from './address-ranges'
import type { Call, QualysClient } from './client'
import { child, children, textAt } from './xml'

/** IPv6 → the IPv4 address that stands for it at Qualys: scans name IPv4 addresses only. Keys as {@link canonicalIpv6}. */
export type Ipv6Mappings = ReadonlyMap<string, string>

/** Reads the subscription's mapping records; needs the Manager role and IPv6 support in the subscription. */
export async function readIpv6Mappings(
  client: QualysClient,
  options: Pick<Call, 'signal' | 'onWait'> = {},
): Promise<Ipv6Mappings> {
  const root = await client.read({
    ...options,
    api: 'ipv6Mappings',
    params: { action: 'list', output_format: 'xml' },
  })
  const mappings = new Map<string, string>()
  for (const record of children(child(root, 'RESPONSE', 'IP_MAP_LIST'), 'IP_MAP')) {
    const v4 = textAt(record, 'V4')
    const v6 = canonicalIpv6(textAt(record, 'V6') ?? '')
    if (v4 !== undefined && ipv4Number(v4) !== undefined && v6 !== undefined) mappings.set(v6, v4)
  }
  return mappings
}

/** One text for one address, as people and systems write the same one differently; undefined if it is none. */
export function canonicalIpv6(address: string): string | undefined {
  if (!isIPv6(address) || address.includes('%')) return undefined
  return new URL(`http://[${address}]/`).hostname.slice(1, -1)
}
