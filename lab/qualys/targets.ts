import { isIPv4 } from 'node:net'
import { QualysFailure } from './failure'

/** IPv4 addresses as numbers, both ends included. */
export interface Range {
  readonly from: number
  readonly to: number
}

const number = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

export function address(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

export function rangeText({ from, to }: Range): string {
  return from === to ? address(from) : `${address(from)}-${address(to)}`
}

/** `203.0.113.7,203.0.113.20-203.0.113.22`; anything else is refused with 1905, CIDR and IPv6 too. */
export function parseTargets(name: string, text: string): Range[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) throw new QualysFailure('1905', `parameter ${name} has invalid value:  (Empty IP.)`)
  return parts.map((part) => {
    const [from = '', to = from, ...rest] = part.split('-').map((end) => end.trim())
    if (!isIPv4(from) || !isIPv4(to) || rest.length > 0 || number(from) > number(to)) {
      throw new QualysFailure('1905', `parameter ${name} has invalid value: ${part} (Invalid IP or IP range)`)
    }
    return { from: number(from), to: number(to) }
  })
}

/** `192.0.2.0/24`, a range or an address, as the lab's own settings write it. */
export function parseRange(text: string): Range {
  const [base = '', length] = text.split('/')
  if (length !== undefined && isIPv4(base)) {
    const size = 2 ** (32 - Number(length))
    const from = Math.floor(number(base) / size) * size
    return { from, to: from + size - 1 }
  }
  return parseTargets('range', text)[0] as Range
}

export function overlaps(one: readonly Range[], other: readonly Range[]): boolean {
  return one.some((a) => other.some((b) => a.from <= b.to && b.from <= a.to))
}

/** The parts of `wanted` that no range of `known` covers. */
export function missing(wanted: readonly Range[], known: readonly Range[]): Range[] {
  let left = [...wanted]
  for (const { from, to } of known) {
    left = left.flatMap((range) => {
      if (range.to < from || range.from > to) return [range]
      const rest: Range[] = []
      if (range.from < from) rest.push({ from: range.from, to: from - 1 })
      if (range.to > to) rest.push({ from: to + 1, to: range.to })
      return rest
    })
  }
  return left
}
