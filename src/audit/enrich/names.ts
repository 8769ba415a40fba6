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
    const missing = new Map<string, readonly [IdentityKind, string]>()
    const filled = events.map((event): Filled => {
      let incomplete = false
      const added = addedBy(event, (kind, id) => {
        const known = cache.peek(kind, id)
        if (known === undefined) {
          incomplete = true
          missing.set(`${kind} ${id}`, [kind, id])
        }
        return known ?? undefined
      })
      return { added, incomplete }
    })
    if (missing.size === 0 || round === ROUNDS || cache.away) return filled
    const all = Promise.all([...missing.values()].map(([kind, id]) => cache.fetch(kind, id)))
    if (!(await endsBy(all, deadline, timers))) cache.giveUp()
  }
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
