import { MOST_EVENTS, type PceClient } from './client'
import { byTime, type EventMark, isFields, markOf, type PceEvent } from './event'

export interface Marked extends EventMark {
  readonly event: PceEvent
}

export interface WindowRead {
  /** In order of time, each once. */
  readonly events: readonly Marked[]
  /** Not to be understood as events: no object, or without a time. */
  readonly strange: readonly unknown[]
  /** Moments so full that not even the asynchronous job gave all; ms. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[]
  readonly at: number | undefined
}

/**
 * Reads all events of a window. The PCE has no pages: a window that comes back full is halved until its halves are not; they share
 * their midpoint, and what is in both counts once.
 * @throws PceError; nothing of the window may then count as read
 */
export async function readWindow(
  client: Pick<PceClient, 'events' | 'allEvents'>,
  from: number,
  to: number,
  size: number,
  signal?: AbortSignal,
): Promise<WindowRead> {
  const found = new Map<string, Marked>()
  const strange: unknown[] = []
  const gaps: { from: number; to: number }[] = []
  let at: number | undefined
  const take = (events: readonly unknown[]) => {
    for (const event of events) {
      const mark = markOf(event)
      if (mark === undefined || !isFields(event)) strange.push(event)
      else found.set(mark.key, { ...mark, event })
    }
  }
  const read = async (lower: number, upper: number, most: number): Promise<void> => {
    const page = await client.events(lower, upper, most, signal)
    at = page.at ?? at
    if (!page.full) {
      take(page.events)
      return
    }
    if (upper - lower > 1) {
      const middle = Math.floor((lower + upper) / 2)
      await read(lower, middle, most)
      await read(middle, upper, most)
      return
    }
    if (most < MOST_EVENTS) {
      await read(lower, upper, MOST_EVENTS)
      return
    }
    const all = await client.allEvents(lower, upper, signal)
    take(all)
    if (all.length < page.events.length) gaps.push({ from: lower, to: upper })
  }
  await read(from, to, Math.min(size, MOST_EVENTS))
  return { events: [...found.values()].sort(byTime), strange, gaps, at }
}
