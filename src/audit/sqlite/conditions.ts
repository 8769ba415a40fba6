import type { Attribute } from '../attributes'
import type { Condition, Match } from '../model'
import { KIND, LOOKED_UP, PARTY, type Place, placeOf } from './columns'
import { lookupHash } from './lookup'
import { packed } from './packed'
import { allOf, joined, marks, type Sql, sql } from './sql'

/** Conditions on a listed row `l`. */
export interface Conditions {
  /** On kinds alone, on the columns of `kind`: rollups can answer these. */
  readonly kinds: readonly Sql[]
  /** On parties alone, on the columns of `party`. */
  readonly parties: readonly Sql[]
  /** The others, which read the event's row as `e`. */
  readonly others: readonly Sql[]
  /** Of the others, one that names all numbers that can satisfy it, as a query of `seq`. */
  readonly candidates?: Sql
}

export function conditionsOf(salt: number, where: readonly Condition[]): Conditions {
  const kinds: Sql[] = []
  const parties: Sql[] = []
  const others: Sql[] = []
  let candidates: Sql | undefined
  for (const condition of where) {
    const places = new Set(condition.anyOf.map((match) => placeOf(match.attribute)))
    const [place] = places
    const matches = condition.anyOf.map((match) => matchIn(match, place === 'detail' ? 'e.' : ''))
    if (place !== undefined && places.size === 1) {
      const any = negatedIf(condition.negated, either(matches))
      if (place === 'kind') kinds.push(any)
      else if (place === 'party') parties.push(any)
      else {
        others.push(any)
        if (!condition.negated) candidates ??= candidatesOf(salt, condition.anyOf)
      }
      continue
    }
    // Of several tables: each part asks its own.
    const parts = condition.anyOf.map((match) => throughTable(match, placeOf(match.attribute)))
    others.push(negatedIf(condition.negated, either(parts)))
  }
  return { kinds, parties, others, ...(candidates === undefined ? {} : { candidates }) }
}

/** `l.kind IN (…)` */
export function ofKinds(conditions: readonly Sql[]): Sql {
  const all = allOf(conditions)
  return sql(`l.kind IN (SELECT id FROM kind WHERE ${all.text})`, ...all.values)
}

export function ofParties(conditions: readonly Sql[]): Sql {
  const all = allOf(conditions)
  return sql(`l.party IN (SELECT id FROM party WHERE ${all.text})`, ...all.values)
}

function throughTable(match: Match, place: Place): Sql {
  const one = matchIn(match, place === 'detail' ? 'e.' : '')
  if (place === 'detail') return one
  return place === 'kind' ? ofKinds([one]) : ofParties([one])
}

/** A value that is not there makes SQL's condition neither true nor false; here it is false, and its negation true. */
function negatedIf(negated: boolean, condition: Sql): Sql {
  return sql(`(${condition.text}) IS ${negated ? 'NOT ' : ''}TRUE`, ...condition.values)
}

function either(parts: readonly Sql[]): Sql {
  return parts.length === 0 ? sql('0') : joined(parts, ' OR ')
}

function matchIn({ attribute, how, values }: Match, table: string): Sql {
  const column = `${table}${attribute}`
  const detail = isDetail(attribute)
  if (how === 'exact') {
    const known = values.filter((value) => value !== '')
    return sql(`${column} IN (${marks(known.length)})`, ...(detail ? known.map(packed) : known))
  }
  const text = detail ? `plain(${column})` : column
  return either(
    values.map((value) =>
      value === '' ? sql(`${column} IS NOT NULL`) : sql(`substr(${text}, 1, ?) = ?`, [...value].length, value),
    ),
  )
}

function isDetail(attribute: Attribute): boolean {
  return !(KIND as readonly Attribute[]).includes(attribute) && !(PARTY as readonly Attribute[]).includes(attribute)
}

/** Exact values of attributes that the lookup table has. A hash may be another value's: the condition itself stays. */
function candidatesOf(salt: number, anyOf: readonly Match[]): Sql | undefined {
  const hashes: number[] = []
  for (const { attribute, how, values } of anyOf) {
    if (how !== 'exact' || !(LOOKED_UP as readonly Attribute[]).includes(attribute)) return undefined
    for (const value of values) if (value !== '') hashes.push(lookupHash(salt, attribute, value))
  }
  return sql(
    `SELECT DISTINCT k.seq FROM segment s CROSS JOIN lookup k ON k.segment = s.id WHERE k.hash IN (${marks(hashes.length)})`,
    ...hashes,
  )
}
