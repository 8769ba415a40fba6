import type { Journal } from '../journal/journal'
import { rowsOf } from '../journal/rows'
import { HIT_KIND, type Hit, QUIET_KIND, type Quiet } from './model'
import type { Series } from './series'

/** What an earlier process had counted, by key, the one that changed last at the end. Rejects as the journal does. */
export async function loadSeries(journal: Journal, owner: string): Promise<Map<string, Series>> {
  const found = new Map<string, { hits: Hit[]; quiet?: Quiet; touched: number }>()
  const seriesOf = (id: string, at: string) => {
    const series = found.get(id) ?? { hits: [], touched: 0 }
    series.touched = Math.max(series.touched, Date.parse(at))
    found.set(id, series)
    return series
  }
  for await (const { key, value, at } of rowsOf(journal, owner, HIT_KIND)) {
    const cut = key.indexOf('/')
    const { at: time, eventId } = value as { at: number; eventId: string }
    seriesOf(key.slice(0, cut), at).hits.push({ at: time, eventId, messageId: key.slice(cut + 1) })
  }
  for await (const { key, value, at } of rowsOf(journal, owner, QUIET_KIND)) {
    seriesOf(key, at).quiet = value as Quiet
  }
  const byAge = [...found].sort(([, a], [, b]) => a.touched - b.touched)
  return new Map(
    byAge.map(([id, series]) => [id, { ...series, hits: series.hits.sort((a, b) => a.at - b.at) }] as const),
  )
}
