import type { Settlement } from '../delivery/service'
import type { BatchMember } from '../message/model'

/** What is a burst, and when there can be another. */
export interface BurstPolicy {
  /** So many events … */
  readonly count: number
  /** … within so long, in ms, by the events' own times. */
  readonly windowMs: number
  /** After a burst its key is quiet until no event came for a window; or, if this is not 0, so many ms have passed. */
  readonly rearmMs: number
  /** Keys counted at most; beyond it the one that has had no event for longest is forgotten. */
  readonly keys: number
}

/** One counted event. */
export interface Hit {
  /** The event's own time, in ms since 1970. */
  readonly at: number
  readonly eventId: string
  readonly messageId: string
}

/** After a burst. */
export interface Quiet {
  /** When the burst was, and the last event since, in ms since 1970. */
  readonly since: number
  readonly last: number
}

/** A value of a message that is part of its key, and where it was found. */
export interface KeyPart {
  readonly path: string
  readonly value: string
}

/** `msg.payload` of a burst. */
export interface BurstPayload {
  readonly key: readonly KeyPart[]
  readonly count: number
  /** ISO 8601 times of the first and the last event. */
  readonly from: string
  readonly to: string
  readonly threshold: { readonly count: number; readonly seconds: number }
  readonly events: readonly { readonly id: string; readonly messageId: string; readonly time: string }[]
  /** What the last of them was. */
  readonly last: { readonly topic: string; readonly action: string; readonly outcome: string }
}

/** Where bursts go. Resolves when the flow has finished with it, never rejects. */
export type EmitBurst = (burst: BatchMember) => Promise<Settlement>

/** Stands in a key for whoever acted. */
export const ACTOR = 'actor'

export const HIT_KIND = 'hit'
export const QUIET_KIND = 'quiet'
export const COUNTED_KIND = 'counted'
