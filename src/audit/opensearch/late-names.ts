import type { Filling, StoredEvent } from '../model'
import { type BulkAction, type BulkOptions, bulk } from './bulk'
import type { Connection } from './connection'
import { EVENT_SOURCE, filledMembers, storedEvent, supersededMembers } from './documents'
import { getKeys, placesOfOtherPhase } from './group'
import { documentId, type IndexNames } from './names'
import type { Searcher } from './search'

export interface LateNamesOptions {
  readonly connection: Connection
  readonly names: IndexNames
  readonly searcher: Searcher
  readonly fullText: boolean
  readonly bulk: BulkOptions
}

/** Events of a writer that await look-ups: each Node-RED fills in what it stored itself. */
export async function awaitingEvents(
  searcher: Searcher,
  writer: string,
  after: number,
  limit: number,
): Promise<readonly StoredEvent[]> {
  const filter = [
    { term: { writer: { value: writer } } },
    { exists: { field: 'awaits' } },
    { range: { sequence: { gt: after } } },
  ]
  const sort = [{ sequence: { order: 'asc' } }]
  const { hits } = await searcher.search({ query: { bool: { filter } }, sort, size: limit, _source: EVENT_SOURCE })
  return hits.map(({ source }) => storedEvent(source)).filter((event) => event !== undefined)
}

/** Not while this process inserts. */
export async function fillIn(fillings: readonly Filling[], options: LateNamesOptions): Promise<void> {
  const { connection, names, fullText } = options
  const placeOf = (event: StoredEvent) => ({ index: names.eventsOf(event.time), id: documentId(event) })
  const actions = fillings.map((filling): BulkAction => {
    return { action: 'update', ...placeOf(filling.event), document: { doc: filledMembers(filling, fullText) } }
  })
  await bulk(connection, actions, options.bulk)
  const filed = fillings.filter(({ tenants }) => tenants.length > 0).map(({ event }) => event)
  if (filed.length === 0) return
  const places = filed.flatMap((event) => [placeOf(event), ...placesOfOtherPhase(event, names)])
  const there = await getKeys(connection, places, { patienceMs: options.bulk.patienceMs })
  const again = new Map<string, BulkAction>()
  for (const event of filed) {
    const pending = there.get(documentId({ ...event, phase: 'pending' }))
    const final = there.get(documentId({ ...event, phase: 'final' }))
    // One that is not marked yet is marked when the other comes.
    if (pending === undefined || final === undefined || !pending.superseded) continue
    const doc = { pending_for: null, ...supersededMembers(pending.tenants, final) }
    again.set(pending.id, { action: 'update', index: pending.index, id: pending.id, document: { doc } })
  }
  if (again.size > 0) await bulk(connection, [...again.values()], options.bulk)
}
