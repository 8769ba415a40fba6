/** Positions from first to last, both included. */
export interface PositionRange {
  readonly first: number
  readonly last: number
}

/** Ascending positions, gathered. */
export function rangesOf(positions: Iterable<number>): PositionRange[] {
  const ranges: { first: number; last: number }[] = []
  for (const position of positions) {
    const open = ranges.at(-1)
    if (open !== undefined && position === open.last + 1) open.last = position
    else ranges.push({ first: position, last: position })
  }
  return ranges
}

/** `1-5,7,9-12` */
export function rangesText(ranges: readonly PositionRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/** Undefined unless they ascend from 1 without touching one another: one spelling for each set. */
export function parseRanges(text: string): PositionRange[] | undefined {
  const ranges: PositionRange[] = []
  let end = -1
  for (const part of text.split(',')) {
    const match = /^([1-9]\d{0,15})(?:-([1-9]\d{0,15}))?$/.exec(part)
    if (match === null) return undefined
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    if (first < 1 || (first <= end + 1 && end >= 0) || last < first || (match[2] !== undefined && last === first))
      return undefined
    if (!Number.isSafeInteger(last)) return undefined
    ranges.push({ first, last })
    end = last
  }
  return ranges
}

const BITS_PER_CHUNK = 1 << 20

/** A set of positions: an eighth of a byte for each, so that the gaps of ten million events take a megabyte or two. */
export class PositionSet {
  readonly #chunks = new Map<number, Uint8Array>()

  add(position: number): void {
    const chunk = Math.floor(position / BITS_PER_CHUNK)
    let bits = this.#chunks.get(chunk)
    if (bits === undefined) {
      bits = new Uint8Array(BITS_PER_CHUNK / 8)
      this.#chunks.set(chunk, bits)
    }
    const bit = position % BITS_PER_CHUNK
    bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7))
  }

  /** Takes a range out; answers how many of it were in. */
  take(range: PositionRange): number {
    let taken = 0
    for (const [chunk, bits] of this.#chunks) {
      const from = Math.max(range.first - chunk * BITS_PER_CHUNK, 0)
      const to = Math.min(range.last - chunk * BITS_PER_CHUNK, BITS_PER_CHUNK - 1)
      for (let bit = from; bit <= to; bit++) {
        const byte = bits[bit >> 3] ?? 0
        if ((byte & (1 << (bit & 7))) === 0) continue
        bits[bit >> 3] = byte & ~(1 << (bit & 7))
        taken++
      }
    }
    return taken
  }

  *ranges(): Generator<PositionRange> {
    let open: { first: number; last: number } | undefined
    for (const [chunk, bits] of [...this.#chunks].sort(([a], [b]) => a - b)) {
      for (let bit = 0; bit < BITS_PER_CHUNK; bit++) {
        if (bits[bit >> 3] === 0) {
          bit |= 7
          continue
        }
        if (((bits[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) continue
        const position = chunk * BITS_PER_CHUNK + bit
        if (open !== undefined && open.last + 1 === position) open.last = position
        else {
          if (open !== undefined) yield open
          open = { first: position, last: position }
        }
      }
    }
    if (open !== undefined) yield open
  }
}
