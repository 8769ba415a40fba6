import type { BurstPolicy, Hit, Quiet } from './model'

/** What has been counted for one key. A value: counting makes a new one. */
export interface Series {
  /** By time, of the last two windows: what comes late may still complete one. */
  readonly hits: readonly Hit[]
  readonly quiet?: Quiet
  /** When it last changed, by this node's clock. */
  readonly touched: number
}

export interface Counted {
  readonly series: Series
  /** The events that are a burst now. */
  readonly burst?: readonly Hit[]
}

/** @param now by this node's clock, ms since 1970 */
export function count(series: Series | undefined, hit: Hit, policy: BurstPolicy, now: number): Counted {
  const quiet = series?.quiet
  if (quiet === undefined) return collect(series?.hits ?? [], hit, policy, now)
  if (isOver(quiet, hit.at, policy)) return collect([], hit, policy, now)
  const last = Math.max(quiet.last, hit.at)
  return { series: { hits: [], quiet: { since: quiet.since, last }, touched: now } }
}

function isOver({ since, last }: Quiet, at: number, { windowMs, rearmMs }: BurstPolicy): boolean {
  return at - last > windowMs || (rearmMs > 0 && at - since >= rearmMs)
}

function collect(known: readonly Hit[], hit: Hit, { count: enough, windowMs }: BurstPolicy, now: number): Counted {
  const newest = Math.max(hit.at, known.at(-1)?.at ?? hit.at)
  const place = known.findLastIndex(({ at }) => at <= hit.at) + 1
  const hits = [...known.slice(0, place), hit, ...known.slice(place)]
  for (let first = Math.max(0, place - enough + 1); first <= place; first += 1) {
    const last = hits[first + enough - 1]
    if (last === undefined || last.at - (hits[first]?.at ?? 0) > windowMs) continue
    const burst = hits.slice(first, first + enough)
    return { series: { hits: [], quiet: { since: last.at, last: newest }, touched: now }, burst }
  }
  return { series: { hits: hits.filter(({ at }) => at >= newest - 2 * windowMs), touched: now } }
}
