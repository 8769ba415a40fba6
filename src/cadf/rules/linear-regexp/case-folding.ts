import { type CodePointSet, union } from './code-point-set'

/**
 * Adds to a set every character that the `i` flag (with `u`: Unicode simple case folding) treats as the same as one of
 * its members, e.g. `k`, `K` and the Kelvin sign.
 */
export function closedUnderCase(set: CodePointSet): CodePointSet {
  const groupOf = caseGroups()
  const [only] = set
  if (set.length === 2 && only !== undefined && only === set[1]) {
    return union((groupOf.get(only) ?? [only]).map((codePoint) => [codePoint, codePoint]))
  }
  const missing: CodePointSet[] = []
  for (const [codePoint, group] of groupOf) {
    if (!within(set, codePoint) && group.some((partner) => within(set, partner))) missing.push([codePoint, codePoint])
  }
  return missing.length === 0 ? set : union([set, ...missing])
}

function within(set: CodePointSet, codePoint: number): boolean {
  let low = 0
  let high = set.length / 2 - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (codePoint < (set[2 * middle] as number)) high = middle - 1
    else if (codePoint > (set[2 * middle + 1] as number)) low = middle + 1
    else return true
  }
  return false
}

/** Upper, lower and title case live below this; above are ideographs, tags and private use. */
const LAST_CASED = 0x1ffff
/** Folded together by Unicode although neither is the other's upper or lower case. */
const FOLDED_OTHERWISE: readonly [number, number][] = [
  [0x1fd3, 0x0390],
  [0x1fe3, 0x03b0],
  [0xfb05, 0xfb06],
]

let groups: ReadonlyMap<number, readonly number[]> | undefined

/**
 * For each cased character the characters that fold to the same one. JavaScript hands out no folding table, but knows it:
 * candidates come from upper and lower case, and its own regular expressions confirm each (dotless i is no partner of I,
 * for instance). Takes about 50 ms, once.
 */
function caseGroups(): ReadonlyMap<number, readonly number[]> {
  if (groups !== undefined) return groups
  const groupOf = new Map<number, number[]>()
  const join = (a: number, b: number) => {
    if (a === b || groupOf.get(a)?.includes(b) === true || !foldAlike(a, b)) return
    const merged = [...(groupOf.get(a) ?? [a]), ...(groupOf.get(b) ?? [b])]
    for (const member of merged) groupOf.set(member, merged)
  }
  for (let codePoint = 0x41; codePoint <= LAST_CASED; codePoint++) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue
    const character = String.fromCodePoint(codePoint)
    for (const other of [character.toLowerCase(), character.toUpperCase()]) {
      const otherCodePoint = other.codePointAt(0) as number
      if (otherCodePoint !== codePoint && String.fromCodePoint(otherCodePoint) === other)
        join(codePoint, otherCodePoint)
    }
  }
  for (const [a, b] of FOLDED_OTHERWISE) join(a, b)
  groups = groupOf
  return groups
}

function foldAlike(a: number, b: number): boolean {
  return new RegExp(`^\\u{${a.toString(16)}}$`, 'iu').test(String.fromCodePoint(b))
}
