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
  const bytes = await bytesOf(connection, names, patienceMs)
  return {
    events: total ?? 0,
    bytes: bytes.events + bytes.others,
    ...(typeof oldest === 'number' ? { oldest } : {}),
    ...(typeof newest === 'number' ? { newest } : {}),
  }
}

export interface Bytes {
  readonly events: number
  /** The chain and what is noted beside it: retention does not make it smaller. */
  readonly others: number
}

/**
 * Of what lives in the segments, without replicas. What was removed is left out: its space is given back when the cluster merges,
 * and that is up to it.
 */
export async function bytesOf(connection: Connection, names: IndexNames, patienceMs: number): Promise<Bytes> {
  const { body } = await connection.ask({
    method: 'GET',
    path: `/${names.events},${names.chain},${names.control}/_segments?ignore_unavailable=true&allow_no_indices=true`,
    patienceMs,
    timeoutMs: TIMEOUT_MS,
  })
  let [events, others] = [0, 0]
  for (const [name, index] of Object.entries(members(members(body)['indices']))) {
    const bytes = segmentsOf(index).reduce((sum: number, segment) => sum + liveBytes(segment), 0)
    if (name === names.chain || name === names.control) others += bytes
    else events += bytes
  }
  return { events: Math.ceil(events), others: Math.ceil(others) }
}

function segmentsOf(index: unknown): unknown[] {
  const copies = Object.values(members(members(index)['shards'])).flatMap((shard) =>
    Array.isArray(shard) ? shard : [],
  )
  const primaries = copies.filter((copy) => members(members(copy)['routing'])['primary'] === true)
  return primaries.flatMap((copy) => Object.values(members(members(copy)['segments'])))
}

function liveBytes(segment: unknown): number {
  const { size_in_bytes, num_docs, deleted_docs } = members(segment)
  const live = Number(num_docs ?? 0)
  const all = live + Number(deleted_docs ?? 0)
  return all === 0 ? 0 : (Number(size_in_bytes ?? 0) * live) / all
}

/** Gives back the space of what was removed, as far as the cluster does not keep it for replicas that are away. */
export async function merge(connection: Connection, names: IndexNames, patienceMs: number): Promise<void> {
  const ask = (path: string) => connection.ask({ method: 'POST', path, patienceMs, timeoutMs: MERGE_TIMEOUT_MS })
  const query = 'ignore_unavailable=true&allow_no_indices=true'
  await ask(`/${names.events}/_refresh?${query}`)
  await ask(`/${names.events}/_forcemerge?max_num_segments=1&${query}`)
  await ask(`/${names.events}/_refresh?${query}`)
}
