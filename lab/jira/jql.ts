import type { JiraIssue } from './site'

export class JqlFailure extends Error {}

interface Clause {
  readonly field: string
  readonly operator: string
  readonly value: string
}

/**
 * As much of JQL as finding a ticket needs: clauses with `=` and `!=` joined by AND, strings in quotes with backslash escapes,
 * ORDER BY at the end. Whatever does not parse is refused, as a hostile name that got out of its string must be seen.
 * @throws JqlFailure
 */
export function searchJql(jql: string, issues: readonly JiraIssue[]): JiraIssue[] {
  const [, where = '', order = ''] = /^(.*?)(?:\s+ORDER BY created (ASC|DESC))?$/is.exec(jql.trim()) ?? []
  const clauses = clausesOf(where)
  if (clauses.length === 0) throw new JqlFailure('Unbounded JQL queries are not allowed here.')
  const found = issues.filter((issue) => clauses.every((clause) => holds(clause, issue)))
  return order.toUpperCase() === 'DESC' ? found.reverse() : found
}

function clausesOf(text: string): Clause[] {
  const clauses: Clause[] = []
  const clause = /\s*(\w+)\s*(!=|=)\s*("(?:[^"\\\n\r]|\\.)*"|\w+)\s*(AND|$)/giy
  let ended = text.trim() === ''
  while (!ended) {
    const match = clause.exec(text)
    if (match === null) throw new JqlFailure(`Error in the JQL Query: it does not parse at '${text.slice(0, 40)}'.`)
    const [, field = '', operator = '', value = '', joint] = match
    clauses.push({ field: field.toLowerCase(), operator, value: unquoted(value) })
    ended = joint === ''
  }
  return clauses
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value
}

function holds({ field, operator, value }: Clause, issue: JiraIssue): boolean {
  const equal = operator === '='
  switch (field) {
    case 'project':
      return issue.key.startsWith(`${value}-`) === equal
    case 'labels':
      return (issue.fields['labels'] as readonly string[]).includes(value) === equal
    case 'statuscategory':
      return (issue.status.category === value.toLowerCase()) === equal
    default:
      throw new JqlFailure(`Field '${field}' does not exist or you do not have permission to view it.`)
  }
}
