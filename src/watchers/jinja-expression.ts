import { quote } from '../errors/redact'

/** Members of a PCE event, which templates of pretty-cool-events reach by their bare names. */
const MEMBERS = new Set([
  ...['href', 'timestamp', 'pce_fqdn', 'created_by', 'event_type', 'status', 'severity', 'action'],
  ...['resource_changes', 'notifications', 'version'],
])
const LITERALS: Readonly<Record<string, string>> = {
  ...{ true: 'true', True: 'true', false: 'false', False: 'false', none: 'nil', None: 'nil' },
}
/** Liquid's name of a filter; an empty one falls away, as it happens by itself here. */
const FILTERS: Readonly<Record<string, string>> = {
  ...{ default: 'default', d: 'default', upper: 'upcase', lower: 'downcase', capitalize: 'capitalize', trim: 'strip' },
  ...{
    length: 'size',
    count: 'size',
    join: 'join',
    first: 'first',
    last: 'last',
    replace: 'replace',
    truncate: 'truncate',
  },
  ...{ tojson: 'json', json_filter: 'json', urlencode: 'url_encode', striptags: 'strip_html', sort: 'sort' },
  ...{
    unique: 'uniq',
    reverse: 'reverse',
    abs: 'abs',
    round: 'round',
    string: '',
    escape: '',
    e: '',
    list: '',
    safe: '',
  },
}
const LOOP: Readonly<Record<string, string>> = {
  ...{ index: 'index', index0: 'index0', first: 'first', last: 'last', length: 'length', revindex: 'rindex' },
}

type Kind = 'name' | 'text' | 'number' | 'sign'
interface Token {
  readonly kind: Kind
  readonly text: string
}

const TOKEN = /\s*(?:([A-Za-z_]\w*)|('[^'\\]*'|"[^"\\]*")|(\d+(?:\.\d+)?)|(==|!=|<=|>=|[<>.,|()[\]]))/y

/** `event_type | upper` → `payload.event_type | upcase`. */
export function convertOutput(expression: string, locals: readonly string[]): string {
  const tokens = tokensOf(expression)
  const converted = [operand(tokens, locals)]
  while (tokens.length > 0) {
    take(tokens, '|')
    const filter = convertFilter(tokens, locals)
    if (filter !== '') converted.push(filter)
  }
  return converted.join(' | ')
}

/** `created_by.user is defined and status == 'failure'` */
export function convertCondition(expression: string, locals: readonly string[]): string {
  const tokens = tokensOf(expression)
  const parts = [comparison(tokens, locals)]
  const words = new Set<string>()
  while (tokens.length > 0) {
    const word = tokens.shift()?.text ?? ''
    if (word !== 'and' && word !== 'or') throw unknown(word)
    words.add(word)
    parts.push(word, comparison(tokens, locals))
  }
  // Liquid reads from right to left, whatever the word.
  if (words.size > 1) throw new Error('"and" and "or" together have no counterpart')
  return parts.join(' ')
}

function comparison(tokens: Token[], locals: readonly string[]): string {
  if (tokens[0]?.text === 'not') {
    tokens.shift()
    return `${operand(tokens, locals)} == blank`
  }
  const left = operand(tokens, locals)
  const sign = next(tokens)
  // What is empty is false in Jinja2, and true in Liquid.
  if (sign === undefined || sign === 'and' || sign === 'or') return `${left} != blank`
  tokens.shift()
  if (['==', '!=', '<', '<=', '>', '>='].includes(sign)) return `${left} ${sign} ${operand(tokens, locals)}`
  if (sign === 'in') return `${operand(tokens, locals)} contains ${left}`
  if (sign !== 'is') throw unknown(sign)
  let negated = false
  if (tokens[0]?.text === 'not') {
    tokens.shift()
    negated = true
  }
  const test = tokens.shift()?.text ?? ''
  // Whether something is a mapping is asked before its members are; a member of what is none is nothing here.
  if (test === 'defined' || test === 'mapping') return `${left} ${negated ? '==' : '!='} nil`
  if (test === 'none') return `${left} ${negated ? '!=' : '=='} nil`
  throw new Error(`the test "is ${quote(test, 30)}" has no counterpart`)
}

function operand(tokens: Token[], locals: readonly string[]): string {
  const token = tokens.shift()
  if (token === undefined) throw new Error('an expression ends early')
  if (token.kind === 'text' || token.kind === 'number') return token.text
  if (token.kind !== 'name') throw unknown(token.text)
  const literal = Object.hasOwn(LITERALS, token.text) ? LITERALS[token.text] : undefined
  if (literal !== undefined) return literal
  return path(token.text, tokens, locals)
}

function path(root: string, tokens: Token[], locals: readonly string[]): string {
  let converted = rootOf(root, tokens, locals)
  for (;;) {
    const sign = tokens[0]?.text
    if (sign === '(') throw new Error(`the call of ${quote(converted, 60)} has no counterpart`)
    if (sign === '.') {
      tokens.shift()
      const name = tokens.shift()
      if (name?.kind !== 'name') throw new Error('a name is missing behind a dot')
      converted += `.${name.text}`
    } else if (sign === '[') {
      tokens.shift()
      const key = tokens.shift()
      if (key?.kind !== 'text' && key?.kind !== 'number')
        throw new Error('only texts and numbers can stand in brackets')
      take(tokens, ']')
      converted += `[${key.text}]`
    } else {
      return converted
    }
  }
}

function rootOf(root: string, tokens: Token[], locals: readonly string[]): string {
  if (locals.includes(root)) return root
  if (root === 'event') return 'payload'
  if (root === 'pce') return 'payload.pce_fqdn'
  if (root === 'group_count') return 'count'
  if (MEMBERS.has(root)) return `payload.${root}`
  if (root === 'loop') {
    take(tokens, '.')
    const member = tokens.shift()?.text ?? ''
    const known = Object.hasOwn(LOOP, member) ? LOOP[member] : undefined
    if (known !== undefined) return `forloop.${known}`
    throw new Error(`loop.${quote(member, 30)} has no counterpart`)
  }
  throw new Error(`${quote(root, 40)} is not known here`)
}

function convertFilter(tokens: Token[], locals: readonly string[]): string {
  const name = tokens.shift()?.text ?? ''
  const converted = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined
  if (converted === undefined) throw new Error(`the filter "${quote(name, 30)}" has no counterpart`)
  const given: string[] = []
  if (next(tokens) === '(') {
    tokens.shift()
    while (next(tokens) !== ')') {
      if (given.length > 0) take(tokens, ',')
      given.push(operand(tokens, locals))
    }
    tokens.shift()
  }
  if (converted === '') return ''
  if (converted === 'join' && given.length === 0) given.push("''")
  return given.length === 0 ? converted : `${converted}: ${given.join(', ')}`
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = []
  const text = expression.trim()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const found = TOKEN.exec(text)
    if (found === null) throw unknown(text.slice(at).trim().slice(0, 20))
    const [, name, string, number, sign] = found
    if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (string !== undefined) tokens.push({ kind: 'text', text: string })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else tokens.push({ kind: 'sign', text: sign ?? '' })
  }
  return tokens
}

function next(tokens: readonly Token[]): string | undefined {
  return tokens[0]?.text
}

function take(tokens: Token[], sign: string): void {
  const found = tokens.shift()?.text
  if (found !== sign) throw unknown(found ?? 'the end')
}

function unknown(text: string): Error {
  return new Error(`"${quote(text, 30)}" has no counterpart`)
}
