import type { StoreSize } from '../store'
import type { Connection } from './connection'
import { members } from './failure'
import type { IndexNames } from './names'
import type { Searcher } from './search'

const TIMEOUT_MS = 60_000
/** Merging a month to give its space back. */
const MERGE_TIMEOUT_MS = 600_000

export async function sizeOf(
  connection: Connection,
  names: IndexNames,
  searcher: Searcher,
  patienceMs: number,
): Promise<StoreSize> {
  const aggs = { oldest: { min: { field: 'time' } }, newest: { max: { field: 'time' } } }
  const { total, aggregations } = await searcher.search({
    query: { match_all: {} },
    size: 0,
    track_total_hits: true,
    aggs,
  })
  const oldest = members(aggregations['oldest'])['value']
  const newest = members(aggregations['newest'])['value']
  return {
    events: total ?? 0,
    bytes: await bytesOf(connection, names, patienceMs),
    ...(typeof oldest === 'number' ? { oldest } : {}),
    ...(typeof newest === 'number' ? { newest } : {}),
  }
}

/** Of segments, without replicas: `_stats/store` answers what it has measured up to ten seconds ago. */
export async function bytesOf(connection: Connection, names: IndexNames, patienceMs: number): Promise<number> {
  const indices = [names.events, names.chain, names.control].join(',')
  const { body } = await connection.ask({
    method: 'GET',
    path: `/${indices}/_segments?ignore_unavailable=true&allow_no_indices=true`,
    patienceMs,
    timeoutMs: TIMEOUT_MS,
  })
  let bytes = 0
  for (const index of Object.values(members(members(body)['indices']))) {
    for (const copies of Object.values(members(members(index)['shards']))) {
      for (const copy of Array.isArray(copies) ? copies : []) {
        if (members(members(copy)['routing'])['primary'] !== true) continue
        for (const segment of Object.values(members(members(copy)['segments']))) {
          bytes += Number(members(segment)['size_in_bytes'] ?? 0)
        }
      }
    }
  }
  return bytes
}

/** Gives back the space of what was removed. */
export async function merge(connection: Connection, names: IndexNames, patienceMs: number): Promise<void> {
  const ask = (path: string) => connection.ask({ method: 'POST', path, patienceMs, timeoutMs: MERGE_TIMEOUT_MS })
  const query = 'ignore_unavailable=true&allow_no_indices=true'
  await ask(`/${names.events}/_refresh?${query}`)
  await ask(`/${names.events}/_forcemerge?max_num_segments=1&${query}`)
  await ask(`/${names.events}/_refresh?${query}`)
}
