import type { Random } from '../fuzz/random'

/** Something that goes wrong, at a time of the day in ms. */
export type Trouble = { readonly at: number } & (
  | { readonly what: Interruption }
  | { readonly what: 'pce-refuses'; readonly status: 429 | 503; readonly times: number; readonly waitSeconds: number }
  | { readonly what: 'pce-breaks-off'; readonly afterBytes: number }
  | { readonly what: 'services-refuse'; readonly unavailable: number; readonly tooMany: number; readonly lost: number }
  | { readonly what: 'pce-away'; readonly ms: number }
  /** The store's file is locked and every service answers 503; the interruption comes at its end. */
  | { readonly what: 'hold-up'; readonly ms: number; readonly interruption: Interruption | undefined }
)

/** Of the process that polls. */
export type Interruption = 'kill' | 'restart' | 'deploy'

export interface PlanOptions {
  readonly lengthMs: number
  readonly outageMs: number
  readonly kills: number
  readonly restarts: number
  readonly deploys: number
  /** How each of the hold-ups ends; those interruptions are beside the others. */
  readonly holdUps: readonly (Interruption | undefined)[]
  /** How often the PCE, and how often the services refuse. */
  readonly refusals: number
}

/** Longer than the poller's overlap of two minutes: an event held for less would be read again whatever the cursor says. */
const HELD_UP_MS = 240_000

/** What goes wrong on a day, in its order: the same from the same chance. */
export function planOf(options: PlanOptions, random: Random): Trouble[] {
  const { lengthMs, outageMs, kills, restarts, deploys, holdUps, refusals } = options
  const plan: Trouble[] = []
  const kept: { readonly from: number; readonly to: number }[] = []

  /** Spread over the day, each at any moment of its share, and none where the long troubles are. */
  const spread = (many: number, make: (at: number) => Trouble, lengthOf = 0) => {
    for (let index = 0; index < many; index += 1) {
      for (let tries = 0; tries < 1000; tries += 1) {
        const share = tries < 100 ? (index + random.next()) / many : random.next()
        const at = share * (lengthMs - lengthOf)
        if (kept.some(({ from, to }) => at + lengthOf >= from && at <= to)) continue
        plan.push(make(at))
        if (lengthOf > 0) kept.push({ from: at, to: at + lengthOf })
        break
      }
    }
  }

  spread(1, (at) => ({ at, what: 'pce-away', ms: outageMs }), outageMs)
  let held = 0
  spread(
    holdUps.length,
    (at) => ({
      ...{ at, what: 'hold-up', interruption: holdUps[held++] },
      ms: HELD_UP_MS + random.below(20_000),
    }),
    HELD_UP_MS + 20_000,
  )
  spread(kills, (at) => ({ at, what: 'kill' }))
  spread(restarts, (at) => ({ at, what: 'restart' }))
  spread(deploys, (at) => ({ at, what: 'deploy' }))
  const status = (index: number) => (index % 2 === 0 ? 429 : 503)
  let refused = 0
  spread(refusals * 2, (at) => ({
    ...{ at, what: 'pce-refuses', status: status(refused++), times: 1 + random.below(4) },
    waitSeconds: 5 + random.below(40),
  }))
  spread(refusals, (at) => ({ at, what: 'pce-breaks-off', afterBytes: 1 + random.below(2000) }))
  spread(refusals, (at) => ({
    ...{ at, what: 'services-refuse' },
    ...{ unavailable: 1 + random.below(3), tooMany: 1 + random.below(2), lost: 1 + random.below(3) },
  }))
  return plan.sort((one, other) => one.at - other.at)
}
