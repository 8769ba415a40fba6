import type { AuditFilter } from '../model'
import type { AuditStore } from '../store'

export interface SeenSpan {
  /** µs since 1970 */
  readonly from: number
  /** µs since 1970 */
  readonly to: number
}

/**
 * The time that a question is about: its own bounds, else the oldest and newest events within its scope, whatever else it asks for.
 * What others have tells nothing of it, neither to a tenant nor about a tenant. Undefined: there is no event to see.
 */
export async function seenSpan(
  store: Pick<AuditStore, 'list'>,
  { scope, from, to }: Pick<AuditFilter, 'scope' | 'from' | 'to'>,
): Promise<SeenSpan | undefined> {
  const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
  const end = async (descending: boolean) => {
    const filter = { scope, where: [], ...bounds }
    const { events } = await store.list({ filter, sort: [{ by: 'time', descending }], limit: 1, total: false })
    return events[0]?.time
  }
  const first = from ?? (await end(false))
  const last = to ?? (await end(true))
  return first === undefined || last === undefined ? undefined : { from: first, to: last }
}
