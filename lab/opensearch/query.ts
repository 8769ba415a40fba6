import { type Members, only, parsing, single } from './failure'
import type { Field, Indexed, Value } from './fields'

export type Matches = (document: Indexed) => boolean

const MOST_TERMS = 65_536

/** A query as a test of documents; everything that a real cluster does not know is refused. */
export function compile(query: unknown, fields: ReadonlyMap<string, Field>): Matches {
  const [kind, body] = single(query, 'query')
  switch (kind) {
    case 'match_all':
      only(body, kind, [])
      return () => true
    case 'match_none':
      only(body, kind, [])
      return () => false
    case 'bool':
      return boolQuery(body, fields)
    case 'ids': {
      const { values } = only(body, kind, ['values'])
      const ids = new Set(list(values, 'ids').map(String))
      return ({ id }) => ids.has(id)
    }
    case 'exists': {
      const field = String(only(body, kind, ['field'])['field'])
      return ({ values, words }) => values.has(field) || words.has(field)
    }
    case 'terms': {
      const [field, given] = single(body, kind)
      const wanted = new Set(list(given, 'terms').map((value) => comparable(value, fields.get(field))))
      if (wanted.size > MOST_TERMS)
        throw parsing(`The number of terms [${wanted.size}] has exceeded the allowed maximum`)
      return (document) => termsOf(document, field).some((value) => wanted.has(value))
    }
    case 'term': {
      const [field, given] = single(body, kind)
      const wanted = comparable(only(given, kind, ['value'])['value'], fields.get(field))
      return (document) => termsOf(document, field).includes(wanted)
    }
    case 'prefix': {
      const [field, given] = single(body, kind)
      const { value } = only(given, kind, ['value'])
      if (fields.get(field)?.type === 'long') throw parsing('Can only use prefix queries on keyword and text fields')
      return (document) => termsOf(document, field).some((term) => String(term).startsWith(String(value)))
    }
    case 'range':
      return rangeQuery(body, fields)
    case 'match_phrase':
    case 'match_phrase_prefix':
      return phraseQuery(kind, body, fields)
    default:
      throw parsing(`unknown query [${kind}]`)
  }
}

function boolQuery(body: unknown, fields: ReadonlyMap<string, Field>): Matches {
  const clauses = only(body, 'bool', ['filter', 'must', 'must_not', 'should', 'minimum_should_match'])
  const all = (name: string) => list(clauses[name] ?? [], name).map((query) => compile(query, fields))
  const must = [...all('filter'), ...all('must')]
  const mustNot = all('must_not')
  const should = all('should')
  const needed = Number(clauses['minimum_should_match'] ?? (must.length === 0 && should.length > 0 ? 1 : 0))
  return (document) =>
    must.every((matches) => matches(document)) &&
    !mustNot.some((matches) => matches(document)) &&
    should.filter((matches) => matches(document)).length >= needed
}

function rangeQuery(body: unknown, fields: ReadonlyMap<string, Field>): Matches {
  const [field, given] = single(body, 'range')
  const { gt, gte, lt, lte } = only(given, 'range', ['gt', 'gte', 'lt', 'lte', 'format'])
  const type = fields.get(field)?.type
  const bound = (value: unknown) => (type === 'date' ? Date.parse(String(value)) : Number(value))
  return (document) =>
    termsOf(document, field).some((value) => {
      const number = Number(value)
      return (
        (gt === undefined || number > bound(gt)) &&
        (gte === undefined || number >= bound(gte)) &&
        (lt === undefined || number < bound(lt)) &&
        (lte === undefined || number <= bound(lte))
      )
    })
}

function phraseQuery(kind: string, body: unknown, fields: ReadonlyMap<string, Field>): Matches {
  const [field, given] = single(body, kind)
  const { query } = only(given, kind, kind === 'match_phrase' ? ['query'] : ['query', 'max_expansions'])
  if (fields.get(field)?.type !== 'text') throw parsing(`[${kind}] needs a text field, [${field}] is none`)
  const wanted = String(query).split(/\s+/u)
  const isLast = (at: number) => at === wanted.length - 1 && kind === 'match_phrase_prefix'
  return ({ words }) => {
    const positions = words.get(field) ?? new Map<number, string>()
    const begins = (start: number) =>
      wanted.every((word, at) => {
        const there = positions.get(start + at)
        return isLast(at) ? (there?.startsWith(word) ?? false) : there === word
      })
    return [...positions.keys()].some(begins)
  }
}

function termsOf({ values, words, index }: Indexed, field: string): readonly Value[] {
  if (field === '_index') return [index]
  return values.get(field) ?? [...(words.get(field)?.values() ?? [])]
}

function comparable(value: unknown, field: Field | undefined): Value {
  if (typeof value === 'object') throw parsing('a value that is an object')
  return field?.type === 'long' ? Number(value) : String(value)
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (what === 'terms' || what === 'ids') throw parsing(`[${what}] needs an array of values`)
  return [value as Members]
}
