import type { Condition, Group, Operator } from '../cadf/rules/model'

/** Signs that make a pattern of pretty-cool-events a regular expression. */
const META = /[.*+?[\](){}^$\\]/
export const ALTERNATIVES_OR_META = /[.*+?[\](){}^$|\\]/

/**
 * What pretty-cool-events understands in a status and in `match_fields`: `*` or `any`, `!` before the rest, alternatives by `|`,
 * a regular expression over the whole value, or the value itself. A value that is not there counts as an empty text.
 * @returns undefined where everything matches
 */
export function valueCondition(path: string, pattern: string): Condition | Group | undefined {
  if (pattern === '*' || pattern === 'any') return undefined
  if (pattern.startsWith('!')) {
    const inner = valueCondition(path, pattern.slice(1))
    return inner === undefined ? nothingMatches(path) : opposite(inner)
  }
  if (pattern.includes('|') && !META.test(pattern)) return oneOf(path, pattern.split('|'))
  if (META.test(pattern)) return regexp(path, pattern)
  return oneOf(path, [pattern])
}

/** Python's spelling of an expression in the one that is used here. */
export function expressionOf(pattern: string): { readonly source: string; readonly ignoreCase: boolean } {
  const ignoreCase = pattern.startsWith('(?i)')
  const source = (ignoreCase ? pattern.slice(4) : pattern)
    .replace(/\(\?P</g, '(?<')
    .replace(/\\A/g, '^')
    .replace(/\\Z/g, '$')
  return { source, ignoreCase }
}

function regexp(path: string, pattern: string): Condition | Group {
  const { source, ignoreCase } = expressionOf(pattern)
  // The group binds both ends to every alternative.
  const found = { ...condition(path, 'regexp', `^(?:${source})$`), ignoreCase }
  return matchesNothing(source) ? { match: 'any', conditions: [found, absent(path)] } : found
}

function matchesNothing(source: string): boolean {
  try {
    return new RegExp(`^(?:${source})$`, 'u').test('')
  } catch {
    return false
  }
}

function oneOf(path: string, values: readonly string[]): Condition | Group {
  const [only = ''] = values
  const wanted = values.map((value) => (value === '' ? 'null' : value))
  // Python writes True and False.
  const ignoreCase = values.some((value) => /^(true|false)$/i.test(value))
  const asked =
    wanted.length === 1 ? condition(path, 'equals', wanted[0]) : condition(path, 'one-of', wanted.join('\n'))
  const found = { ...asked, ignoreCase }
  return values.length === 1 && only === '' ? absent(path) : found
}

/** Missing, null or empty, which are the same to pretty-cool-events. */
function absent(path: string): Condition {
  return { ...condition(path, 'regexp', '.'), not: true }
}

function opposite(of: Condition | Group): Condition | Group {
  if (!('conditions' in of)) return { ...of, not: !of.not }
  return {
    match: of.match === 'any' ? 'all' : 'any',
    conditions: of.conditions.map((inner) => ({ ...inner, not: !inner.not })),
  }
}

/** The opposite of everything. */
function nothingMatches(path: string): Group {
  const there = condition(path, 'exists')
  return { match: 'all', conditions: [there, { ...there, not: true }] }
}

function condition(path: string, op: Operator, value = ''): Condition {
  return { path, op, not: false, value, ignoreCase: false }
}
