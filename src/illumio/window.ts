import { MOST_EVENTS, type PceClient } from './client'
import { byTime, type EventMark, isFields, markOf, type PceEvent } from './event'

export interface Marked extends EventMark {
  readonly event: PceEvent
}

/** A part of a window that was read whole. */
export interface WindowRead {
  /** Up to here, ms since 1970, the end included. */
  readonly to: number
  /** In order of time, each once. */
  readonly events: readonly Marked[]
  /** Not to be understood as events: no object, or without a time. */
  readonly strange: readonly unknown[]
  /** A moment so full that not even the asynchronous job gave all; ms. */
  readonly gap: { readonly from: number; readonly to: number } | undefined
  /** The PCE's clock at its answer, ms. */
  readonly at: number | undefined
}

type Reads = Pick<PceClient, 'events' | 'allEvents'>

/**
 * Reads all events of a window, in parts from the oldest to the newest, so that a long absence needs no more memory than a short
 * one. The PCE has no pages: a window that comes back full is halved until its halves are not; they share their midpoint, and who
 * takes the events must know again what was in both.
 * @throws PceError; what was not given yet does not count as read
 */
export async function* readWindow(
  client: Reads,
  from: number,
  to: number,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<WindowRead> {
  const most = Math.min(size, MOST_EVENTS)
  const page = await client.events(from, to, most, signal)
  if (!page.full) {
    yield partOf(page.events, to, page.at)
    return
  }
  if (to - from > 1) {
    const middle = Math.floor((from + to) / 2)
    yield* readWindow(client, from, middle, most, signal)
    yield* readWindow(client, middle, to, most, signal)
    return
  }
  if (most < MOST_EVENTS) {
    yield* readWindow(client, from, to, MOST_EVENTS, signal)
    return
  }
  const all = await client.allEvents(from, to, signal)
  const gap = all.length < page.events.length ? { from, to } : undefined
  yield { ...partOf(gap === undefined ? all : [...page.events, ...all], to, page.at), gap }
}

function partOf(given: readonly unknown[], to: number, at: number | undefined): WindowRead {
  const found = new Map<string, Marked>()
  const strange: unknown[] = []
  for (const event of given) {
    const mark = markOf(event)
    if (mark === undefined || !isFields(event)) strange.push(event)
    else found.set(mark.key, { ...mark, event })
  }
  return { to, events: [...found.values()].sort(byTime), strange, gap: undefined, at }
}
