import type { CodePointSet } from './code-point-set'
import { RegexpProblem } from './problem'
import { ASSERTION, type Expression } from './syntax'

/**
 * Alternatives of what must hold at one place, as a set of masks of {@link ASSERTION}: bit m of the number stands for
 * "the assertions of mask m hold". 1 (mask 0 only) means: always. 0 means: never.
 */
type Conditions = number
const ALWAYS: Conditions = 1
const NEVER: Conditions = 0

interface Link {
  readonly position: number
  readonly when: Conditions
}

/**
 * The position automaton of an expression (Glushkov): one position for each character set in it, with position 0 before
 * the first. An edge from p to q means that q's character may directly follow p's, where the edge's conditions hold
 * between the two.
 */
export interface PositionAutomaton {
  /** Index 0 is unused. */
  readonly sets: readonly CodePointSet[]
  readonly count: number
  /** `edges[p * count + q]` */
  readonly edges: Uint16Array
  /** `accepting[p]`: when the text may end its match after p. */
  readonly accepting: Uint16Array
  readonly usesStart: boolean
  readonly usesEnd: boolean
  readonly usesWord: boolean
  /** Every match begins at the start of the text. */
  readonly anchored: boolean
}

/** Edges are kept as a square: 1,000 positions take 2 MB while compiling. */
const MOST_POSITIONS = 1000

/** @throws RegexpProblem `REGEXP_TOO_LARGE` */
export function positionsOf(expression: Expression, source: string): PositionAutomaton {
  const count = 1 + sizeOf(expression)
  if (count > MOST_POSITIONS) {
    throw new RegexpProblem(
      'REGEXP_TOO_LARGE',
      source,
      `is too large: with its counted repetitions written out it has more than ${MOST_POSITIONS} characters`,
      'Lower the counts, or split it into several conditions',
    )
  }
  const builder = new Builder(count)
  const whole = builder.build(expression)
  for (const { position, when } of whole.first) builder.edge(0, position, when)
  for (const { position, when } of whole.last) builder.accept(position, when)
  builder.accept(0, whole.empty)
  return builder.automaton()
}

/** What an expression contributes: whether it can match nothing, and where its matches begin and end. */
interface Fragment {
  readonly empty: Conditions
  readonly first: readonly Link[]
  readonly last: readonly Link[]
}

const NOTHING_BUT_EMPTY: Fragment = { empty: ALWAYS, first: [], last: [] }

class Builder {
  private readonly count: number
  private readonly sets: CodePointSet[] = [[]]
  private readonly edges: Uint16Array
  private readonly accepting: Uint16Array

  constructor(count: number) {
    this.count = count
    this.edges = new Uint16Array(count * count)
    this.accepting = new Uint16Array(count)
  }

  build(expression: Expression): Fragment {
    switch (expression.kind) {
      case 'set': {
        const position = this.sets.push(expression.set) - 1
        const links = [{ position, when: ALWAYS }]
        return { empty: NEVER, first: links, last: links }
      }
      case 'assertion':
        return { empty: 1 << expression.assertion, first: [], last: [] }
      case 'sequence':
        return expression.parts.reduce((left, part) => this.joined(left, this.build(part)), NOTHING_BUT_EMPTY)
      case 'choice': {
        const options = expression.options.map((option) => this.build(option))
        return {
          empty: simplest(options.reduce((any, option) => any | option.empty, NEVER)),
          first: options.flatMap((option) => option.first),
          last: options.flatMap((option) => option.last),
        }
      }
      case 'repeat':
        return this.repeated(expression.body, expression.min, expression.max)
    }
  }

  private repeated(body: Expression, min: number, max: number): Fragment {
    if (max === 0) return NOTHING_BUT_EMPTY
    if (sizeOf(body) === 0) {
      // Only assertions or nothing: once says as much as a million times.
      return min === 0 ? NOTHING_BUT_EMPTY : this.build(body)
    }
    if (max === Number.POSITIVE_INFINITY) {
      let all = min === 0 ? this.looped(body, true) : NOTHING_BUT_EMPTY
      for (let i = 1; i <= min; i++) all = this.joined(all, i === min ? this.looped(body, false) : this.build(body))
      return all
    }
    let all = NOTHING_BUT_EMPTY
    for (let i = 0; i < min; i++) all = this.joined(all, this.build(body))
    // x{0,3} as (x(x(x)?)?)?, which needs fewer edges than x?x?x?.
    let optional = NOTHING_BUT_EMPTY
    for (let i = min; i < max; i++) {
      const longer = this.joined(this.build(body), optional)
      optional = { ...longer, empty: ALWAYS }
    }
    return this.joined(all, optional)
  }

  private looped(body: Expression, canBeEmpty: boolean): Fragment {
    const once = this.build(body)
    this.connect(once.last, once.first)
    return canBeEmpty ? { ...once, empty: ALWAYS } : once
  }

  private joined(left: Fragment, right: Fragment): Fragment {
    this.connect(left.last, right.first)
    return {
      empty: both(left.empty, right.empty),
      first: [...left.first, ...through(left.empty, right.first)],
      last: [...through(right.empty, left.last), ...right.last],
    }
  }

  private connect(from: readonly Link[], to: readonly Link[]): void {
    for (const a of from) for (const b of to) this.edge(a.position, b.position, both(a.when, b.when))
  }

  edge(from: number, to: number, when: Conditions): void {
    const at = from * this.count + to
    const known = this.edges[at] as number
    if (known !== ALWAYS) this.edges[at] = known === NEVER ? when : simplest(known | when)
  }

  accept(position: number, when: Conditions): void {
    this.accepting[position] = simplest((this.accepting[position] as number) | when)
  }

  automaton(): PositionAutomaton {
    const { sets, count, edges, accepting } = this
    const used =
      edges.reduce((any, when) => any | assertionsIn(when), 0) |
      accepting.reduce((any, when) => any | assertionsIn(when), 0)
    const startsOnlyAtStart = (when: Conditions) => masksOf(when).every((mask) => (mask & ASSERTION.start) !== 0)
    return {
      sets,
      count,
      edges,
      accepting,
      usesStart: (used & ASSERTION.start) !== 0,
      usesEnd: (used & ASSERTION.end) !== 0,
      usesWord: (used & (ASSERTION.wordBoundary | ASSERTION.noWordBoundary)) !== 0,
      anchored: edges.subarray(0, count).every(startsOnlyAtStart) && startsOnlyAtStart(accepting[0] as number),
    }
  }
}

/** How many positions an expression takes with its repetitions written out; a large number where that is very large. */
function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case 'set':
      return 1
    case 'assertion':
      return 0
    case 'sequence':
      return expression.parts.reduce((sum, part) => sum + sizeOf(part), 0)
    case 'choice':
      return expression.options.reduce((sum, option) => sum + sizeOf(option), 0)
    case 'repeat': {
      const copies = expression.max === Number.POSITIVE_INFINITY ? Math.max(expression.min, 1) : expression.max
      const size = sizeOf(expression.body)
      return size === 0 ? 0 : size * copies
    }
  }
}

function through(empty: Conditions, links: readonly Link[]): readonly Link[] {
  if (empty === NEVER) return []
  if (empty === ALWAYS) return links
  return links.map(({ position, when }) => ({ position, when: both(empty, when) }))
}

/** One of a and, at the same place, one of b. */
function both(a: Conditions, b: Conditions): Conditions {
  if (a === ALWAYS) return b
  if (b === ALWAYS) return a
  let together = NEVER
  for (const x of masksOf(a)) for (const y of masksOf(b)) together |= 1 << (x | y)
  return simplest(together)
}

/** Without alternatives that ask for more than another does, and without those that contradict themselves. */
function simplest(conditions: Conditions): Conditions {
  if ((conditions & ALWAYS) !== 0) return ALWAYS
  const impossible = ASSERTION.wordBoundary | ASSERTION.noWordBoundary
  const masks = masksOf(conditions).filter((mask) => (mask & impossible) !== impossible)
  return masks
    .filter((mask) => !masks.some((less) => less !== mask && (less & mask) === less))
    .reduce((kept, mask) => kept | (1 << mask), NEVER)
}

export function masksOf(conditions: Conditions): number[] {
  const masks: number[] = []
  for (let mask = 0; mask < 16; mask++) if ((conditions & (1 << mask)) !== 0) masks.push(mask)
  return masks
}

function assertionsIn(conditions: Conditions): number {
  return masksOf(conditions).reduce((all, mask) => all | mask, 0)
}
