import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'

/** An expression of a policy, as oslo.policy writes them. */
export type Check =
  | { readonly kind: 'always' | 'never' }
  | { readonly kind: 'not'; readonly of: Check }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Check[] }
  | { readonly kind: 'role'; readonly name: string }
  | { readonly kind: 'rule'; readonly name: string }
  /** The token's attribute equals the text, or the request's variable. */
  | { readonly kind: 'attribute'; readonly name: string; readonly literal: string }
  | { readonly kind: 'attribute'; readonly name: string; readonly variable: string }
  /** The same with a text in quotes on the left. */
  | { readonly kind: 'literal'; readonly text: string; readonly variable: string }

const LONGEST = 4_000
const DEEPEST = 30
const VARIABLE = /^%\(([A-Za-z0-9_.]+)\)s$/
const QUOTED = /^'([^']*)'$|^"([^"]*)"$/

/**
 * Understands `and`, `or`, `not`, parentheses, `@`, `!`, `role:x`, `rule:x`, `attribute:text`, `attribute:%(variable)s` and
 * `'text':%(variable)s`. `not` binds closest, then `and`; an empty expression is always true, as in oslo.policy.
 * @throws OperatorError `POLICY_SYNTAX`
 */
export function parseCheck(expression: string): Check {
  if (expression.length > LONGEST) throw wrong(expression, `is longer than ${LONGEST} characters`)
  const tokens = tokensOf(expression)
  if (tokens.length === 0) return { kind: 'always' }
  let at = 0
  let depth = 0

  const any = (): Check => {
    const of = [all()]
    while (is('or')) of.push(all())
    return of.length === 1 ? (of[0] as Check) : { kind: 'or', of }
  }
  const all = (): Check => {
    const of = [one()]
    while (is('and')) of.push(one())
    return of.length === 1 ? (of[0] as Check) : { kind: 'and', of }
  }
  const one = (): Check => {
    depth += 1
    if (depth > DEEPEST) throw wrong(expression, 'is nested too deeply')
    const check = simple()
    depth -= 1
    return check
  }
  const simple = (): Check => {
    if (is('not')) return { kind: 'not', of: one() }
    if (is('(')) {
      const inner = any()
      if (!is(')')) throw wrong(expression, 'lacks a closing parenthesis')
      return inner
    }
    const token = tokens[at]
    if (token === undefined) throw wrong(expression, 'ends where a check is expected')
    at += 1
    return plainCheck(expression, token)
  }
  /** Takes the next token if it is this word. */
  const is = (word: string): boolean => {
    if (tokens[at]?.toLowerCase() !== word) return false
    at += 1
    return true
  }

  const check = any()
  if (at < tokens.length) throw wrong(expression, `has "${quote(tokens[at] ?? '', 40)}" where it should end`)
  return check
}

const WORD = /\(|\)|(?:'[^']*'|"[^"]*"|%\([^()]*\)s|[^\s()'"])+/g

function tokensOf(expression: string): string[] {
  if (/\S/.test(expression.replace(WORD, ' '))) throw wrong(expression, 'has a quotation mark that is not closed')
  return expression.match(WORD) ?? []
}

function plainCheck(expression: string, token: string): Check {
  if (token === '@') return { kind: 'always' }
  if (token === '!') return { kind: 'never' }
  const colon = colonOf(token)
  const left = token.slice(0, colon)
  const right = token.slice(colon + 1)
  if (colon < 1 || right === '') throw wrong(expression, `has "${quote(token, 60)}", which is no check`)
  if (left === 'role') return { kind: 'role', name: right }
  if (left === 'rule') return { kind: 'rule', name: right }
  if (left === 'http' || left === 'https') throw wrong(expression, 'asks another server, which is not supported')
  const variable = VARIABLE.exec(right)?.[1]
  const text = QUOTED.exec(left)
  if (text !== null) {
    if (variable === undefined) throw wrong(expression, `compares two texts in "${quote(token, 60)}"`)
    return { kind: 'literal', text: text[1] ?? text[2] ?? '', variable }
  }
  if (!/^[A-Za-z0-9_.]+$/.test(left)) throw wrong(expression, `has "${quote(left, 40)}", which is no attribute`)
  if (variable !== undefined) return { kind: 'attribute', name: left, variable }
  if (right.includes('%(')) throw wrong(expression, `has "${quote(right, 60)}", which is no variable`)
  const literal = QUOTED.exec(right)
  return { kind: 'attribute', name: left, literal: literal === null ? right : (literal[1] ?? literal[2] ?? '') }
}

/** Rule names have colons themselves (`rule:event:list`); a text in quotes may too. */
function colonOf(token: string): number {
  const quoted = /^(?:'[^']*'|"[^"]*")/.exec(token)?.[0].length ?? 0
  return token.indexOf(':', quoted)
}

function wrong(expression: string, why: string): OperatorError {
  return new OperatorError('POLICY_SYNTAX', `The policy expression "${quote(expression, 120)}" ${why}.`, {
    remedy: 'It takes and, or, not, ( ), @, !, role:name, rule:name, attribute:text and attribute:%(variable)s.',
  })
}
