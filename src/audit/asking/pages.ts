import { setImmediate } from 'node:timers/promises'
import type { StoredEvent } from '../model'
import type { AuditStore } from '../store'
import type { Question } from './question'

/** Big enough that the way to the store does not count, small enough for memory. */
const PAGE = 500
/** What is made of them takes Node-RED's thread: a millisecond or two in each turn. */
const AT_ONCE = 100

/**
 * The events that a question asks for, a part of a page at a time, with the total of all that match. Sorted by time each page begins
 * where the one before it ended, so that nothing is shown twice or left out while events arrive.
 */
export async function* pagesOf(
  store: Pick<AuditStore, 'list'>,
  { filter, sort, limit, offset }: Question,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly events: readonly StoredEvent[]; readonly total: number }> {
  const byTime = sort.every(({ by }) => by === 'time')
  let left = limit ?? Number.POSITIVE_INFINITY
  let total = 0
  let after: string | undefined
  let seen = offset
  while (left > 0 && !signal?.aborted) {
    const first = seen === offset
    const wanted = Math.min(PAGE, left)
    const place = byTime && after !== undefined ? { after } : seen > 0 ? { offset: seen } : {}
    const page = await store.list({ filter, sort, limit: wanted, ...place, total: first })
    if (first) total = page.total ?? page.events.length
    if (page.events.length === 0 && first) yield { events: [], total }
    for (let at = 0; at < page.events.length; at += AT_ONCE) {
      // Also in front of the first: a store may answer in the turn in which it is asked.
      if (at > 0 || !first) await setImmediate()
      yield { events: page.events.slice(at, at + AT_ONCE), total }
    }
    seen += page.events.length
    left -= page.events.length
    after = page.cursor
    if (page.events.length < wanted) return
  }
}
