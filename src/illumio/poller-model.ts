import type { DeliverySource } from '../delivery/service'
import type { Clock } from '../http/retry'
import type { OccurrenceMessage } from '../message/model'
import type { PceClient } from './client'
import type { Cursor } from './cursor'
import type { PceError } from './pce-error'

/** Where the very first poll begins, by the PCE's clock; later ones go on where the last one ended. */
export type FirstPoll = 'now' | { readonly from: number } | { readonly lookBackMs: number }

export interface PollerOptions {
  readonly client: PceClient
  readonly cursor: Cursor
  readonly clock: Clock
  readonly intervalMs: number
  readonly overlapMs: number
  /** Events asked for at once. */
  readonly pageSize: number
  readonly first: FirstPoll
  /** As set at the PCE, for telling what is gone. */
  readonly retentionMs: number
  /** Events in the flow at a time. */
  readonly window: number
  readonly attempts: number
  readonly watchHealth: boolean
  readonly wants: (eventType: string) => boolean
  /** Undefined: an event is finished when it is sent. */
  readonly deliveries: DeliverySource | undefined
  readonly send: (message: OccurrenceMessage) => void
  readonly keepDeadLetter: (letter: object) => Promise<void>
  readonly report: (state: PollerState) => void
}

/** What the poller does, for a status. */
export type PollerState =
  | {
      readonly kind: 'polling'
      readonly open: number
      readonly deadLetters: number
      /** The last poll was handed on whole. */
      readonly caughtUp: boolean
      /** The last request failed; what is in the flow goes on. */
      readonly failing: boolean
    }
  | { readonly kind: 'failing'; readonly error: PceError; readonly retryInMs: number }
  | { readonly kind: 'dead-letter'; readonly code: string; readonly message: string }
  | { readonly kind: 'trouble'; readonly error: unknown }
