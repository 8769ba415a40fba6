import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { SEVERITIES } from '../../notify/model'
import { isAtLeast, severityNamed, severityOfEvent } from '../../notify/severity'
import type { CadfEvent } from '../event'
import { idKey } from '../identity'
import { cadfViolations } from '../validate'
import { compileRegexp } from './linear-regexp/linear-regexp'
import { RegexpProblem } from './linear-regexp/problem'
import type { Condition } from './model'
import { covers, type Network, parseNetwork } from './network'
import { optOutList } from './opt-out'

export interface Comparison {
  /** Whether a value that is there (neither missing nor null) satisfies the comparison. */
  holds(value: unknown): boolean
  /** The same for a text, which is what most values are. */
  holdsForText(text: string): boolean
  /** Whether a missing or null value satisfies it. */
  readonly holdsForNothing: boolean
}

/** In lists of values this word stands for "missing or null". */
const NOTHING = 'null'

/**
 * @param ids whether the values are ids, whose spellings `openstack:<uuid>` and `<uuid>` are the same
 * @throws OperatorError `CONDITION_VALUE`, `CONDITION_NUMBER`, `CONDITION_NETWORK`, `CONDITION_SEVERITY` or a RegexpProblem
 */
export function comparison(condition: Condition, ids = false): Comparison {
  switch (condition.op) {
    case 'exists':
      return { holds: () => true, holdsForText: () => true, holdsForNothing: false }
    case 'equals':
      return oneOf([condition.value], condition.ignoreCase, ids)
    case 'one-of':
      return oneOf(lines(condition.value), condition.ignoreCase, ids)
    case 'wildcard':
      return wildcard(lines(condition.value), condition.ignoreCase)
    case 'regexp':
      return regexp(condition.value, condition.ignoreCase)
    case 'in-network':
      return inNetwork(lines(condition.value))
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return numeric(condition.op, condition.value)
    case 'at-least':
      return atLeast(condition.value)
    case 'valid-cadf':
      return VALID_CADF
    case 'opt-out':
      return byText(optOutList(condition.value))
  }
}

const VALID_CADF: Comparison = {
  holds: (value) => cadfViolations(value).length === 0,
  holdsForText: () => false,
  holdsForNothing: false,
}

function oneOf(values: readonly string[], ignoreCase: boolean, ids: boolean): Comparison {
  if (values.length === 0) throw new OperatorError('CONDITION_VALUE', 'It has no value to compare with.')
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text)
  const wanted = new Set(values.map(fold))
  const holdsForNothing = values.includes(NOTHING)
  if (ids) {
    const keys = new Set([...wanted].map(idKey))
    return byText((text) => keys.has(idKey(fold(text))), holdsForNothing)
  }
  const [only = ''] = wanted
  if (wanted.size === 1 && !ignoreCase) return byText((text) => text === only, holdsForNothing)
  return byText((text) => wanted.has(fold(text)), holdsForNothing)
}

function wildcard(patterns: readonly string[], ignoreCase: boolean): Comparison {
  if (patterns.length === 0) throw new OperatorError('CONDITION_VALUE', 'It has no pattern to compare with.')
  const holdsForNothing = patterns.includes(NOTHING)
  const [only = ''] = patterns
  const prefix = only.slice(0, -1)
  if (patterns.length === 1 && only.endsWith('*') && !/[*?\\]/.test(prefix) && !ignoreCase) {
    return byText((text) => text.startsWith(prefix), holdsForNothing)
  }
  const source = `^(?:${patterns.map(regexpOfWildcard).join('|')})$`
  try {
    const matcher = compileRegexp(source, { ignoreCase, dotAll: true })
    return byText((text) => matcher.test(text), holdsForNothing)
  } catch (thrown) {
    if (!(thrown instanceof RegexpProblem)) throw thrown
    throw new OperatorError('CONDITION_VALUE', 'Its wildcard patterns are too many or too long.', {
      remedy: 'Split them into several conditions, or use "is one of" for those without * and ?.',
      cause: thrown,
    })
  }
}

/** `*` any text, `?` any one character, a backslash before either for itself. */
function regexpOfWildcard(pattern: string): string {
  return pattern.replace(/\\[*?\\]|[*?]|[^\w\s*?]/g, (part) => {
    if (part === '*') return '.*'
    if (part === '?') return '.'
    if (part.length === 2 && part.startsWith('\\')) return part
    return part.length === 1 && part.charCodeAt(0) < 128 ? `\\${part}` : part
  })
}

function regexp(source: string, ignoreCase: boolean): Comparison {
  if (source === '') throw new OperatorError('CONDITION_VALUE', 'It has no regular expression.')
  const matcher = compileRegexp(source, { ignoreCase })
  return byText((text) => matcher.test(text))
}

function inNetwork(values: readonly string[]): Comparison {
  const written = values.flatMap((value) => value.split(/[\s,]+/)).filter((value) => value !== '')
  if (written.length === 0) throw new OperatorError('CONDITION_NETWORK', 'It has no network to compare with.')
  const holdsForNothing = written.includes(NOTHING)
  const networks: Network[] = []
  for (const text of written) {
    if (text === NOTHING) continue
    const network = parseNetwork(text)
    if (network === undefined) {
      throw new OperatorError('CONDITION_NETWORK', `"${quote(text, 60)}" is no network.`, {
        remedy: 'Write an address or a network such as 10.0.0.0/8 or 2001:db8::/32, one to a line.',
      })
    }
    networks.push(network)
  }
  return byText((text) => {
    const inner = parseNetwork(text)
    return inner !== undefined && networks.some((network) => covers(network, inner))
  }, holdsForNothing)
}

const COMPARE = {
  lt: (a: number, b: number) => a < b,
  lte: (a: number, b: number) => a <= b,
  gt: (a: number, b: number) => a > b,
  gte: (a: number, b: number) => a >= b,
} as const

function numeric(op: keyof typeof COMPARE, value: string): Comparison {
  const limit = numberOf(value)
  if (limit === undefined) {
    const shown = value.trim() === '' ? 'It has no number to compare with.' : `"${quote(value, 40)}" is no number.`
    throw new OperatorError('CONDITION_NUMBER', shown)
  }
  const compare = COMPARE[op]
  return byText((text) => {
    const number = numberOf(text)
    return number !== undefined && compare(number, limit)
  })
}

/** Severities in their order, in the names of the PCE, of syslog and of oslo. An event itself is as bad as it would be notified. */
function atLeast(value: string): Comparison {
  const threshold = severityNamed(value)
  if (threshold === undefined) {
    const shown = value.trim() === '' ? 'It has no severity' : `"${quote(value, 40)}" is no severity`
    throw new OperatorError('CONDITION_SEVERITY', `${shown} to compare with.`, {
      remedy: `Write one of ${SEVERITIES.join(', ')}.`,
    })
  }
  const byName = byText((text) => {
    const severity = severityNamed(text)
    return severity !== undefined && isAtLeast(severity, threshold)
  })
  const holds = (value: unknown) =>
    isEvent(value) ? isAtLeast(severityOfEvent(value), threshold) : byName.holds(value)
  return { ...byName, holds }
}

function isEvent(value: unknown): value is CadfEvent {
  return typeof value === 'object' && value !== null && 'outcome' in value && 'eventTime' in value
}

/** Producers send numbers as texts now and then (reason codes, protocols), so both count. */
function numberOf(text: string): number | undefined {
  return /^\s*[+-]?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(text) ? Number(text) : undefined
}

/** Compares texts, numbers and booleans by their text; a list holds if one of its elements does. */
function byText(holdsForText: (text: string) => boolean, holdsForNothing = false): Comparison {
  const holds = (value: unknown): boolean => {
    if (typeof value === 'string') return holdsForText(value)
    if (typeof value === 'number' || typeof value === 'boolean') return holdsForText(String(value))
    return Array.isArray(value) && value.some(holds)
  }
  return { holds, holdsForText, holdsForNothing }
}

function lines(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
