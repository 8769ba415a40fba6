import { type CodePointSet, LAST_CODE_POINT } from './code-point-set'

/**
 * Code points sorted into classes: two code points are in one class if every set of the expression contains both or
 * neither. The automaton's tables have one column for each class instead of one for each of 1.1 million characters.
 */
export interface Alphabet {
  readonly size: number
  /** Class of each code point below 128. */
  readonly ascii: Uint16Array
  classOf(codePoint: number): number
  /** Index (in the order given) of the sets that contain the class. */
  setsOf(characterClass: number): readonly number[]
}

export function alphabetOf(sets: readonly CodePointSet[]): Alphabet {
  const cuts = [...new Set([0, ...sets.flatMap((set) => set.map((end, i) => (i % 2 === 0 ? end : end + 1)))])]
    .filter((cut) => cut <= LAST_CODE_POINT)
    .sort((a, b) => a - b)
  const indexOfCut = new Map(cuts.map((cut, index) => [cut, index]))
  const membership: number[][] = cuts.map(() => [])
  sets.forEach((set, which) => {
    for (let i = 0; i < set.length; i += 2) {
      const end = indexOfCut.get((set[i + 1] as number) + 1) ?? cuts.length
      for (let interval = indexOfCut.get(set[i] as number) as number; interval < end; interval++) {
        membership[interval]?.push(which)
      }
    }
  })
  const classes: (readonly number[])[] = []
  const known = new Map<string, number>()
  const classOfInterval = membership.map((members) => {
    const key = members.join()
    let found = known.get(key)
    if (found === undefined) {
      found = classes.push(members) - 1
      known.set(key, found)
    }
    return found
  })
  const classOf = (codePoint: number) => {
    let low = 0
    let high = cuts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((cuts[middle] as number) <= codePoint) low = middle
      else high = middle - 1
    }
    return classOfInterval[low] as number
  }
  return {
    size: classes.length,
    ascii: Uint16Array.from({ length: 128 }, (_, codePoint) => classOf(codePoint)),
    classOf,
    setsOf: (characterClass) => classes[characterClass] as readonly number[],
  }
}
