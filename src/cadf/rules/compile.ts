import { describeError, OperatorError } from '../../errors/operator-error'
import { type Comparison, comparison } from './comparison'
import { decodeCondition, decodeGroup, decodeRule, isGroup } from './decode'
import { leadsToIds } from './id-path'
import { type Match, RuleProblem } from './model'
import { optOutNames } from './opt-out'
import { parsePath, readerOf, type Step, type Visit, visitor } from './path'
import { Reads } from './reads'

/** Rules ready to be asked; places of rules count from 0. */
export interface RuleSet {
  readonly names: readonly string[]
  /** The first rule that matches, or −1. */
  first(message: unknown): number
  /** Every rule that matches, in order. */
  all(message: unknown): number[]
}

/** `element` is what "some element of" has led to. */
type Predicate = (message: unknown, element: unknown) => boolean

/**
 * Compiles rules once, so that a message costs only the look-ups.
 * @throws RuleProblem the first fault found, with a stable code and its place
 */
export function compileRules(written: unknown): RuleSet {
  const reads = new Reads()
  const { rules, problems } = readRules(written, reads)
  const [problem] = problems
  if (problem !== undefined) throw problem
  const predicates = rules.map((rule) => rule.matches)
  return {
    names: rules.map((rule) => rule.name),
    first: (message) => {
      reads.next()
      for (let i = 0; i < predicates.length; i++) if (predicates[i]?.(message, undefined) === true) return i
      return -1
    },
    all: (message) => {
      reads.next()
      const matching: number[] = []
      for (let i = 0; i < predicates.length; i++) if (predicates[i]?.(message, undefined) === true) matching.push(i)
      return matching
    },
  }
}

/** Every fault in the rules; none if they can be used. */
export function checkRules(written: unknown): RuleProblem[] {
  return readRules(written, new Reads()).problems
}

function readRules(
  written: unknown,
  reads: Reads,
): { rules: { name: string; matches: Predicate }[]; problems: RuleProblem[] } {
  if (!Array.isArray(written) || written.length === 0) {
    const what = Array.isArray(written) ? 'There is no rule yet.' : 'The rules are no list.'
    return { rules: [], problems: [new RuleProblem(new OperatorError('RULES_EMPTY', what))] }
  }
  const problems: RuleProblem[] = []
  const rules = written.map((one: unknown, i) => readRule(one, i + 1, problems, reads))
  return { rules, problems }
}

function readRule(
  written: unknown,
  rule: number,
  problems: RuleProblem[],
  reads: Reads,
): { name: string; matches: Predicate } {
  let name = ''
  const attempt = <T>(work: () => T, fallback: T, condition?: string): T => {
    try {
      return work()
    } catch (thrown) {
      const cause = thrown instanceof OperatorError ? thrown : new OperatorError('RULE_SHAPE', describeError(thrown))
      problems.push(new RuleProblem(cause, { rule, name, ...(condition === undefined ? {} : { condition }) }))
      return fallback
    }
  }
  const read = attempt(() => decodeRule(written), undefined)
  if (read === undefined) return { name, matches: never }
  name = read.name
  const parts = read.conditions.map((part, i) => {
    const place = String(i + 1)
    if (!isGroup(part)) return attempt(() => condition(part, false, reads), never, place)
    const group = attempt(() => groupOf(part), undefined, place)
    if (group === undefined) return never
    const inner = group.conditions.map((one, j) =>
      attempt(() => condition(one, group.within.length > 0, reads, group.ids), never, `${place}.${j + 1}`),
    )
    return within(group.within, combined(group.match, inner))
  })
  return { name, matches: combined(read.match, parts) }
}

const never: Predicate = () => false

function groupOf(written: Record<string, unknown>) {
  const group = decodeGroup(written)
  const paths = group.within === undefined ? [] : group.within.split(',')
  const steps = paths.map((path) => parsePath(path.trim(), false).steps)
  return { ...group, within: steps.map(visitor), ids: steps.some(leadsToIds) }
}

function within(paths: readonly Visit[], predicate: Predicate): Predicate {
  if (paths.length === 0) return predicate
  return (message) => {
    const holds = (element: unknown): boolean =>
      Array.isArray(element) ? element.some(holds) : predicate(message, element)
    return paths.some((visit) => visit(message, holds))
  }
}

function combined(match: Match, predicates: readonly Predicate[]): Predicate {
  const [only] = predicates
  if (predicates.length === 1 && only !== undefined) return only
  if (match === 'any') {
    return (message, element) => {
      for (const predicate of predicates) if (predicate(message, element)) return true
      return false
    }
  }
  return (message, element) => {
    for (const predicate of predicates) if (!predicate(message, element)) return false
    return true
  }
}

/** @param elementIsId whether what the group leads to is itself an id, which is asked for as `.` */
function condition(written: unknown, inGroupWithin: boolean, reads: Reads, elementIsId = false): Predicate {
  if (isGroup(written)) {
    throw new OperatorError('GROUP_DEPTH', 'It is a group inside a group.', { remedy: 'Groups nest one level deep.' })
  }
  const read = decodeCondition(written)
  const { relative, steps } = parsePath(read.path, inGroupWithin)
  const toOne = read.op === 'opt-out' ? optOutReader(read.path, reads) : relative ? readerOf(steps) : reads.of(steps)
  const holds = asked(steps, toOne, comparison(read, relative && steps.length === 0 ? elementIsId : leadsToIds(steps)))
  const positive: Predicate = relative ? (_message, element) => holds(element) : holds
  return read.not ? (message, element) => !positive(message, element) : positive
}

/** What can be opted out by is the whole notification, so this comparison reads more than the property it stands behind. */
function optOutReader(path: string, reads: Reads): (message: unknown) => unknown {
  if (path !== 'topic') {
    throw new OperatorError('CONDITION_PATH', 'The property of this comparison is the event type.', {
      remedy: 'Write topic as the property.',
    })
  }
  const topic = reads.of(['topic'])
  const outcome = reads.of(['event', 'outcome'])
  return (message) => optOutNames(topic?.(message), outcome?.(message))
}

function asked(
  steps: readonly Step[],
  toOne: ((from: unknown) => unknown) | undefined,
  { holds, holdsForText, holdsForNothing }: Comparison,
): (from: unknown) => boolean {
  if (toOne !== undefined) {
    return (from) => {
      const value = toOne(from)
      if (typeof value === 'string') return holdsForText(value)
      return value === undefined || value === null ? holdsForNothing : holds(value)
    }
  }
  const visit = visitor(steps)
  const anything = () => true
  return holdsForNothing ? (from) => visit(from, holds) || !visit(from, anything) : (from) => visit(from, holds)
}
