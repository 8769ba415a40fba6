/** IPv4 addresses as numbers, so that neighbours can be found; Qualys takes singles and `a-b` ranges, not CIDR. */
export interface AddressRange {
  readonly first: number
  readonly last: number
}

/** Undefined for whatever is not four decimal numbers from 0 to 255. */
export function ipv4Number(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number)
  if (parts === undefined || parts.some((part) => part > 255)) return undefined
  return parts.reduce((number, part) => number * 256 + part, 0)
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

/** Sorted, each once, neighbours merged: never an address that was not asked for. Throws for what is not IPv4. */
export function mergeAddresses(addresses: Iterable<string>): AddressRange[] {
  const numbers = [...new Set([...addresses].map(numberOrThrow))].sort((a, b) => a - b)
  const ranges: { first: number; last: number }[] = []
  for (const number of numbers) {
    const open = ranges.at(-1)
    if (open !== undefined && open.last === number - 1) open.last = number
    else ranges.push({ first: number, last: number })
  }
  return ranges
}

/** e.g. `198.51.100.7,198.51.100.20-198.51.100.22` */
export function formatRanges(ranges: readonly AddressRange[]): string {
  return ranges.map(formatRange).join(',')
}

export function addressesIn(ranges: readonly AddressRange[]): string[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, offset) => ipv4Text(first + offset)),
  )
}

export function countAddresses(ranges: readonly AddressRange[]): number {
  return ranges.reduce((count, { first, last }) => count + last - first + 1, 0)
}

/** Reads what {@link formatRanges} wrote, and Qualys' `a-b`; undefined for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const [from = '', to = from, ...more] = text.trim().split('-')
  const first = ipv4Number(from.trim())
  const last = ipv4Number(to.trim())
  if (first === undefined || last === undefined || last < first || more.length > 0) return undefined
  return { first, last }
}

export interface ChunkLimits {
  /** Addresses in one launch. */
  readonly addresses: number
  /** Bytes of the `ip` parameter. */
  readonly bytes: number
}

/** Qualys publishes no maximum for a launch. */
export const DEFAULT_CHUNK: ChunkLimits = { addresses: 256, bytes: 8 * 1024 }

/** Cuts ranges, in order, into pieces that each stay within both limits; a range on the border is cut in two. */
export function chunkRanges(ranges: readonly AddressRange[], limits: ChunkLimits): AddressRange[][] {
  const chunks: AddressRange[][] = []
  let chunk: AddressRange[] = []
  let addresses = 0
  let bytes = 0
  const close = () => {
    if (chunk.length > 0) chunks.push(chunk)
    chunk = []
    addresses = 0
    bytes = 0
  }
  for (const range of ranges) {
    for (let first = range.first; first <= range.last; ) {
      const last = Math.min(range.last, first + limits.addresses - addresses - 1)
      const size = formatRange({ first, last }).length + 1
      if (last < first || (chunk.length > 0 && bytes + size - 1 > limits.bytes)) {
        close()
        continue
      }
      chunk.push({ first, last })
      addresses += last - first + 1
      bytes += size
      first = last + 1
    }
  }
  close()
  return chunks
}

function formatRange({ first, last }: AddressRange): string {
  return first === last ? ipv4Text(first) : `${ipv4Text(first)}-${ipv4Text(last)}`
}

function numberOrThrow(address: string): number {
  const number = ipv4Number(address)
  if (number === undefined) throw new TypeError(`not an IPv4 address: ${address}`)
  return number
}
