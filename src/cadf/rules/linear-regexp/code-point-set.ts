/** A set of Unicode code points: sorted, disjoint, non-adjacent ranges, flattened as `[from, to, from, to, …]` (both inclusive). */
export type CodePointSet = readonly number[]

export const LAST_CODE_POINT = 0x10ffff

export const NOTHING: CodePointSet = []
export const ANYTHING: CodePointSet = [0, LAST_CODE_POINT]
export const DIGITS: CodePointSet = [0x30, 0x39]
export const WORD: CodePointSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]
/** ECMA-262 WhiteSpace and LineTerminator. */
export const SPACES: CodePointSet = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
]
export const LINE_TERMINATORS: CodePointSet = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029]

export function union(sets: readonly CodePointSet[]): CodePointSet {
  const ranges: [number, number][] = []
  for (const set of sets) {
    for (let i = 0; i < set.length; i += 2) ranges.push([set[i] as number, set[i + 1] as number])
  }
  ranges.sort((a, b) => a[0] - b[0])
  const joined: number[] = []
  for (const [from, to] of ranges) {
    const end = joined.at(-1)
    if (end !== undefined && from <= end + 1) joined[joined.length - 1] = Math.max(end, to)
    else joined.push(from, to)
  }
  return joined
}

export function complement(set: CodePointSet): CodePointSet {
  const inverse: number[] = []
  let next = 0
  for (let i = 0; i < set.length; i += 2) {
    const from = set[i] as number
    if (from > next) inverse.push(next, from - 1)
    next = (set[i + 1] as number) + 1
  }
  if (next <= LAST_CODE_POINT) inverse.push(next, LAST_CODE_POINT)
  return inverse
}

export function contains(set: CodePointSet, codePoint: number): boolean {
  for (let i = 0; i < set.length; i += 2) {
    if (codePoint < (set[i] as number)) return false
    if (codePoint <= (set[i + 1] as number)) return true
  }
  return false
}
