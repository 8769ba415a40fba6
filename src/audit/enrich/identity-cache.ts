import { describeError } from '../../errors/operator-error'
import type { IdentityAnswer, IdentityEntry, IdentityKind } from '../../openstack/identity-look-ups'
import type { Timers } from '../../time/timers'

export interface IdentityCacheOptions {
  readonly ask: (kind: IdentityKind, id: string) => Promise<IdentityAnswer>
  readonly timers: Timers
  /** For people: said once for each kind that the account may not ask for, and when Keystone goes away and comes back. */
  readonly onNotice?: (text: string) => void
}

const MOST_ENTRIES = 10_000
/** Names and domains of projects and users hardly ever change. */
const KNOWN_MS = 15 * 60_000
/** What was just created may not be there yet for the Keystone that is asked. */
const GONE_MS = 60_000
const FORBIDDEN_MS = 10 * 60_000
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
  readonly #forbidden = new Map<IdentityKind, number>()
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
    if (now < (this.#forbidden.get(kind) ?? 0)) return null
    const entry = this.#entries.get(keyOf(kind, id))
    // What was known is better than nothing while nobody can be asked.
    if (entry === undefined || (now >= entry.until && !this.away)) return undefined
    return entry.found ?? null
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
      if (answer === 'forbidden') this.#forbid(kind)
      else if (answer === 'gone') this.#remember(key, { found: undefined, until: timers.now() + GONE_MS })
      else this.#remember(key, { found: answer, until: timers.now() + KNOWN_MS })
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

  #forbid(kind: IdentityKind): void {
    this.#forbidden.set(kind, this.#options.timers.now() + FORBIDDEN_MS)
    if (this.#said.has(kind)) return
    this.#said.add(kind)
    this.#options.onNotice?.(
      `Keystone does not let this account look up ${kind}s, so events are stored without what it would say of them. ` +
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
