import type { Settlement } from '../delivery/service'
import type { BatchInfo, BatchMember } from '../message/model'

/** When a batch is complete: whichever comes first. */
export interface BatchPolicy {
  /** From the arrival of the first member, in ms; 0 for no limit in time. */
  readonly windowMs: number
  /** Members at most. */
  readonly count: number
  /** Moves the end of a window, e.g. to the end of quiet hours; both in ms since 1970. */
  readonly notBefore?: (due: number) => number
  /** Members kept in the journal at most, over all batches; beyond it nothing more is taken. */
  readonly held: number
}

/** Where batches go. Resolves when the flow has finished with it, never rejects. */
export type EmitBatch = (batch: EmittedBatch) => Promise<Settlement>

export interface EmittedBatch {
  readonly info: BatchInfo
  readonly members: BatchMember[]
}

/** What a person sees of a collector. */
export interface BatchCounts {
  /** Members in batches that are still open. */
  readonly collecting: number
  readonly open: number
  /** Complete batches that are on their way or wait for their turn. */
  readonly going: number
  readonly failed: number
  /** Refused for good by the flow (dead-letter by hand); kept until they are flushed. */
  readonly setAside: number
  /** Why the last one failed. */
  readonly reason?: string
  /** When a failed one is tried next, in ms since 1970. */
  readonly retryAt?: number
}

/** A journal row of kind `batch`. */
export interface StoredBatch {
  readonly key: string
  /** ISO 8601 */
  readonly from: string
  /** Absent while it is open. */
  readonly closed?: { readonly to: string; readonly reason: BatchInfo['reason'] }
  readonly attempts?: number
  readonly setAside?: string
}

/** A journal row of kind `member`; its key is `<batch id>/<message id>`. */
export interface StoredMember {
  readonly at: string
  readonly member: BatchMember
}

export const BATCH_KIND = 'batch'
export const MEMBER_KIND = 'member'
/** Ids of members whose batch was finished. */
export const FINISHED_KIND = 'finished'
