import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/** `[from, to)` in µs since 1970; absent: no bound. `from` may be beyond `to`: then nothing matches. */
export interface TimeBounds {
  readonly from?: number
  readonly to?: number
}

type Operator = 'gt' | 'gte' | 'lt' | 'lte' | 'eq'

interface Instant {
  /** µs since 1970 */
  readonly at: number
  /** How long the time as written lasts, µs: the whole second where no fraction is given. */
  readonly lasts: number
}

/** Four operators and an equality; the rest would be repeated ones. Elements are short. */
const LONGEST = 400
const OPERATORS: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte'])

/**
 * Understands Hermes' `time` parameter: `<op>:<timestamp>` in a comma-separated list, each operator at most once, all hold.
 * A time without an operator means "at that time". Without an offset it is UTC; a space before an offset stands for the `+`
 * that a query string turned into it. A time in seconds is the whole second: `lte:12:00:00Z` includes 12:00:00.9 and
 * `gt:12:00:00Z` does not, as the search engines behind Hermes have it and its command line relies on.
 * @throws OperatorError `AUDIT_BAD_TIME`
 */
export function parseTime(text: string): TimeBounds {
  if (text.trim() === '') return {}
  if (text.length > LONGEST) throw bad('is too long')
  const seen = new Set<Operator>()
  let from: number | undefined
  let to: number | undefined
  for (const element of text.split(',')) {
    const { operator, instant } = bound(element.trim())
    if (seen.has(operator)) throw bad(operator === 'eq' ? 'names two times' : `has ${operator} twice`)
    seen.add(operator)
    const { at, lasts } = instant
    const after = at + lasts
    if (operator === 'gt') from = later(from, after)
    if (operator === 'gte' || operator === 'eq') from = later(from, at)
    if (operator === 'lt') to = earlier(to, at)
    if (operator === 'lte' || operator === 'eq') to = earlier(to, after)
  }
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

function bound(element: string): { operator: Operator; instant: Instant } {
  if (element === '') throw bad('has an empty element')
  if (/^\d/.test(element)) return { operator: 'eq', instant: instantOf(element) }
  const colon = element.indexOf(':')
  const operator = colon < 0 ? element : element.slice(0, colon)
  if (!isOperator(operator)) throw bad(`has no operator ${quote(operator, 20)}`)
  const value = colon < 0 ? '' : element.slice(colon + 1).trim()
  if (value === '') throw bad(`has ${operator} without a time`)
  return { operator, instant: instantOf(value) }
}

function isOperator(word: string): word is Operator {
  return OPERATORS.has(word)
}

const STAMP = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,30}))?(?:Z|([+\- ])([01]\d|2[0-3]):?([0-5]\d))?$/

function instantOf(text: string): Instant {
  const [, day, time, fraction = '', sign, hours, minutes] = STAMP.exec(text) ?? []
  const ms = day === undefined ? Number.NaN : dayTime(day, time ?? '')
  if (Number.isNaN(ms)) throw bad(`has ${quote(text, 60)}, which is no time that is understood`)
  const offset = sign === undefined ? 0 : (Number(hours) * 60 + Number(minutes)) * 60_000
  const utc = sign === '-' ? ms + offset : ms - offset
  const at = inRange(utc * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0')))
  return { at, lasts: fraction === '' ? 1_000_000 : fraction.length <= 3 ? 1000 : 1 }
}

/** ms since 1970; NaN for what no calendar has, which `Date.parse` would move to the next month. */
function dayTime(day: string, time: string): number {
  const ms = Date.parse(`${day}T${time}.000Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === `${day}T${time}.000Z` ? ms : Number.NaN
}

/** Before 1684 and after 2255 µs are no longer exact; nothing is stored there. */
function inRange(time: number): number {
  return Math.max(-FARTHEST, Math.min(time, FARTHEST))
}
const FARTHEST = Number.MAX_SAFE_INTEGER - 1_000_000

function later(a: number | undefined, b: number): number {
  return a === undefined ? b : Math.max(a, b)
}

function earlier(a: number | undefined, b: number): number {
  return a === undefined ? b : Math.min(a, b)
}

function bad(what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_TIME', `The time filter ${what}.`, {
    remedy:
      'Write gt, gte, lt or lte, a colon and a time such as 2026-11-21T06:00:00Z, several separated by commas; a plus sign of an offset is %2B in a URL.',
  })
}
