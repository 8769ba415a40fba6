import { indexedValue } from '../indexed-value'
import type { Scope, StoredEvent, StoredOperation } from '../model'
import { keptText, recordKey } from '../record/record-of'
import { EVENT_SOURCE, storedEvent } from './documents'
import { scopeDsl } from './filter-query'
import { sortDsl } from './list'
import type { Searcher } from './search'
import type { Dsl } from './text-query'

/** An operation by its event's id, else by the id of a message that told of it. */
export async function findOperation(
  searcher: Searcher,
  scope: Scope,
  id: string,
): Promise<StoredOperation | undefined> {
  const byId = operationOf(await found(searcher, scope, [isId(recordKey(id))]))
  if (byId !== undefined) return byId
  const [told] = await found(searcher, scope, [{ term: { message_id: { value: indexedValue(keptText(id)) } } }])
  if (told === undefined) return undefined
  const phases = await found(searcher, scope, [isId(told.id), { term: { cloud: { value: told.cloud } } }])
  return operationOf(phases) ?? { event: told }
}

function isId(id: string): Dsl {
  return { term: { id: { value: indexedValue(id) } } }
}

async function found(searcher: Searcher, scope: Scope, conditions: readonly Dsl[]): Promise<StoredEvent[]> {
  const query = { bool: { filter: [...scopeDsl(scope), ...conditions] } }
  const { hits } = await searcher.search({ query, size: 100, sort: sortDsl([]), _source: EVENT_SOURCE })
  return hits.map((hit) => storedEvent(hit.source)).filter((event) => event !== undefined)
}

/** The same id can be in several clouds; then it is that of the newest. */
function operationOf(phases: readonly StoredEvent[]): StoredOperation | undefined {
  const cloud = phases[0]?.cloud
  const ofCloud = phases.filter((event) => event.cloud === cloud)
  const final = ofCloud.find((event) => event.phase === 'final')
  const pending = ofCloud.find((event) => event.phase === 'pending')
  if (final === undefined) return pending === undefined ? undefined : { event: pending }
  return pending === undefined ? { event: final } : { event: final, pending }
}
