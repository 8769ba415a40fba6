import { OperatorError } from '../../errors/operator-error'

export function badSearch(what: string): OperatorError {
  return new OperatorError('AUDIT_BAD_SEARCH', `The search ${what}.`, {
    remedy:
      'It takes words, "phrases in quotes", field:value, a * at the end of a word, AND, OR, NOT, + and -, and parentheses; docs/audit-query.md has examples.',
  })
}
