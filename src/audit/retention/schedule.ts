import type { Timers } from '../../time/timers'
import type { AuditStore } from '../store'
import { checkPolicy, type RetentionPolicy, type RetentionStep, retentionSteps } from './policy'

export interface RetentionOutcome {
  /** Contents removed in this run; some may be gone although it failed. */
  readonly removed: number
  /** Why the run ended early; the next one takes it up again. */
  readonly error?: unknown
}

export interface RetentionOptions {
  readonly store: Pick<AuditStore, 'settings' | 'deleteBefore' | 'deleteDownTo'>
  readonly policy: RetentionPolicy
  readonly timers: Timers
  /** From 0 to 1. */
  readonly random: () => number
  /** Must not throw. */
  readonly onRun?: (outcome: RetentionOutcome) => void
}

export interface RetentionSchedule {
  /** Resolves when a run under way has ended; none begins after it. */
  stop(): Promise<void>
}

const HOUR_MS = 3_600_000
/** Node-RED has enough to do when it starts. */
const FIRST_MS = 60_000

/**
 * Removes what is due every hour, give or take a tenth, so that several Node-REDs at one store do not do it at the same moment; the
 * first time one to ten minutes after the start, so that one that is restarted every day gets to it. Settings are read for each run.
 * Throws `AUDIT_RETENTION` for a policy that cannot be meant.
 */
export function retentionSchedule(options: RetentionOptions): RetentionSchedule {
  const { timers, random } = options
  const policy = checkPolicy(options.policy)
  let stopped = false
  let underWay: Promise<void> = Promise.resolve()
  let cancel = timers.after(FIRST_MS * (1 + 9 * random()), run)

  function run(): void {
    underWay = runRetention({ ...options, policy }, () => stopped).then((outcome) => {
      options.onRun?.(outcome)
      if (!stopped) cancel = timers.after(HOUR_MS * (0.9 + 0.2 * random()), run)
    })
  }

  return {
    stop() {
      stopped = true
      cancel()
      return underWay
    },
  }
}

/** One run. Never rejects. A step that fails does not keep the next from being tried. */
export async function runRetention(
  { store, policy, timers }: Pick<RetentionOptions, 'store' | 'policy' | 'timers'>,
  isStopped: () => boolean = () => false,
): Promise<RetentionOutcome> {
  let removed = 0
  let failure: { readonly error: unknown } | undefined
  try {
    for (const step of retentionSteps(policy, await store.settings(), timers.now() * 1000)) {
      if (isStopped()) break
      try {
        removed += await take(store, step)
      } catch (error) {
        failure ??= { error }
      }
    }
  } catch (error) {
    failure = { error }
  }
  return failure === undefined ? { removed } : { removed, error: failure.error }
}

function take(store: RetentionOptions['store'], step: RetentionStep): Promise<number> {
  switch (step.what) {
    case 'tenant':
      return store.deleteBefore(step.before, { tenant: step.tenant })
    case 'others':
      return store.deleteBefore(step.before, { exceptTenants: step.exceptTenants })
    case 'size':
      return store.deleteDownTo(step.bytes)
  }
}
