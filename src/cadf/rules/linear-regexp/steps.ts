import { type Alphabet, alphabetOf } from './alphabet'
import type { CodePointSet } from './code-point-set'
import type { PositionAutomaton } from './positions'
import { ASSERTION } from './syntax'

/** What stands before a place in the text; as far as the expression's assertions ask for it. */
export const BEFORE = { anything: 0, start: 1, word: 2 } as const
export type Before = (typeof BEFORE)[keyof typeof BEFORE]

/**
 * One step of the position automaton, by bit sets: from the positions reached so far over one character class to the
 * next positions. Column `end` stands for the end of the text.
 */
export class Steps {
  readonly alphabet: Alphabet
  readonly words: number
  readonly end: number
  private readonly automaton: PositionAutomaton
  /** Which positions a class belongs to. */
  private readonly members: readonly Uint32Array[]
  private readonly isWord: readonly boolean[]
  /** By the mask of assertions that hold; filled when first met. */
  private readonly follow: (Uint32Array | undefined)[] = []
  private readonly accepting: (Uint32Array | undefined)[] = []

  constructor(automaton: PositionAutomaton, wordCharacters: CodePointSet) {
    this.automaton = automaton
    this.words = Math.ceil(automaton.count / 32)
    this.alphabet = alphabetOf(automaton.usesWord ? [...automaton.sets, wordCharacters] : automaton.sets)
    this.end = this.alphabet.size
    this.members = Array.from({ length: this.end }, (_, characterClass) => {
      const bits = new Uint32Array(this.words)
      for (const set of this.alphabet.setsOf(characterClass)) if (set < automaton.count) add(bits, set)
      return bits
    })
    this.isWord = Array.from(
      { length: this.end },
      (_, characterClass) => automaton.usesWord && this.alphabet.setsOf(characterClass).includes(automaton.sets.length),
    )
  }

  get count(): number {
    return this.automaton.count
  }

  get anchored(): boolean {
    return this.automaton.anchored
  }

  start(): Before {
    return this.automaton.usesStart ? BEFORE.start : BEFORE.anything
  }

  after(characterClass: number): Before {
    return this.isWord[characterClass] === true ? BEFORE.word : BEFORE.anything
  }

  membersOf(characterClass: number): Uint32Array {
    return this.members[characterClass] as Uint32Array
  }

  /** The assertions that hold between what stands before and the class that follows. */
  holding(before: Before, next: number): number {
    const { usesStart, usesEnd, usesWord } = this.automaton
    let mask = 0
    if (usesStart && before === BEFORE.start) mask |= ASSERTION.start
    if (usesEnd && next === this.end) mask |= ASSERTION.end
    if (usesWord) {
      const boundary = (before === BEFORE.word) !== (this.isWord[next] === true)
      mask |= boundary ? ASSERTION.wordBoundary : ASSERTION.noWordBoundary
    }
    return mask
  }

  /** For each position a row of `words` words: the positions that may come next while `holding` holds. */
  followWhile(holding: number): Uint32Array {
    const known = this.follow[holding]
    if (known !== undefined) return known
    const { count, edges } = this.automaton
    const met = masksWithin(holding)
    const rows = new Uint32Array(count * this.words)
    for (let from = 0; from < count; from++) {
      const row = rows.subarray(from * this.words, (from + 1) * this.words)
      for (let to = 0; to < count; to++) if (((edges[from * count + to] as number) & met) !== 0) add(row, to)
    }
    this.follow[holding] = rows
    return rows
  }

  acceptingWhile(holding: number): Uint32Array {
    const known = this.accepting[holding]
    if (known !== undefined) return known
    const met = masksWithin(holding)
    const bits = new Uint32Array(this.words)
    this.automaton.accepting.forEach((when, position) => {
      if ((when & met) !== 0) add(bits, position)
    })
    this.accepting[holding] = bits
    return bits
  }
}

export function add(bits: Uint32Array, index: number): void {
  bits[index >>> 5] = (bits[index >>> 5] as number) | (1 << (index & 31))
}

/** The masks that ask for nothing beyond `holding`, as a set of masks. */
function masksWithin(holding: number): number {
  let met = 0
  for (let mask = 0; mask < 16; mask++) if ((mask & ~holding) === 0) met |= 1 << mask
  return met
}

export function intersect(a: Uint32Array, b: Uint32Array): boolean {
  for (let w = 0; w < a.length; w++) if (((a[w] as number) & (b[w] as number)) !== 0) return true
  return false
}
