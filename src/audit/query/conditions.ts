import { ATTRIBUTES, type Attribute } from '../attributes'
import { indexedPrefix, indexedValue } from '../indexed-value'
import type { Condition, Match } from '../model'
import { allValues, badParameter, firstValue, type QueryParameters } from './parameters'
import { extendedValue, type FilterValue, plainValue } from './value'

/** What a value can match by, for one parameter. */
type Readings = (value: FilterValue) => readonly Match[]

/** The older Hermes compared with the beginning of the notification's event type, which has no slash. */
function isPlainlyModern(text: string): boolean {
  return text.includes('/')
}

/** Parameters that mean one thing in today's Hermes and another in the older one: either will do. */
const OLD: ReadonlyMap<string, Readings> = new Map<string, Readings>([
  [
    'source',
    (value) => [
      modern('observer_type', value),
      ...(isPlainlyModern(value.text) ? [] : [modern('source', value)]),
      ...legacy('event_type', value),
    ],
  ],
  ['event_type', (value) => [modern('action', value), ...legacy('event_type', value)]],
  // Both compare with the type of the target: the beginning of it includes the whole.
  ['resource_type', ({ text }) => [prefix('target_type', text)]],
  [
    'user_name',
    (value) => [
      modern('initiator_id', value),
      prefix('initiator_user_id', value.text),
      prefix('initiator_name', value.text),
    ],
  ],
])

/** Beyond Hermes: as one usually asks, whichever side of the event it is on. */
const WIDE: ReadonlyMap<string, readonly Attribute[]> = new Map([
  ['project', ['initiator_project_id', 'target_project_id']],
  ['domain', ['initiator_domain_id', 'target_domain_id']],
])

const READINGS: ReadonlyMap<string, Readings> = new Map<string, Readings>([
  ...ATTRIBUTES.map((attribute): [string, Readings] => [attribute, (value) => [modern(attribute, value)]]),
  ...[...WIDE].map(([name, attributes]): [string, Readings] => [
    name,
    (value) => attributes.map((attribute) => modern(attribute, value)),
  ]),
  ...OLD,
])

/** Names of the parameters that {@link conditionsFrom} understands. */
export const FILTER_PARAMETERS: readonly string[] = [...READINGS.keys()]

/**
 * The conditions that parameters name. Of a parameter that is there several times Hermes takes the first value. With
 * `match=extended` all count: any of those without `!` must match, and none of those with it; and `*` at the end of a value
 * is "begins with".
 * @throws OperatorError `AUDIT_BAD_PARAMETER`
 */
export function conditionsFrom(parameters: QueryParameters): readonly Condition[] {
  const extended = isExtended(parameters)
  return [...READINGS].flatMap(([name, readings]) => {
    if (extended) return conditionsOf(allValues(parameters, name).map(extendedValue), readings)
    const value = firstValue(parameters, name)
    return value === undefined ? [] : conditionsOf([plainValue(value)], readings)
  })
}

function isExtended(parameters: QueryParameters): boolean {
  const how = firstValue(parameters, 'match')
  if (how === undefined || how === 'exact') return false
  if (how === 'extended') return true
  throw badParameter('match', 'is neither exact nor extended')
}

function conditionsOf(values: readonly FilterValue[], readings: Readings): Condition[] {
  return [false, true].flatMap((negated) => {
    // A lone `!` leaves out values that are empty; there are none.
    const matches = values.filter((value) => value.negated === negated && !isNothing(value)).flatMap(readings)
    return matches.length === 0 ? [] : [{ negated, anyOf: merged(matches) }]
  })
}

function isNothing({ negated, how, text }: FilterValue): boolean {
  return negated && how === 'exact' && text === ''
}

/** Values of one attribute that are compared in the same way, together. */
function merged(matches: readonly Match[]): Match[] {
  const byKind = new Map<string, Match>()
  for (const match of matches) {
    const kind = `${match.how} ${match.attribute}`
    const known = byKind.get(kind)
    byKind.set(
      kind,
      known === undefined ? match : { ...match, values: [...new Set([...known.values, ...match.values])] },
    )
  }
  return [...byKind.values()]
}

function modern(attribute: Attribute, { how, text }: FilterValue): Match {
  return how === 'exact' ? { attribute, how, values: [indexedValue(text)] } : prefix(attribute, text)
}

function legacy(attribute: Attribute, { text }: FilterValue): Match[] {
  return isPlainlyModern(text) ? [] : [prefix(attribute, text)]
}

function prefix(attribute: Attribute, text: string): Match {
  return { attribute, how: 'prefix', values: [indexedPrefix(text)] }
}
