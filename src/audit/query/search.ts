import { quote } from '../../errors/redact'
import type { TextQuery } from '../model'
import { badSearch } from './bad-search'
import { searchField } from './search-fields'
import { searchTokens, type Token } from './search-tokens'
import { wordsOf } from './words'

const LONGEST = 1000
const MOST_TERMS = 32
const MOST_WORDS = 200
const DEEPEST = 8
/** Of a word before `*`: shorter ones are most of the vocabulary. */
const SHORTEST_PREFIX = 2

/**
 * Understands a search text, which is like that of Hermes' search engine: several words mean any of them, `+word` must be there,
 * `-word` must not, and where one word has a `+` those without add nothing. AND binds stronger than OR. What is punctuation in
 * the middle of a term cuts it into words that follow one another. Undefined: everything matches.
 * Whatever the text, the result has at most {@link MOST_TERMS} terms and {@link DEEPEST} levels of parentheses.
 * @throws OperatorError `AUDIT_BAD_SEARCH`
 */
export function parseSearch(text: string): TextQuery | undefined {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed === '*') return undefined
  if (trimmed.length > LONGEST) throw badSearch(`is longer than ${LONGEST} characters`)
  return new Parser(searchTokens(trimmed)).whole()
}

/** One item of a list of terms, with the sign in front of it. */
interface Signed {
  readonly sign: 'must' | 'not' | undefined
  readonly query: TextQuery
}

class Parser {
  private at = 0
  private terms = 0
  private words = 0

  private readonly tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  whole(): TextQuery {
    const query = this.list(0)
    if (this.at < this.tokens.length) throw badSearch('closes a parenthesis that is not open')
    return query
  }

  /** Terms after one another, until a parenthesis closes. */
  private list(depth: number): TextQuery {
    if (depth > DEEPEST) throw badSearch(`is nested more than ${DEEPEST} deep`)
    const items: Signed[] = []
    while (this.at < this.tokens.length && this.kind() !== 'close') items.push(this.either(depth))
    if (items.length === 0) throw badSearch('has nothing to look for where a word is expected')
    return joined(items)
  }

  private either(depth: number): Signed {
    return this.operators('or', () => this.operators('and', () => this.signed(depth)))
  }

  private operators(kind: 'and' | 'or', operand: () => Signed): Signed {
    const first = operand()
    if (this.kind() !== kind) return first
    const of = [plain(first)]
    while (this.kind() === kind) {
      this.at++
      of.push(plain(operand()))
    }
    return { sign: undefined, query: { kind, of } }
  }

  private signed(depth: number): Signed {
    let sign: Signed['sign']
    for (let kind = this.kind(); kind === 'not' || kind === 'must'; kind = this.kind()) {
      // NOT NOT a is a.
      sign = kind === 'must' ? (sign ?? 'must') : sign === 'not' ? 'must' : 'not'
      this.at++
    }
    return { sign, query: this.operand(depth) }
  }

  private operand(depth: number): TextQuery {
    const token = this.tokens[this.at]
    this.at++
    if (token?.kind === 'open') {
      const query = this.list(depth + 1)
      if (this.kind() !== 'close') throw badSearch('has a parenthesis that is not closed')
      this.at++
      return query
    }
    if (token?.kind !== 'term') throw badSearch('has nothing to look for where a word is expected')
    return this.term(token)
  }

  private term({ field, text, star }: Token & { kind: 'term' }): TextQuery {
    const attribute = field === undefined ? 'text' : searchField(field)
    if (attribute === 'unknown') throw badSearch(`names the field ${quote(field ?? '', 60)}, which there is not`)
    const said = attribute === 'text' && field !== undefined ? `${field}:${text}` : text
    const words = wordsOf(said)
    const [first] = words
    this.terms++
    this.words += words.length
    if (first === undefined) throw badSearch(`has ${quote(said, 40)} without a letter or digit`)
    if (this.terms > MOST_TERMS || this.words > MOST_WORDS) {
      throw badSearch(`has more than ${MOST_TERMS} terms or ${MOST_WORDS} words`)
    }
    // 10.0.* is the words 10 and 0 with anything after them.
    const prefix = star && /[\p{L}\p{N}\p{M}]$/u.test(said)
    if (prefix && words.length === 1 && first.length < SHORTEST_PREFIX) {
      throw badSearch(`needs at least ${SHORTEST_PREFIX} letters before a *`)
    }
    if (attribute !== 'text') return { kind: 'field', attribute, text: words.join(' '), prefix }
    if (words.length === 1) return { kind: 'word', text: first, prefix }
    return prefix ? { kind: 'phrase', words, prefix } : { kind: 'phrase', words }
  }

  private kind(): Token['kind'] | undefined {
    return this.tokens[this.at]?.kind
  }
}

function plain({ sign, query }: Signed): TextQuery {
  return sign === 'not' ? { kind: 'not', of: query } : query
}

function joined(items: readonly Signed[]): TextQuery {
  const must = items.filter(({ sign }) => sign === 'must').map(plain)
  const not = items.filter(({ sign }) => sign === 'not').map(plain)
  const some = items.filter(({ sign }) => sign === undefined).map(plain)
  // As in Lucene, where the others only make the order, which is by time here.
  const wanted = must.length > 0 ? must : some.length > 0 ? [together('or', some)] : []
  return together('and', [...wanted, ...not])
}

function together(kind: 'and' | 'or', of: readonly TextQuery[]): TextQuery {
  const [only] = of
  return only !== undefined && of.length === 1 ? only : { kind, of }
}
