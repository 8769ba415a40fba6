/**
 * IP networks for conditions. IPv4 is one 32-bit word, IPv6 four; an IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`)
 * counts as IPv4.
 */
export interface Network {
  readonly words: readonly number[]
  /** Length of the prefix in bits; a single address has all 32 or 128. */
  readonly length: number
}

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const LONGEST = '0000:0000:0000:0000:0000:0000:255.255.255.255%interface-name/128'.length

/** Reads an address or a network in CIDR form, e.g. `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`; undefined if it is neither. */
export function parseNetwork(text: string): Network | undefined {
  if (text.length > LONGEST) return undefined
  const slash = text.indexOf('/')
  const words = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (words === undefined) return undefined
  const most = words.length * 32
  if (slash < 0) return unmapped(words, most)
  const length = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(length) || Number(length) > most) return undefined
  return unmapped(words, Number(length))
}

/** Whether every address of `inner` lies in `outer`; bits of `outer` beyond its prefix do not matter. */
export function covers(outer: Network, inner: Network): boolean {
  if (outer.words.length !== inner.words.length || inner.length < outer.length) return false
  let left = outer.length
  for (let i = 0; left > 0; i++, left -= 32) {
    const difference = (outer.words[i] as number) ^ (inner.words[i] as number)
    if (left >= 32 ? difference !== 0 : difference >>> (32 - left) !== 0) return false
  }
  return true
}

function parseAddress(text: string): number[] | undefined {
  const four = V4.exec(text)
  if (four !== null) {
    const bytes = [Number(four[1]), Number(four[2]), Number(four[3]), Number(four[4])]
    if (bytes.some((byte) => byte > 255)) return undefined
    return [bytes.reduce((word, byte) => ((word << 8) | byte) >>> 0, 0)]
  }
  // The zone (`%eth0`) says through which interface, not where.
  const zone = text.indexOf('%')
  return parseSix(zone < 0 ? text : text.slice(0, zone))
}

function parseSix(text: string): number[] | undefined {
  const gap = text.indexOf('::')
  if (gap !== text.lastIndexOf('::')) return undefined
  const head = groups(gap < 0 ? text : text.slice(0, gap), gap < 0)
  const tail = gap < 0 ? [] : groups(text.slice(gap + 2), true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined
  const all = [...head, ...new Array<number>(missing).fill(0), ...tail]
  return [0, 2, 4, 6].map((i) => (((all[i] as number) << 16) | (all[i + 1] as number)) >>> 0)
}

/** 16-bit groups; the last may be an IPv4 address where the text ends there. */
function groups(text: string, endsText: boolean): number[] | undefined {
  if (text === '') return []
  const values: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) values.push(Number.parseInt(part, 16))
    else if (endsText && i === parts.length - 1 && V4.test(part)) {
      const [word] = parseAddress(part) ?? []
      if (word === undefined) return undefined
      values.push(word >>> 16, word & 0xffff)
    } else return undefined
  }
  return values
}

function unmapped(words: number[], length: number): Network {
  const [a, b, c, d] = words
  if (words.length === 4 && a === 0 && b === 0 && c === 0xffff && length >= 96) {
    return { words: [d as number], length: length - 96 }
  }
  return { words, length }
}
