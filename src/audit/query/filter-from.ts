import type { AuditFilter, Scope } from '../model'
import { conditionsFrom } from './conditions'
import { firstValue, type QueryParameters } from './parameters'
import { parseSearch } from './search'
import { parseTime } from './time'

/**
 * The filter that parameters of Hermes' list, and this package's own beyond them, ask for. What may be seen comes from the
 * scope alone: no parameter widens it.
 * @throws OperatorError `AUDIT_BAD_TIME`, `AUDIT_BAD_SEARCH`, `AUDIT_BAD_PARAMETER`
 */
export function filterFrom(parameters: QueryParameters, scope: Scope): AuditFilter {
  const text = parseSearch(firstValue(parameters, 'search') ?? '')
  return {
    scope,
    where: conditionsFrom(parameters),
    ...parseTime(firstValue(parameters, 'time') ?? ''),
    ...(text === undefined ? {} : { text }),
  }
}
