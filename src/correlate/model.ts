import type { Settlement } from '../delivery/service'
import type { BatchMember } from '../message/model'

/** What a message is within its operation. */
export type Role =
  /** The audit middleware saw a call come in. */
  | 'request'
  /** The audit middleware saw its answer. */
  | 'response'
  /** The service says that something has begun; most have not happened yet. */
  | 'start'
  /** The service says that something has happened or failed. */
  | 'notification'

/** What an operation still lacked when it left. */
export type Missing = 'request' | 'response' | 'audit' | 'notification'

/** `msg.event.correlated`: what was joined into an event. */
export interface Correlated {
  /** From the call's arrival to its answer, by the clock of the service; absent unless both are known. */
  durationMs?: number
  /** The other messages of the operation, in the order in which they came. */
  with: CorrelatedMessage[]
  /** What did not come in time; absent if nothing is missing. */
  missing?: Missing[]
}

export interface CorrelatedMessage {
  topic: string
  messageId: string
  /** Id of the CADF event. */
  eventId: string
  eventTime: string
  outcome: string
}

export interface CorrelatePolicy {
  /** From the first message of an operation, in ms: then it leaves with what has come. */
  readonly windowMs: number
  /** Messages kept in the journal at most. */
  readonly held: number
  /** Whether calls are joined with the service's own notifications; else only requests with their responses. */
  readonly notifications: boolean
}

/** Where joined operations go: one or several messages that are one delivery. */
export type EmitOperation = (messages: readonly BatchMember[]) => Promise<Settlement>
