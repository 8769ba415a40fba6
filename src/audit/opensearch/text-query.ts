import type { TextQuery } from '../model'
import { indexedWords } from './documents'

/** A query in the cluster's language. Values stand in it as JSON strings only, never in a language of their own. */
export type Dsl = Readonly<Record<string, unknown>>

export const EVERYTHING: Dsl = { match_all: {} }
export const NOTHING: Dsl = { match_none: {} }

/** Different words that a begun last word of several may stand for, in one shard. */
const MOST_ENDINGS = 10_000

export function textDsl(query: TextQuery): Dsl {
  switch (query.kind) {
    case 'word':
      return wordsDsl('text', indexedWords(query.text), query.prefix)
    case 'phrase':
      return wordsDsl('text', query.words.flatMap(indexedWords), query.prefix ?? false)
    case 'field':
      return wordsDsl(`words.${query.attribute}`, indexedWords(query.text), query.prefix)
    case 'not':
      return { bool: { must_not: [textDsl(query.of)] } }
    case 'and':
      return query.of.length === 0 ? EVERYTHING : { bool: { filter: query.of.map(textDsl) } }
    case 'or':
      return anyOf(query.of.map(textDsl))
  }
}

/** One of them holds; none: nothing does. */
export function anyOf(queries: readonly Dsl[]): Dsl {
  const [only] = queries
  if (only === undefined) return NOTHING
  return queries.length === 1 ? only : { bool: { should: queries, minimum_should_match: 1 } }
}

/** The words one after another, the last of them perhaps only begun. */
function wordsDsl(field: string, words: readonly string[], prefix: boolean): Dsl {
  const [only] = words
  if (only === undefined) return NOTHING
  if (words.length === 1)
    return prefix ? { prefix: { [field]: { value: only } } } : { term: { [field]: { value: only } } }
  const query = words.join(' ')
  return prefix
    ? { match_phrase_prefix: { [field]: { query, max_expansions: MOST_ENDINGS } } }
    : { match_phrase: { [field]: { query } } }
}
