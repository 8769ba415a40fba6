import { OperatorError } from '../../errors/operator-error'
import type { AuditFilter, Scope, SortKey } from '../model'
import { filterFrom } from '../query/filter-from'
import { firstValue, type QueryParameters } from '../query/parameters'
import { parseSort } from '../query/sort'
import { type ConditionRow, conditionOf } from './conditions'
import { boundsOf, type Span } from './span'

/** What a dialog asks. */
export interface Asked {
  readonly rows: readonly ConditionRow[]
  readonly span: Span
  readonly search: string
  /** As the `sort` parameter takes it. */
  readonly sort: string
  /** Undefined: as many as there are. */
  readonly limit: number | undefined
}

export interface Question {
  readonly filter: AuditFilter
  readonly sort: readonly SortKey[]
  readonly limit: number | undefined
  readonly offset: number
}

/** More at once would fill the memory; a sequence or a replay takes any number. */
export const MOST_AT_ONCE = 100_000

/**
 * What the dialog asks, with what a message asks otherwise: a parameter of the message (those of the API's list) stands for
 * the dialog's row on the same attribute, its time, search, sort order or limit. What may be seen is in neither of them.
 *
 * @throws OperatorError `AUDIT_BAD_TIME`, `AUDIT_BAD_SEARCH`, `AUDIT_BAD_SORT`, `AUDIT_BAD_PARAMETER`
 */
export function questionOf(asked: Asked, message: unknown, scope: Scope, nowMs: number): Question {
  const parameters = parametersOf(message)
  const own = asked.rows.filter(({ attribute }) => firstValue(parameters, attribute) === undefined).map(conditionOf)
  const said = firstValue(parameters, 'search') === undefined ? { ...parameters, search: asked.search } : parameters
  const { where, text, from, to } = filterFrom(said, scope)
  const bounds =
    firstValue(parameters, 'time') === undefined
      ? boundsOf(asked.span, nowMs)
      : { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  return {
    filter: { scope, where: [...own, ...where], ...bounds, ...(text === undefined ? {} : { text }) },
    sort: parseSort(firstValue(parameters, 'sort') ?? asked.sort),
    limit: whole(parameters, 'limit') ?? asked.limit,
    offset: whole(parameters, 'offset') ?? 0,
  }
}

/**
 * `msg.query`: an object of parameters, whose values are texts, numbers or lists of them; or a query string as of a URL.
 */
function parametersOf(message: unknown): QueryParameters {
  if (message === undefined || message === null || message === '') return {}
  const parameters: Record<string, string | string[]> = Object.create(null)
  if (typeof message === 'string') {
    for (const [name, value] of new URLSearchParams(message.replace(/^\?/, ''))) {
      parameters[name] = [...(parameters[name] ?? []), value]
    }
    return parameters
  }
  if (typeof message !== 'object' || Array.isArray(message)) throw bad('msg.query is neither an object nor a text.')
  for (const [name, value] of Object.entries(message as Record<string, unknown>)) {
    if (value === undefined || value === null) continue
    const values = (Array.isArray(value) ? value : [value]).map((one: unknown) =>
      typeof one === 'number' || typeof one === 'boolean' ? String(one) : one,
    )
    if (!values.every((one): one is string => typeof one === 'string')) {
      throw bad(`The parameter "${name.slice(0, 40)}" of msg.query is neither a text, a number nor a list of them.`)
    }
    parameters[name] = values
  }
  return parameters
}

function whole(parameters: QueryParameters, name: string): number | undefined {
  const value = firstValue(parameters, name)
  if (value === undefined) return undefined
  if (!/^\d{1,15}$/.test(value)) throw bad(`The parameter ${name} is not a whole number.`)
  return Number(value)
}

function bad(what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_PARAMETER', what, {
    remedy: 'docs/audit-query.md lists the parameters and what they take.',
  })
}
