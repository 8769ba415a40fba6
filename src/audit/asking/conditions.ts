import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { ATTRIBUTES, type Attribute } from '../attributes'
import { indexedPrefix, indexedValue } from '../indexed-value'
import type { Condition } from '../model'

/** One row of a dialog. */
export interface ConditionRow {
  readonly attribute: string
  readonly op: 'is' | 'is-not' | 'begins' | 'begins-not' | 'known' | 'not-known'
  /** One value a line: any of them will do. */
  readonly value: string
}

/** What a dialog asks, whichever side of the event it is on; the attributes that are meant. */
const WIDE: ReadonlyMap<string, readonly Attribute[]> = new Map([
  ['project', ['initiator_project_id', 'target_project_id']],
  ['domain', ['initiator_domain_id', 'target_domain_id']],
])
const KNOWN: ReadonlySet<string> = new Set(ATTRIBUTES)

/** @throws OperatorError `AUDIT_BAD_PARAMETER` */
export function conditionOf({ attribute, op, value }: ConditionRow): Condition {
  const attributes = WIDE.get(attribute) ?? (KNOWN.has(attribute) ? [attribute as Attribute] : undefined)
  if (attributes === undefined) throw bad(`There is no attribute ${quote(attribute, 60)}.`)
  const negated = op === 'is-not' || op === 'begins-not' || op === 'not-known'
  if (op === 'known' || op === 'not-known') {
    return { negated, anyOf: attributes.map((one) => ({ attribute: one, how: 'prefix', values: [''] })) }
  }
  const values = value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (values.length === 0) throw bad(`The condition on ${attribute} has no value.`)
  const how = op === 'is' || op === 'is-not' ? 'exact' : 'prefix'
  const indexed = values.map(how === 'exact' ? indexedValue : indexedPrefix)
  return { negated, anyOf: attributes.map((one) => ({ attribute: one, how, values: indexed })) }
}

function bad(what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_PARAMETER', what, { remedy: 'Correct it in the dialog.' })
}
