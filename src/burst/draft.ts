import type { JournalOperation } from '../journal/journal'
import { type BurstPolicy, HIT_KIND, type Hit, QUIET_KIND } from './model'
import { count, type Series } from './series'

/** A key that nobody has hit for so long is forgotten: what comes later than that was held up for longer than any outage. */
const IDLE_MS = 24 * 3_600_000

/** Changes to the series that count only once they are in the journal. */
export class Draft {
  readonly #known: ReadonlyMap<string, Series>
  /** In order of the change; undefined for a series that goes. */
  readonly #changed = new Map<string, Series | undefined>()

  constructor(known: ReadonlyMap<string, Series>) {
    this.#known = known
  }

  /** @returns the events that are a burst now */
  count(id: string, hit: Hit, policy: BurstPolicy, now: number): readonly Hit[] | undefined {
    const before = this.#changed.has(id) ? this.#changed.get(id) : this.#known.get(id)
    const { series, burst } = count(before, hit, policy, now)
    this.#changed.delete(id)
    this.#changed.set(id, series)
    return burst
  }

  /** Forgets idle series, and as many of those that have been hit least lately as are too many. */
  trim(policy: BurstPolicy, now: number): number {
    const idleMs = Math.max(IDLE_MS, 2 * policy.windowMs, policy.rearmMs)
    const fresh = [...this.#changed.keys()].filter((id) => !this.#known.has(id)).length
    let surplus = this.#known.size + fresh - policy.keys
    let dropped = 0
    for (const [id, { touched }] of this.#known) {
      if (surplus <= 0 && touched > now - idleMs) break
      if (this.#changed.has(id)) continue
      this.#changed.set(id, undefined)
      if (touched > now - idleMs) dropped += 1
      surplus -= 1
    }
    // More new ones at once than there is room for.
    for (const id of [...this.#changed.keys()]) {
      if (surplus <= 0) break
      if (this.#changed.get(id) === undefined) continue
      if (this.#known.has(id)) this.#changed.set(id, undefined)
      else this.#changed.delete(id)
      dropped += 1
      surplus -= 1
    }
    return dropped
  }

  operations(owner: string): JournalOperation[] {
    return [...this.#changed].flatMap(([id, series]) => changes(owner, id, this.#known.get(id), series))
  }

  commit(into: Map<string, Series>): void {
    for (const [id, series] of this.#changed) {
      into.delete(id)
      if (series !== undefined) into.set(id, series)
    }
  }
}

function changes(owner: string, id: string, before: Series | undefined, after: Series | undefined): JournalOperation[] {
  const stay = new Set(after?.hits.map(({ messageId }) => messageId))
  const were = new Set(before?.hits.map(({ messageId }) => messageId))
  const operations: JournalOperation[] = []
  for (const messageId of were) {
    if (!stay.has(messageId)) operations.push({ do: 'delete', owner, kind: HIT_KIND, key: `${id}/${messageId}` })
  }
  for (const { messageId, at, eventId } of after?.hits ?? []) {
    if (were.has(messageId)) continue
    operations.push({ do: 'put', owner, kind: HIT_KIND, key: `${id}/${messageId}`, value: { at, eventId } })
  }
  if (after?.quiet !== undefined) {
    operations.push({ do: 'put', owner, kind: QUIET_KIND, key: id, value: after.quiet })
  } else if (before?.quiet !== undefined) operations.push({ do: 'delete', owner, kind: QUIET_KIND, key: id })
  return operations
}
