import type { IdentityKind } from '../../openstack/identity-look-ups'
import type { Timers } from '../../time/timers'
import type { Fields } from '../record/resources'
import { addedBy } from './added'
import type { IdentityCache } from './identity-cache'

/** What look-ups brought for an event. */
export interface Filled {
  readonly added: Readonly<Record<string, string>>
  /** Keystone was asked, or should have been, and did not answer in time. */
  readonly incomplete: boolean
}

export interface NamesOptions {
  readonly cache: IdentityCache
  readonly timers: Timers
  /** How long events are held up for Keystone at most; what is not known by then they are stored without. */
  readonly patienceMs?: number
}

const PATIENCE_MS = 1000
/** The user's domain is known after the user, the domain's name after that. */
const ROUNDS = 3

/** Fills in what events lack, for all of them together. Never rejects. */
export async function fillNames(events: readonly Fields[], options: NamesOptions): Promise<readonly Filled[]> {
  const { cache, timers, patienceMs = PATIENCE_MS } = options
  const deadline = timers.now() + patienceMs
  for (let round = 0; ; round += 1) {
    const { filled, missing } = known(events, cache)
    if (missing.length === 0 || round === ROUNDS || cache.away) return filled
    const all = Promise.all(missing.map(([kind, id]) => cache.fetch(kind, id)))
    if (!(await endsBy(all, deadline, timers))) cache.giveUp()
  }
}

/** Of what nobody waits for as much is under way at a time, so that what somebody waits for has its turn. */
const PATIENT_AT_ONCE = 2

/** As {@link fillNames}, but nobody waits: a Keystone that answers slowly is given the time it takes. */
export async function fillNamesPatiently(events: readonly Fields[], cache: IdentityCache): Promise<readonly Filled[]> {
  for (let round = 0; ; round += 1) {
    const { filled, missing } = known(events, cache)
    if (missing.length === 0 || round === ROUNDS) return filled
    for (let at = 0; at < missing.length; at += PATIENT_AT_ONCE) {
      if (cache.away) break
      await Promise.all(missing.slice(at, at + PATIENT_AT_ONCE).map(([kind, id]) => cache.fetch(kind, id)))
    }
    if (cache.away) return known(events, cache).filled
  }
}

/** What is in the cache, and what should be. */
function known(
  events: readonly Fields[],
  cache: IdentityCache,
): { filled: readonly Filled[]; missing: readonly (readonly [IdentityKind, string])[] } {
  const missing = new Map<string, readonly [IdentityKind, string]>()
  const filled = events.map((event): Filled => {
    let incomplete = false
    const added = addedBy(event, (kind, id) => {
      const entry = cache.peek(kind, id)
      if (entry === undefined) {
        incomplete = true
        missing.set(`${kind} ${id}`, [kind, id])
      }
      return entry ?? undefined
    })
    return { added, incomplete }
  })
  return { filled, missing: [...missing.values()] }
}

/** Whether something ends before a time. */
async function endsBy(what: Promise<unknown>, deadline: number, timers: Timers): Promise<boolean> {
  let cancel = () => {}
  const late = new Promise<boolean>((resolve) => {
    cancel = timers.after(Math.max(0, deadline - timers.now()), () => resolve(false))
  })
  const inTime = await Promise.race([what.then(() => true), late])
  cancel()
  return inTime
}
