import { isIP, isIPv6 } from 'node:net'

/** An address range as Neutron reads it: the text as given, its length and the number behind it. */
export interface Cidr {
  readonly version: 4 | 6
  readonly address: bigint
  readonly prefix: number
}

const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128)

/** `undefined` for what is not an address. */
export function parseAddress(text: string): { readonly version: 4 | 6; readonly value: bigint } | undefined {
  const version = isIP(text)
  if (version === 4) {
    return { version, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
  }
  if (version !== 6 || text.includes('%')) return undefined
  // The URL parser knows every spelling of IPv6, embedded IPv4 included, and gives the shortest.
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  return { version: 6, value: all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) }
}

export function formatAddress(version: 4 | 6, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - index * 16)) & 65535n).toString(16))
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1)
}

/** An address alone is a range of one. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const parsed = parseAddress(address)
  if (parsed === undefined || rest.length > 0) return undefined
  const bits = bitsOf(parsed.version)
  if (length === undefined) return { version: parsed.version, address: parsed.value, prefix: bits }
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  return prefix <= bits ? { version: parsed.version, address: parsed.value, prefix } : undefined
}

/** With the host bits as given: `198.51.100.9/24`. */
export function formatCidr({ version, address, prefix }: Cidr): string {
  return `${formatAddress(version, address)}/${prefix}`
}

/** Without host bits: `198.51.100.0/24`. */
export function networkOf(cidr: Cidr): Cidr {
  const host = BigInt(bitsOf(cidr.version) - cidr.prefix)
  return { ...cidr, address: (cidr.address >> host) << host }
}

export function contains(cidr: Cidr, text: string): boolean {
  const parsed = parseAddress(text)
  if (parsed === undefined || parsed.version !== cidr.version) return false
  const host = BigInt(bitsOf(cidr.version) - cidr.prefix)
  return parsed.value >> host === cidr.address >> host
}

/** The whole of a subnet but its gateway: what Neutron hands out when no pool is given. */
export function defaultPool(cidr: Cidr): { start: string; end: string } {
  const network = networkOf(cidr)
  const size = 1n << BigInt(bitsOf(cidr.version) - cidr.prefix)
  const last = network.address + size - (cidr.version === 4 ? 2n : 1n)
  const first = network.address + (cidr.version === 4 ? 2n : 1n)
  return { start: formatAddress(cidr.version, first), end: formatAddress(cidr.version, last) }
}

/** The lowest address of the pools that nobody uses; `undefined` when they are used up. */
export function firstFree(
  pools: readonly { start: string; end: string }[],
  used: ReadonlySet<string>,
): string | undefined {
  for (const pool of pools) {
    const start = parseAddress(pool.start)
    const end = parseAddress(pool.end)
    if (start === undefined || end === undefined) continue
    for (let value = start.value; value <= end.value; value++) {
      const text = formatAddress(start.version, value)
      if (!used.has(text)) return text
    }
  }
  return undefined
}

/** One spelling per address, so that texts can be compared. */
export function canonical(text: string): string {
  if (!isIPv6(text)) return text
  const parsed = parseAddress(text)
  return parsed === undefined ? text : formatAddress(6, parsed.value)
}
