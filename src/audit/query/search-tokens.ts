import { badSearch } from './bad-search'

/** A piece of a search text. */
export type Token =
  | { readonly kind: 'and' | 'or' | 'not' | 'must' | 'open' | 'close' }
  /** `text` without its quotes and backslashes; `field` as written before a colon that was neither quoted nor escaped. */
  | {
      readonly kind: 'term'
      readonly field?: string
      readonly text: string
      readonly star: boolean
    }

const WORDS: ReadonlyMap<string, Token> = new Map<string, Token>([
  ['AND', { kind: 'and' }],
  ['&&', { kind: 'and' }],
  ['OR', { kind: 'or' }],
  ['||', { kind: 'or' }],
  ['NOT', { kind: 'not' }],
])
const SIGNS: ReadonlyMap<string, Token> = new Map<string, Token>([
  ['(', { kind: 'open' }],
  [')', { kind: 'close' }],
])
const PREFIXES: ReadonlyMap<string, Token> = new Map<string, Token>([
  ['+', { kind: 'must' }],
  ['-', { kind: 'not' }],
  ['!', { kind: 'not' }],
])

/**
 * Cuts a search text into tokens, in one pass.
 * @throws OperatorError `AUDIT_BAD_SEARCH` for quotes that are not closed, and a `*` that is not at the end of a word
 */
export function searchTokens(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const character = text.charAt(at)
    if (isBlank(character)) {
      at++
      continue
    }
    const sign = SIGNS.get(character) ?? (isBlank(text.charAt(at + 1)) ? undefined : PREFIXES.get(character))
    if (sign !== undefined) {
      tokens.push(sign)
      at++
      continue
    }
    const term = readTerm(text, at)
    const word = text.slice(at, term.end)
    at = term.end
    // A sign that stands alone says nothing.
    if (PREFIXES.has(word)) continue
    tokens.push(WORDS.get(word) ?? term.token)
  }
  return tokens
}

const FIELD = /^[A-Za-z_][A-Za-z0-9_.]{0,80}$/

function readTerm(text: string, start: number): { token: Token; end: number } {
  let field: string | undefined
  let read = ''
  let escaped = false
  let star = false
  let at = start
  for (; at < text.length && !endsTerm(text.charAt(at)); at++) {
    const character = text.charAt(at)
    if (character === '"') {
      // Only what stands between quotes is a phrase; foo"bar" is two terms.
      if (read !== '') break
      const { content, end } = readQuoted(text, at)
      return { token: term(field, content, false), end }
    }
    if (character === '\\') {
      at++
      read += text.charAt(at)
      escaped = true
    } else if (character === ':' && field === undefined && !escaped && FIELD.test(read)) {
      field = read
      read = ''
    } else if (character === '*') {
      if (!endsTerm(text.charAt(at + 1))) throw badSearch('has a * that is not at the end of a word')
      star = true
    } else read += character
  }
  return { token: term(field, read, star), end: at }
}

function term(field: string | undefined, text: string, star: boolean): Token {
  return { kind: 'term', ...(field === undefined ? {} : { field }), text, star }
}

function endsTerm(character: string): boolean {
  return isBlank(character) || character === '(' || character === ')'
}

function readQuoted(text: string, start: number): { content: string; end: number } {
  let content = ''
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') return { content, end: at + 1 }
    if (character === '\\') at++
    content += text.charAt(at)
  }
  throw badSearch('has a quotation mark that is not closed')
}

function isBlank(character: string): boolean {
  return character === '' || /\s/.test(character)
}
