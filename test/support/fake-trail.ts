import type { Checkpoint } from '../../src/audit/chain/model'
import type { AuditStore } from '../../src/audit/store'
import type { AuditTrail, KeepOutcome, Occurrence } from '../../src/audit/trail'

/** A trail that keeps in memory what it is given, by the event's id, and fails as it is told to. */
export interface FakeTrail extends AuditTrail {
  readonly kept: Map<string, Occurrence>
  /** Events of each call of `keep`. */
  readonly calls: number[]
  /** Called before anything is kept; may throw, or take its time. */
  before: ((occurrences: readonly Occurrence[]) => Promise<void> | void) | undefined
  closed: boolean
  checkpoint(checkpoint: Checkpoint): void
  trouble(error: Error | undefined): void
}

export function fakeTrail(store: Partial<AuditStore> = {}): FakeTrail {
  const checkpoints = new Set<(checkpoint: Checkpoint) => void>()
  const troubles = new Set<(trouble: Error | undefined) => void>()
  let trouble: Error | undefined
  const trail: FakeTrail = {
    kept: new Map(),
    calls: [],
    before: undefined,
    closed: false,
    store: store as AuditStore,
    async keep(occurrences) {
      trail.calls.push(occurrences.length)
      await trail.before?.(occurrences)
      return occurrences.map((occurrence): KeepOutcome => {
        const { event } = occurrence
        const known = trail.kept.get(event.id)
        if (known !== undefined) return JSON.stringify(known.event) === JSON.stringify(event) ? 'repeated' : 'conflict'
        trail.kept.set(event.id, occurrence)
        return 'stored'
      })
    },
    settings: async () => ({ enabled: true }),
    changeSettings: async (_tenant, change) => ({ enabled: true, ...change }),
    tell: async () => {},
    onCheckpoint(listener) {
      checkpoints.add(listener)
      return () => checkpoints.delete(listener)
    },
    onTrouble(listener) {
      troubles.add(listener)
      listener(trouble)
      return () => troubles.delete(listener)
    },
    async close() {
      trail.closed = true
    },
    checkpoint(checkpoint) {
      for (const listener of checkpoints) listener(checkpoint)
    },
    trouble(error) {
      trouble = error
      for (const listener of troubles) listener(error)
    },
  }
  return trail
}
