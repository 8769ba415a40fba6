import type { ExportRequest, StoredEvent } from '../model'
import { LIVE, SUPERSEDED } from './listed'
import { type Asking, type Plan, planOf, repeats, rowsOf } from './plan'
import { type Sql, sql } from './sql'
import type { StoredEvents } from './stored-event'

/** Where an export stands. Nothing of it is kept in the store's threads, so whoever reads may take a day or never come back. */
export interface ExportPlace {
  /** The newest event there was when it began. */
  readonly seen: number
  readonly time?: number
  readonly seq?: number
}

export interface ExportPortion {
  readonly events: readonly StoredEvent[]
  /** Absent at the end. */
  readonly place?: ExportPlace
}

/** The next events of what was there when the export began: also those that a later final phase has superseded since. */
export function exportPortion(
  asking: Asking,
  events: StoredEvents,
  { filter, order }: Omit<ExportRequest, 'signal'>,
  place: ExportPlace | undefined,
  limit: number,
): ExportPortion {
  const plan = planOf(asking, filter)
  if (plan.nothing) return { events: [] }
  const seen = place?.seen ?? Number(asking.statements.get(sql('SELECT max(position) AS n FROM chain'))?.['n'] ?? 0)
  const query = asOf(plan, { ...place, seen }, order === 'newest-first')
  const rows = asking.statements.all(sql(`${query.text} LIMIT ?`, ...query.values, limit))
  const numbers = rows.map((row) => Number(row['seq']))
  const last = rows.at(-1)
  if (last === undefined) return { events: [] }
  const next = { seen, time: Number(last['time']), seq: Number(last['seq']) }
  return { events: events.read(numbers), ...(rows.length < limit ? {} : { place: next }) }
}

function asOf(plan: Plan, { seen, time, seq }: ExportPlace, descending: boolean): Sql {
  const sign = descending ? '<' : '>'
  const then = [sql('l.seq <= ?', seen)]
  if (time !== undefined && seq !== undefined) {
    then.push(sql(`l.time ${sign}= ? AND (l.time ${sign} ? OR l.seq ${sign} ?)`, time, time, seq))
  }
  const later = sql('EXISTS (SELECT 1 FROM superseded s WHERE s.seq = l.seq AND s.by > ?)', seen)
  const live = rowsOf(plan, LIVE, then)
  const hidden = rowsOf(plan, SUPERSEDED, [...then, later])
  const columns = `SELECT ${repeats(plan) ? 'DISTINCT ' : ''}l.time AS time, l.seq AS seq FROM`
  const way = descending ? 'DESC' : 'ASC'
  return sql(
    `${columns} ${live.text} ${repeats(plan) ? 'UNION' : 'UNION ALL'} ${columns} ${hidden.text} ORDER BY time ${way}, seq ${way}`,
    ...live.values,
    ...hidden.values,
  )
}
