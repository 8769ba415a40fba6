import { SetMatcher } from './set-matcher'
import { type Before, intersect, type Steps } from './steps'

/** Where a step leads when not to another state. */
const UNKNOWN = -1
const ACCEPTED = -2
const NEVER = -3
const FULL = -4

/** States kept; with them the cache takes at most 1 MB. */
const MOST_STATES = 1024
const MOST_CELLS = 1 << 18

interface State {
  readonly reached: Uint32Array
  readonly before: Before
}

/**
 * Looks for a match in time proportional to the text. States of the deterministic automaton are made when first met and
 * kept; an expression whose states exceed the cache is matched by bit sets from then on, at a constant price per character.
 */
export class Matcher {
  private readonly steps: Steps
  private readonly states: State[] = []
  private rows: Int32Array[] = []
  private readonly known = new Map<string, number>()
  private readonly mostStates: number
  private bySets: SetMatcher | undefined

  constructor(steps: Steps) {
    this.steps = steps
    this.mostStates = Math.min(MOST_STATES, Math.floor(MOST_CELLS / (steps.end + 1)))
    const reached = new Uint32Array(steps.words)
    reached[0] = 1
    this.stateOf({ reached, before: steps.start() })
  }

  /** Whether any part of the text matches. */
  test(text: string): boolean {
    if (this.bySets !== undefined) return this.bySets.test(text)
    const { ascii } = this.steps.alphabet
    const rows = this.rows
    let state = 0
    const length = text.length
    for (let i = 0; i <= length; i++) {
      let column: number
      if (i === length) column = this.steps.end
      else {
        const unit = text.charCodeAt(i)
        if (unit < 128) column = ascii[unit] as number
        else {
          const codePoint = text.codePointAt(i) as number
          if (codePoint > 0xffff) i++
          column = this.steps.alphabet.classOf(codePoint)
        }
      }
      let next = (rows[state] as Int32Array)[column] as number
      if (next === UNKNOWN) next = this.explore(state, column)
      if (next < 0) {
        if (next === FULL) return this.withoutStates().test(text)
        return next === ACCEPTED
      }
      state = next
    }
    return false
  }

  /** Makes every state there is; false if they do not fit the cache. */
  complete(): boolean {
    for (let state = 0; state < this.states.length; state++) {
      for (let column = 0; column <= this.steps.end; column++) if (this.explore(state, column) === FULL) return false
    }
    return true
  }

  private withoutStates(): SetMatcher {
    this.bySets = new SetMatcher(this.steps)
    this.states.length = 0
    this.rows = []
    this.known.clear()
    return this.bySets
  }

  private explore(from: number, column: number): number {
    const { reached, before } = this.states[from] as State
    const next = this.step(reached, before, column)
    if (next !== FULL) (this.rows[from] as Int32Array)[column] = next
    return next
  }

  private step(reached: Uint32Array, before: Before, column: number): number {
    const { steps } = this
    const holding = steps.holding(before, column)
    if (intersect(reached, steps.acceptingWhile(holding))) return ACCEPTED
    if (column === steps.end) return NEVER
    const follow = steps.followWhile(holding)
    const next = new Uint32Array(steps.words)
    for (let word = 0; word < reached.length; word++) {
      for (let left = reached[word] as number; left !== 0; left &= left - 1) {
        const row = (32 * word + 31 - Math.clz32(left & -left)) * steps.words
        for (let w = 0; w < next.length; w++) next[w] = (next[w] as number) | (follow[row + w] as number)
      }
    }
    const members = steps.membersOf(column)
    for (let w = 0; w < next.length; w++) next[w] = (next[w] as number) & (members[w] as number)
    if (!steps.anchored) next[0] = (next[0] as number) | 1
    else if (next.every((bits) => bits === 0)) return NEVER
    return this.stateOf({ reached: next, before: steps.after(column) })
  }

  private stateOf(state: State): number {
    const key = `${state.before} ${state.reached.join()}`
    const known = this.known.get(key)
    if (known !== undefined) return known
    if (this.states.length === this.mostStates) return FULL
    const index = this.states.push(state) - 1
    this.rows.push(new Int32Array(this.steps.end + 1).fill(UNKNOWN))
    this.known.set(key, index)
    return index
  }
}
