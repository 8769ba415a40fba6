import type { Attribute } from '../attributes'
import type { TextQuery } from '../model'
import { wordsOf } from '../query/words'
import { DETAIL, placeOf } from './columns'
import { allOf, joined, type Sql, type Statements, sql } from './sql'

/** Rows that a word may have in the index of events for a question to begin with them. */
export const FEW = 20_000

export interface TextSearch {
  readonly statements: Statements
  /** Without the index of words each event's row is read. */
  readonly fullText: boolean
  readonly salt: number
}

/**
 * A full-text question as a condition on a listed row (`l`). Words stand in three tables: those of kinds and of parties, which
 * are small, and those of events' own details. A word goes into FTS5 as a bound parameter, in quotes of FTS5's own: it can be
 * neither SQL nor an operator of its query language.
 */
export function textCondition(search: TextSearch, query: TextQuery): Sql {
  switch (query.kind) {
    case 'and':
      return query.of.length === 0 ? sql('1') : bracketed(allOf(query.of.map((one) => textCondition(search, one))))
    case 'or':
      return query.of.length === 0
        ? sql('0')
        : bracketed(
            joined(
              query.of.map((one) => textCondition(search, one)),
              ' OR ',
            ),
          )
    case 'not': {
      const of = textCondition(search, query.of)
      return sql(`NOT ${of.text}`, ...of.values)
    }
    case 'word':
      return phrase(search, [query.text], query.prefix)
    case 'phrase':
      return phrase(search, query.words, query.prefix ?? false)
    case 'field':
      return phrase(search, [query.text], query.prefix, query.attribute)
  }
}

/** What the tokenizer of the tables of words is given: words with a space between, cut by us, so that there is one definition. */
export function wordText(text: string): string {
  return ONE_WORD.test(text) ? text : wordsOf(text).join(' ')
}

/** {@link wordText} of a column, where that has a value. */
export function wordsOrNull(value: string | null): string | null {
  return value === null ? null : wordText(value)
}

/** Most ids; to cut them takes time. */
const ONE_WORD = /^[0-9a-z]+$/

/** Whether the tokens stand in the text one after the other, the last one perhaps going on. */
export function holdsPhrase(text: string, tokens: readonly string[], prefix: boolean): boolean {
  const words = wordsOf(text)
  for (let start = 0; start + tokens.length <= words.length; start += 1) {
    const here = tokens.every((token, index) => {
      const word = words[start + index] ?? ''
      return prefix && index === tokens.length - 1 ? word.startsWith(token) : word === token
    })
    if (here) return true
  }
  return false
}

function phrase(search: TextSearch, texts: readonly string[], prefix: boolean, attribute?: Attribute): Sql {
  const tokens = texts.flatMap(wordsOf)
  if (tokens.length === 0) return sql('0')
  // A text that ends in what parts words is the beginning of what follows it as a whole word.
  const last = texts.at(-1) ?? ''
  const open = prefix && last.toLowerCase().endsWith(tokens.at(-1) ?? '')
  const match = `${tokens.map((token) => `"${token}"`).join(' + ')}${open ? '*' : ''}`
  const column = attribute === undefined ? '' : `${attribute} : `
  const place = attribute === undefined ? undefined : placeOf(attribute)
  const pieces: Sql[] = []
  for (const [where, table] of [
    ['kind', 'kind_words'],
    ['party', 'party_words'],
  ] as const) {
    if (place !== undefined && place !== where) continue
    const found = search.statements.get(sql(`SELECT 1 FROM ${table} WHERE ${table} MATCH ? LIMIT 1`, column + match))
    if (found === undefined) continue
    pieces.push(sql(`l.${where} IN (SELECT rowid FROM ${table} WHERE ${table} MATCH ?)`, column + match))
  }
  if (place === undefined || place === 'detail') {
    pieces.push(search.fullText ? inDetails(search, column + match) : inRow(tokens, open, attribute))
  }
  return pieces.length === 0 ? sql('0') : bracketed(joined(pieces, ' OR '))
}

function inDetails(search: TextSearch, match: string): Sql {
  const counted = sql(`SELECT count(*) AS n FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ${FEW + 1})`, match)
  const n = Number(search.statements.get(counted)?.['n'])
  if (n === 0) return sql('0')
  // Of a common word most rows have it: asking each is less work than gathering all that do.
  return n <= FEW
    ? sql('l.seq IN (SELECT rowid FROM words WHERE words MATCH ?)', match)
    : sql('EXISTS (SELECT 1 FROM words WHERE words MATCH ? AND rowid = l.seq)', match)
}

function inRow(tokens: readonly string[], prefix: boolean, attribute?: Attribute): Sql {
  const columns = attribute === undefined ? ['id', ...DETAIL] : [attribute]
  const flag = prefix ? 1 : 0
  return sql(
    `EXISTS (SELECT 1 FROM event w WHERE w.seq = l.seq AND holds_phrase(?, ?, ${columns.map((name) => `w.${name}`).join(', ')}))`,
    JSON.stringify(tokens),
    flag,
  )
}

function bracketed(piece: Sql): Sql {
  return { text: `(${piece.text})`, values: piece.values }
}
