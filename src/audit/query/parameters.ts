import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/**
 * Parameters of a request by name, as a query string, a dialog or `msg` gives them. A name that is there several times has a
 * list; an empty text is the same as no parameter. Names of which nothing is known are ignored, as Hermes does.
 */
export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>

/** Of one name. Hermes' clients send one value each. */
const MOST_VALUES = 50
/** Characters; a request path with its query can be this long. */
const LONGEST = 40_000

/** The values of a name that are not empty, in the order given. */
export function allValues(parameters: QueryParameters, name: string): readonly string[] {
  return given(parameters, name).filter((value) => value !== '')
}

/** The first value of a name, as Hermes takes it; undefined where it is empty. */
export function firstValue(parameters: QueryParameters, name: string): string | undefined {
  return given(parameters, name)[0] || undefined
}

function given(parameters: QueryParameters, name: string): readonly string[] {
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (value === undefined) return []
  const values = Array.isArray(value) ? value : [value]
  if (values.length > MOST_VALUES) throw badParameter(name, `has more than ${MOST_VALUES} values`)
  for (const one of values) {
    // A flow's message may hold anything.
    if (typeof one !== 'string') throw badParameter(name, 'is no text')
    if (one.length > LONGEST) throw badParameter(name, `is longer than ${LONGEST} characters`)
  }
  return values
}

export function badParameter(name: string, what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_PARAMETER', `The parameter ${quote(name, 60)} ${what}.`, {
    remedy: 'docs/audit-query.md lists the parameters and what they take.',
  })
}
