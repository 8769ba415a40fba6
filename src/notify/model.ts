import type { CadfEvent, Outcome } from '../cadf/event'
import type { Exposure } from '../exposure/model'
import type { Notification } from '../notification/model'

/** From bad to harmless, by the names of syslog and of the Illumio PCE. */
export const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const
export type Severity = (typeof SEVERITIES)[number]

/** One occurrence that people are told of, as the flow handed it over. Templates see these members. */
export interface Occurrence {
  readonly topic: string
  readonly event: CadfEvent
  readonly payload: unknown
  readonly notification?: Notification
  readonly exposure?: Exposure
}

/**
 * What people are told, before any channel has put it into its own form: plain text throughout, nothing escaped, no markup.
 * Built in code from the event (`report.ts`), or its texts from templates. Each channel makes blocks, cards, HTML or fields of
 * it, as objects, and escapes for its target.
 */
export interface Report {
  /**
   * The same for the same occurrence (event id) or group whenever it is sent again: for channels that can recognise a
   * repetition, and for the journal of what was sent.
   */
  readonly id: string
  /** One line: who did what to what. */
  readonly title: string
  /** A few sentences; may be empty. */
  readonly text: string
  /** Who, what, target, when, from where, outcome, reason, exposed addresses, project …; in the order to be shown. */
  readonly facts: readonly Fact[]
  readonly severity: Severity
  readonly outcome: Outcome
  /** Event type, e.g. `user.login`, `identity.authenticate`. */
  readonly eventType: string
  /** Of the event, ISO 8601; of a group the first. */
  readonly time: string
  readonly link?: { readonly label: string; readonly url: string }
  /** Reports that the throttle held back since the last one that was sent. */
  readonly suppressed?: { readonly count: number; readonly since: string }
  /** What it was made of; more than one in a group. */
  readonly occurrences: readonly Occurrence[]
  /**
   * By which a ticket is found again, and alerts are joined; the same for everything that concerns one matter
   * (default event type and target).
   */
  readonly ticketKey: string
  /** The matching closing event came: resolve, do not open. */
  readonly closes: boolean
  /** Texts that the user's template gave instead of the built ones, by the channel's field names; already escaped for it. */
  readonly filled: Readonly<Record<string, string>>
  /** A document (Slack blocks, an adaptive card …) that the user gave, its strings rendered one by one. */
  readonly document?: unknown
}

export interface Fact {
  readonly label: string
  readonly value: string
}
