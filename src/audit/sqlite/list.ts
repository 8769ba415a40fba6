import type { ListRequest, SortKey } from '../model'
import { KIND, PARTY, placeOf } from './columns'
import { cursorOf, type Place, placeOfCursor } from './cursor'
import { LIVE, SUPERSEDED } from './listed'
import { type Asking, type Plan, planOf, repeats, rowsOf } from './plan'
import { type Sql, sql } from './sql'

export interface Listed {
  readonly numbers: readonly number[]
  readonly cursor?: string
}

/** Numbers of the events of a page. Throws `AUDIT_BAD_CURSOR`. */
export function list(asking: Asking, request: ListRequest): Listed {
  const { filter, sort, limit, offset = 0, after } = request
  const [first] = sort
  const byTime = first === undefined || first.by === 'time'
  const descending = byTime && (first?.descending ?? true)
  if (after !== undefined && !byTime) placeOfCursor('', filter, descending)
  const place = after === undefined ? undefined : placeOfCursor(after, filter, descending)
  if (limit === 0) return { numbers: [] }
  const plan = planOf(asking, filter)
  if (plan.nothing) return { numbers: [] }
  const seen = place?.seen ?? newest(asking)
  const query = byTime ? timeOrder(plan, descending, place) : attributeOrder(plan, sort)
  const rows = asking.statements.all(sql(`${query.text} LIMIT ? OFFSET ?`, ...query.values, limit, offset))
  const numbers = rows.map((row) => Number(row['seq']))
  const last = rows.at(-1)
  if (last === undefined || !byTime) return { numbers }
  return {
    numbers,
    cursor: cursorOf({ time: Number(last['time']), seq: Number(last['seq']), seen }, filter, descending),
  }
}

function newest({ statements }: Asking): number {
  return Number(statements.get(sql('SELECT max(position) AS n FROM chain'))?.['n'] ?? 0)
}

/** At the same time the later arrival comes first, whichever way. */
function timeOrder(plan: Plan, descending: boolean, place: Place | undefined): Sql {
  const order = `ORDER BY time ${descending ? 'DESC' : 'ASC'}, seq DESC`
  const distinct = repeats(plan) ? 'DISTINCT ' : ''
  const columns = `SELECT ${distinct}l.time AS time, l.seq AS seq FROM`
  const behind = place === undefined ? [] : [behindPlace('l.time', 'l.seq', place, descending)]
  const live = rowsOf(plan, LIVE, behind)
  if (place === undefined) return sql(`${columns} ${live.text} ${order}`, ...live.values)
  // What was still to be shown when its final phase arrived, in front of the place: it would never be shown.
  const final = behindPlace('s.by_time', 's.by', place, descending)
  const skipped = sql(
    `EXISTS (SELECT 1 FROM superseded s WHERE s.seq = l.seq AND s.by > ? AND NOT (${final.text}))`,
    place.seen,
    ...final.values,
  )
  const hidden = rowsOf(plan, SUPERSEDED, [...behind, sql('l.seq <= ?', place.seen), skipped])
  return sql(
    `${columns} ${live.text} ${distinct === '' ? 'UNION ALL' : 'UNION'} ${columns} ${hidden.text} ${order}`,
    ...live.values,
    ...hidden.values,
  )
}

function behindPlace(time: string, seq: string, place: Place, descending: boolean): Sql {
  const sign = descending ? '<' : '>'
  return sql(`${time} ${sign}= ? AND (${time} ${sign} ? OR ${seq} < ?)`, place.time, place.time, place.seq)
}

function attributeOrder(plan: Plan, sort: readonly SortKey[]): Sql {
  const keys = sort.map(({ by, descending }) => `${sortColumn(by)} ${descending ? 'DESC' : 'ASC'} NULLS LAST`)
  const rows = rowsOf(plan, LIVE)
  const distinct = repeats(plan) ? 'DISTINCT ' : ''
  return sql(
    `SELECT f.time AS time, f.seq AS seq FROM (SELECT ${distinct}l.time, l.seq, l.kind, l.party FROM ${rows.text}) f
     ${joinsFor(sort.map(({ by }) => by))}
     ORDER BY ${keys.join(', ')}, f.time DESC, f.seq DESC`,
    ...rows.values,
  )
}

type Ordered = SortKey['by']

/** The tables that the columns of {@link sortColumn} are in. */
function joinsFor(attributes: readonly Ordered[]): string {
  const has = (place: string) => attributes.some((one) => one !== 'time' && placeOf(one) === place)
  return [
    has('kind') ? 'CROSS JOIN kind k ON k.id = f.kind' : '',
    has('party') ? 'CROSS JOIN party p ON p.id = f.party' : '',
    has('detail') ? 'CROSS JOIN event d ON d.seq = f.seq' : '',
  ].join(' ')
}

function sortColumn(by: Ordered): string {
  if (by === 'time') return 'f.time'
  if ((KIND as readonly Ordered[]).includes(by)) return `k.${by}`
  return (PARTY as readonly Ordered[]).includes(by) ? `p.${by}` : `plain(d.${by})`
}
