import { OperatorError } from '../../errors/operator-error'
import type { Bucket, HistogramRequest } from '../model'
import { placeOf } from './columns'
import { rolledUp, rollupRows, wholeDays } from './count'
import { type Packed, unpacked } from './packed'
import { type Asking, type Plan, planOf, repeats, rowsOf } from './plan'
import { DAY } from './rollup'
import { type Sql, sql } from './sql'

/** Throws `AUDIT_TOO_WIDE`. */
export function histogram(asking: Asking, request: HistogramRequest): Bucket[] {
  const { filter, interval, by, maxBuckets } = request
  const plan = planOf(asking, filter)
  if (plan.nothing) return []
  const place = by === undefined ? undefined : placeOf(by)
  const source = fromRollups(plan, interval, place) ?? walked(plan, interval, by, place)
  const value = by === undefined ? 'NULL' : place === 'detail' ? 'c.id' : `v.${by}`
  const table = place === undefined || place === 'detail' ? '' : `CROSS JOIN ${place} v ON v.id = c.id`
  const rows = asking.statements.all(
    sql(
      `SELECT c.bucket AS bucket, ${value} AS value, sum(c.n) AS n FROM (${source.text}) c ${table}
       GROUP BY c.bucket, ${value} ORDER BY c.bucket`,
      ...source.values,
    ),
  )
  return bucketsOf(rows, interval, by !== undefined, maxBuckets)
}

function bucketsOf(rows: readonly Record<string, unknown>[], interval: number, apart: boolean, max: number): Bucket[] {
  const buckets: { time: number; count: number; by?: Record<string, number> }[] = []
  for (const row of rows) {
    const time = Number(row['bucket']) * interval
    const n = Number(row['n'])
    let bucket = buckets.at(-1)
    if (bucket?.time !== time) {
      if (buckets.length === max) {
        throw new OperatorError('AUDIT_TOO_WIDE', `There are more than ${max} spans of time.`, {
          remedy: 'Ask for a shorter time or a longer interval.',
        })
      }
      bucket = apart ? { time, count: 0, by: Object.create(null) as Record<string, number> } : { time, count: 0 }
      buckets.push(bucket)
    }
    bucket.count += n
    const value = row['value']
    const name = value === null ? '' : unpacked(value as Packed)
    if (bucket.by !== undefined) bucket.by[name] = (bucket.by[name] ?? 0) + n
  }
  return buckets
}

/** Undefined: the counts by day do not tell. */
function fromRollups(plan: Plan, interval: number, place: string | undefined): Sql | undefined {
  if (!rolledUp(plan) || interval % DAY !== 0 || (place !== undefined && place !== 'kind')) return undefined
  const days = wholeDays(plan)
  const whole = (bound: number | undefined) => bound === undefined || bound % DAY === 0
  if (days === undefined || !whole(plan.from) || !whole(plan.to)) return undefined
  const rows = rollupRows(plan, days)
  const bucket = floored('r.day', interval / DAY)
  return sql(`SELECT ${bucket} AS bucket, r.kind AS id, sum(r.n) AS n FROM ${rows.text} GROUP BY 1, 2`, ...rows.values)
}

function walked(plan: Plan, interval: number, by: string | undefined, place: string | undefined): Sql {
  const id = place === undefined ? '0' : place === 'detail' ? `e.${by}` : `l.${place}`
  const rows = rowsOf(plan, undefined, place === 'detail' ? [sql('e.seq = l.seq')] : [])
  const what = repeats(plan) ? 'count(DISTINCT l.seq)' : 'count(*)'
  const bucket = floored('l.time', interval)
  return sql(`SELECT ${bucket} AS bucket, ${id} AS id, ${what} AS n FROM ${rows.text} GROUP BY 1, 2`, ...rows.values)
}

/** Division that rounds down, also before 1970: SQLite's rounds towards zero. `by` is a number of ours. */
function floored(column: string, by: number): string {
  const divisor = Math.floor(by)
  return `((${column} - ((${column} % ${divisor}) + ${divisor}) % ${divisor}) / ${divisor})`
}
