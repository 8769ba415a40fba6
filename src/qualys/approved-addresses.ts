import { type AddressRange, formatRanges, ipv4Number, parseRange } from './address-ranges'
import type { Call, QualysClient } from './client'
import { child } from './xml'

/**
 * Which of these addresses the account may scan, by the subscription's own list. One call instead of many refused
 * launches when a whole chunk is unknown to Qualys.
 */
export async function approvedAddresses(
  client: QualysClient,
  ranges: readonly AddressRange[],
  options: Pick<Call, 'signal' | 'onWait'> = {},
): Promise<(address: string) => boolean> {
  const root = await client.read({
    ...options,
    api: 'addresses',
    params: { action: 'list', ips: formatRanges(ranges) },
  })
  const listed = (child(root, 'RESPONSE', 'IP_SET')?.children ?? []).flatMap((entry) => parseRange(entry.text) ?? [])
  return (address) => {
    const number = ipv4Number(address)
    return number !== undefined && listed.some(({ first, last }) => first <= number && number <= last)
  }
}
