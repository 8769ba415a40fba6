import { describeError } from '../../errors/operator-error'
import type { IdentityAnswer, IdentityEntry, IdentityKind } from '../../openstack/identity-look-ups'
import type { Timers } from '../../time/timers'

export interface IdentityCacheOptions {
  readonly ask: (kind: IdentityKind, id: string) => Promise<IdentityAnswer>
  readonly timers: Timers
  /** For people: said once for each kind of which the account may not see all, and when Keystone goes away and comes back. */
  readonly onNotice?: (text: string) => void
}

const MOST_ENTRIES = 10_000
/** Names and domains of projects and users hardly ever change. */
const KNOWN_MS = 15 * 60_000
/** What was just created may not be there yet for the Keystone that is asked. */
const GONE_MS = 60_000
const FORBIDDEN_MS = 10 * 60_000
/** So many refusals without an answer in between: the account may see none of this kind, so it is not asked for a while. */
const ALL_FORBIDDEN = 20
/** So long nobody waits for a Keystone that did not answer. */
const AWAY_MS = 30_000
const MOST_AT_ONCE = 8
const MOST_WAITING = 500

interface Entry {
  readonly found: IdentityEntry | undefined
  readonly until: number
}

/**
 * What Keystone says about ids, remembered for a while. The same id is asked for once at a time; what there is no place or no answer for
 * stays unknown. Never rejects.
 */
export class IdentityCache {
  readonly #options: IdentityCacheOptions
  readonly #entries = new Map<string, Entry>()
  readonly #underWay = new Map<string, Promise<void>>()
  /** Until when nothing of a kind is asked for. */
  readonly #closed = new Map<IdentityKind, number>()
  readonly #refusals = new Map<IdentityKind, number>()
  readonly #said = new Set<IdentityKind>()
  readonly #turns: (() => void)[] = []
  #active = 0
  #awayUntil = 0
  #isAway = false

  constructor(options: IdentityCacheOptions) {
    this.#options = options
  }

  /** Whether Keystone has failed to answer lately: waiting for it is no use. */
  get away(): boolean {
    return this.#options.timers.now() < this.#awayUntil
  }

  /** `undefined`: not known yet, or not any more. `null`: there is nothing to know. */
  peek(kind: IdentityKind, id: string): IdentityEntry | null | undefined {
    const now = this.#options.timers.now()
    const entry = this.#entries.get(keyOf(kind, id))
    const isClosed = now < (this.#closed.get(kind) ?? 0)
    // What was known is better than nothing while nobody can be asked.
    if (entry !== undefined && (now < entry.until || this.away || isClosed)) return entry.found ?? null
    return isClosed ? null : undefined
  }

  /** Resolves when the answer is in the cache, or there is none. */
  fetch(kind: IdentityKind, id: string): Promise<void> {
    const key = keyOf(kind, id)
    const joined = this.#underWay.get(key)
    if (joined !== undefined) return joined
    if (this.away || this.#underWay.size >= MOST_WAITING) return Promise.resolve()
    const asked = this.#ask(kind, id, key).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, asked)
    return asked
  }

  /** Keystone takes too long for those who wait. */
  giveUp(): void {
    this.#goAway('it takes too long to answer')
  }

  async #ask(kind: IdentityKind, id: string, key: string): Promise<void> {
    const { ask, timers } = this.#options
    if (this.#active >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.#turns.push(resolve))
    this.#active += 1
    try {
      // It may have gone away, or forbidden this kind, while this one waited.
      if (this.away || this.peek(kind, id) !== undefined) return
      const answer = await ask(kind, id)
      this.#isBack()
      if (answer === 'forbidden') this.#refuse(kind)
      else this.#refusals.delete(kind)
      this.#remember(key, entryOf(answer, timers.now()))
    } catch (thrown) {
      this.#goAway(describeError(thrown))
    } finally {
      this.#active -= 1
      this.#turns.shift()?.()
    }
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= MOST_ENTRIES) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  /** A reader of a domain is refused those of other domains, and those that are gone. */
  #refuse(kind: IdentityKind): void {
    const refusals = (this.#refusals.get(kind) ?? 0) + 1
    this.#refusals.set(kind, refusals)
    if (refusals >= ALL_FORBIDDEN) {
      this.#refusals.delete(kind)
      this.#closed.set(kind, this.#options.timers.now() + FORBIDDEN_MS)
    }
    if (this.#said.has(kind)) return
    this.#said.add(kind)
    this.#options.onNotice?.(
      `Keystone does not let this account look up every ${kind}, so events are stored without what it would say of them. ` +
        'A role "reader" on the system (--system all) is enough.',
    )
  }

  #goAway(why: string): void {
    this.#awayUntil = this.#options.timers.now() + AWAY_MS
    if (this.#isAway) return
    this.#isAway = true
    this.#options.onNotice?.(`Events are stored without names from Keystone for now: ${why}`)
  }

  #isBack(): void {
    if (!this.#isAway || this.away) return
    this.#isAway = false
    this.#options.onNotice?.('Keystone answers again: events are stored with names.')
  }
}

function keyOf(kind: IdentityKind, id: string): string {
  return `${kind} ${id}`
}

function entryOf(answer: IdentityAnswer, now: number): Entry {
  if (answer === 'forbidden') return { found: undefined, until: now + FORBIDDEN_MS }
  return answer === 'gone' ? { found: undefined, until: now + GONE_MS } : { found: answer, until: now + KNOWN_MS }
}
