import type { AuditFilter } from '../model'
import { type Asking, type Plan, planOf, repeats, rowsOf } from './plan'
import { DAY, EVERYBODY } from './rollup'
import { allOf, type Sql, type Statements, sql } from './sql'

export function count(asking: Asking, filter: AuditFilter): number {
  return countPlan(asking.statements, planOf(asking, filter))
}

/** Whether {@link count} answers it from the counts by day but for parts of two days. */
export function isQuickCount(asking: Asking, filter: AuditFilter): boolean {
  return rolledUp(planOf(asking, filter))
}

function countPlan(statements: Statements, plan: Plan): number {
  if (plan.nothing) return 0
  if (!rolledUp(plan)) return walked(statements, plan)
  const days = wholeDays(plan)
  if (days === undefined) return walked(statements, plan)
  let n = ofDays(statements, plan, days)
  const { first, last } = days
  if (plan.from !== undefined && plan.from < first * DAY) n += walked(statements, { ...plan, to: first * DAY })
  if (plan.to !== undefined && plan.to > (last + 1) * DAY) n += walked(statements, { ...plan, from: (last + 1) * DAY })
  return n
}

/** Only kinds are asked for, of everybody or of one tenant. */
export function rolledUp({ where, conditions, tenants }: Plan): boolean {
  const { kinds, parties, others } = conditions
  if (parties.length > 0 || others.length > 0 || where.length > (kinds.length > 0 ? 1 : 0)) return false
  return tenants === undefined || tenants.length === 1
}

export interface Days {
  readonly first: number
  readonly last: number
}

/** Undefined: the span has no whole day in it. */
export function wholeDays({ from, to }: Plan): Days | undefined {
  const first = from === undefined ? Number.MIN_SAFE_INTEGER : Math.ceil(from / DAY)
  const last = to === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(to / DAY) - 1
  return first > last ? undefined : { first, last }
}

/** Rows of the counts, as `r`, of whole days. */
export function rollupRows({ tenants, conditions }: Plan, { first, last }: Days): Sql {
  const kinds = allOf(conditions.kinds)
  const ofKind =
    conditions.kinds.length === 0
      ? sql('1')
      : sql(`r.kind IN (SELECT id FROM kind WHERE ${kinds.text})`, ...kinds.values)
  return sql(
    `day d CROSS JOIN rollup r ON r.day = d.day AND r.tenant = ? WHERE d.day BETWEEN ? AND ? AND ${ofKind.text}`,
    tenants?.[0] ?? EVERYBODY,
    first,
    last,
    ...ofKind.values,
  )
}

function ofDays(statements: Statements, plan: Plan, days: Days): number {
  if (plan.tenants === undefined && plan.conditions.kinds.length === 0) {
    const all = sql('SELECT sum(n) AS n FROM day WHERE day BETWEEN ? AND ?', days.first, days.last)
    return Number(statements.get(all)?.['n'] ?? 0)
  }
  const rows = rollupRows(plan, days)
  return Number(statements.get(sql(`SELECT sum(r.n) AS n FROM ${rows.text}`, ...rows.values))?.['n'] ?? 0)
}

function walked(statements: Statements, plan: Plan): number {
  const rows = rowsOf(plan)
  const what = repeats(plan) ? 'count(DISTINCT l.seq)' : 'count(*)'
  return Number(statements.get(sql(`SELECT ${what} AS n FROM ${rows.text}`, ...rows.values))?.['n'])
}
