import type { AuditFilter, Scope } from '../model'
import { type Conditions, conditionsOf, ofKinds, ofParties } from './conditions'
import { LIVE } from './listed'
import { allOf, joined, marks, type Sql, type Statements, sql } from './sql'
import { FEW, textCondition } from './text'
import { TIME_LEFT } from './time-limit'

export interface Asking {
  readonly statements: Statements
  readonly salt: number
  readonly fullText: boolean
}

/** What a filter comes to. */
export interface Plan {
  /** Numbers of the tenants; undefined: everybody's. */
  readonly tenants: readonly number[] | undefined
  readonly from: number | undefined
  readonly to: number | undefined
  readonly conditions: Conditions
  /** All that is asked of a row beside scope and time. */
  readonly where: readonly Sql[]
  readonly candidates: Sql | undefined
  /** Nothing can satisfy it. */
  readonly nothing: boolean
}

export function planOf(asking: Asking, filter: AuditFilter): Plan {
  const { scope, from, to } = filter
  const tenants = tenantsIn(asking.statements, scope)
  const conditions = conditionsOf(asking.salt, filter.where)
  const kinds = [...conditions.kinds]
  if (scope.tenants === 'all' && scope.cloud !== undefined) kinds.push(sql('of_cloud = ?', scope.cloud))
  const where: Sql[] = []
  if (kinds.length > 0) where.push(ofKinds(kinds))
  if (conditions.parties.length > 0) where.push(ofParties(conditions.parties))
  where.push(...conditions.others)
  if (filter.text !== undefined) where.push(textCondition(asking, filter.text))
  const nothing = tenants?.length === 0 || (from !== undefined && to !== undefined && from >= to)
  const candidates = conditions.candidates ?? (filter.text === undefined ? undefined : leadingText(where.at(-1)))
  const few = candidates !== undefined && isFew(asking.statements, candidates)
  return {
    tenants,
    from,
    to,
    conditions: { ...conditions, kinds },
    where,
    candidates: few ? candidates : undefined,
    nothing,
  }
}

/** Rows of the lists as `l` and, where it is asked for, their events as `e`; with the conditions of the plan and those given. */
export function rowsOf(plan: Plan, state = LIVE, more: readonly Sql[] = []): Sql {
  const { tenants, where, candidates, from, to } = plan
  const bounds: Sql[] = []
  if (from !== undefined) bounds.push(sql('l.time >= ?', from))
  if (to !== undefined) bounds.push(sql('l.time < ?', to))
  const needsEvent = [...where, ...more].some((piece) => /\be\./.test(piece.text))
  const table = tenants === undefined ? 'listed' : 'listed_by_tenant'
  const scope =
    tenants === undefined
      ? sql('l.state = ?', state)
      : sql(`l.tenant IN (${marks(tenants.length)}) AND l.state = ?`, ...tenants, state)
  if (candidates !== undefined) {
    // A handful of events, known by number: from their rows to the lists, not the other way.
    const source = sql(
      `(${candidates.text}) c CROSS JOIN event e ON e.seq = c.seq CROSS JOIN ${table} l`,
      ...candidates.values,
    )
    const place = sql('l.time = e.time AND l.seq = e.seq')
    return fromWhere(source, [sql(TIME_LEFT), scope, place, ...bounds, ...where, ...more])
  }
  const source = sql(`${table} l${needsEvent ? ' CROSS JOIN event e ON e.seq = l.seq' : ''}`)
  return fromWhere(source, [scope, ...bounds, sql(TIME_LEFT), ...where, ...more])
}

function fromWhere(source: Sql, where: readonly Sql[]): Sql {
  return joined([source, allOf(where)], ' WHERE ')
}

/** Whether a row of the lists can come more than once: an event of two tenants, asked for by both. */
export function repeats(plan: Plan): boolean {
  return plan.tenants !== undefined && plan.tenants.length > 1
}

function tenantsIn(statements: Statements, scope: Scope): readonly number[] | undefined {
  if (scope.tenants === 'all') return undefined
  const numbers = new Set<number>()
  for (const name of scope.tenants) {
    const row = statements.get(sql('SELECT id FROM tenant WHERE cloud = ? AND name = ?', scope.cloud, name))
    if (row !== undefined) numbers.add(Number(row['id']))
  }
  return [...numbers]
}

const LEADING = /^\(l\.seq IN \((SELECT rowid) (FROM words WHERE words MATCH \?)\)\)$/

/** The numbers that a word has, where the text is no more than that word. */
function leadingText(text: Sql | undefined): Sql | undefined {
  const match = text === undefined ? null : LEADING.exec(text.text)
  return match === null || text === undefined ? undefined : sql(`${match[1]} AS seq ${match[2]}`, ...text.values)
}

function isFew(statements: Statements, candidates: Sql): boolean {
  const counted = sql(`SELECT count(*) AS n FROM (${candidates.text} LIMIT ${FEW + 1})`, ...candidates.values)
  return Number(statements.get(counted)?.['n']) <= FEW
}
