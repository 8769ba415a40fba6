import type { Conversion } from '../../cadf/conversion'
import type { InHand } from '../../delivery/redelivery'
import type { DeliverySource } from '../../delivery/service'
import type { OperatorError } from '../../errors/operator-error'
import type { Journal } from '../../journal/journal'
import type { OccurrenceMessage } from '../../message/model'
import type { EventTypeChoice } from '../event-type-patterns'
import type { DeadLetter, KeepDeadLetter } from './dead-letter-file'
import type { FollowerOptions } from './follower'

/** A line that the flow is to finish with. */
export interface LineInHand extends InHand<OccurrenceMessage> {
  readonly offset: number
}

/** What a person chooses about a log file. */
export interface LogFileSourceOptions extends FollowerOptions {
  readonly cloud: string
  /** Lines that may be unfinished at a time. */
  readonly window: number
  /** A line that failed so often goes to the dead letters. */
  readonly attempts: number
  readonly wants: EventTypeChoice
  readonly conversion: Conversion
}

/** What the source works with. */
export interface LogFileSurroundings {
  readonly journal: Journal
  /** The node's id: whose rows in the journal. */
  readonly owner: string
  /** Undefined: a line is finished when it is sent. */
  readonly deliveries: DeliverySource | undefined
  readonly keepDeadLetter: KeepDeadLetter
  readonly send: (message: OccurrenceMessage) => void
  readonly report: (state: LogFileState) => void
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** What the source is doing, for its status. */
export type LogFileState =
  | { readonly kind: 'missing' }
  | { readonly kind: 'reading'; readonly open: number; readonly deadLetters: number }
  | { readonly kind: 'dead-letter'; readonly reason: DeadLetter['reason'] }
  /** It goes on by itself. */
  | { readonly kind: 'trouble'; readonly error: OperatorError }
