import type { DistinctRequest, DistinctValue } from '../model'
import { placeOf } from './columns'
import { rolledUp, rollupRows, wholeDays } from './count'
import { type Packed, unpacked } from './packed'
import { type Asking, type Plan, planOf, repeats, rowsOf } from './plan'
import { DAY, EVERYBODY } from './rollup'
import { type Sql, sql } from './sql'

/** Values of an attribute, counted by the number of their combination first: there are few of these. */
export function distinct(asking: Asking, request: DistinctRequest): DistinctValue[] {
  const { attribute, limit, order, counts } = request
  const plan = planOf(asking, request.filter)
  if (plan.nothing || limit <= 0) return []
  const place = placeOf(attribute)
  const source = place === 'detail' ? detailRows(plan, attribute) : combinations(plan, place)
  const table = place === 'detail' ? '' : `CROSS JOIN ${place} v ON v.id = c.id`
  const column = place === 'detail' ? 'c.id' : `v.${attribute}`
  // Packed ids are in the order of their bytes, not of their texts.
  const text = place === 'detail' ? `plain(${column})` : column
  const rows = asking.statements.all(
    sql(
      `SELECT ${column} AS value, sum(c.n) AS n FROM (${source.text}) c ${table} WHERE ${column} IS NOT NULL
       GROUP BY ${column} HAVING sum(c.n) > 0 ORDER BY ${order === 'count' ? 'n DESC, ' : ''}${text} LIMIT ?`,
      ...source.values,
      limit,
    ),
  )
  return rows.map((row) => {
    const value = unpacked(row['value'] as Packed)
    return counts ? { value, count: Number(row['n']) } : { value }
  })
}

/** Rows of `id`, the number of a combination, and `n`. */
function combinations(plan: Plan, place: 'kind' | 'party'): Sql {
  if (!rolledUp(plan)) return walked(plan, place)
  if (place === 'party') {
    if (plan.conditions.kinds.length > 0 || plan.from !== undefined || plan.to !== undefined) return walked(plan, place)
    return sql('SELECT party AS id, n FROM party_of_tenant WHERE n > 0 AND tenant = ?', plan.tenants?.[0] ?? EVERYBODY)
  }
  const days = wholeDays(plan)
  if (days === undefined) return walked(plan, place)
  const whole = rollupRows(plan, days)
  const pieces = [sql(`SELECT r.kind AS id, sum(r.n) AS n FROM ${whole.text} GROUP BY r.kind`, ...whole.values)]
  const { first, last } = days
  if (plan.from !== undefined && plan.from < first * DAY) pieces.push(walked({ ...plan, to: first * DAY }, place))
  if (plan.to !== undefined && plan.to > (last + 1) * DAY)
    pieces.push(walked({ ...plan, from: (last + 1) * DAY }, place))
  return { text: pieces.map(({ text }) => text).join(' UNION ALL '), values: pieces.flatMap(({ values }) => values) }
}

function walked(plan: Plan, place: 'kind' | 'party'): Sql {
  const rows = rowsOf(plan)
  const what = repeats(plan) ? 'count(DISTINCT l.seq)' : 'count(*)'
  return sql(`SELECT l.${place} AS id, ${what} AS n FROM ${rows.text} GROUP BY l.${place}`, ...rows.values)
}

function detailRows(plan: Plan, attribute: string): Sql {
  const rows = rowsOf(plan, undefined, [sql(`e.${attribute} IS NOT NULL`)])
  const what = repeats(plan) ? 'count(DISTINCT l.seq)' : 'count(*)'
  return sql(`SELECT e.${attribute} AS id, ${what} AS n FROM ${rows.text} GROUP BY e.${attribute}`, ...rows.values)
}
