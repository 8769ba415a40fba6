import type { Report } from '../model'

/** A ticket as it was found in its system. */
export interface Ticket {
  /** As the system addresses it: `SEC-12`, a sys_id, an issue's number. */
  readonly id: string
  /** As people call it. */
  readonly name: string
  readonly url?: string
  readonly open: boolean
}

/** What a ticket system does for us. Every call rejects with a NotifyError. */
export interface TicketSystem<T extends Ticket = Ticket> {
  readonly name: string
  /** How long after it was made a ticket may be missing from {@link find}, ms; 0: never. */
  readonly lagMs: number
  /**
   * The tickets of a matter, the newest first.
   * @param wanted `open`: those that are not done; `any`: those done lately, too
   */
  find(report: Report, wanted: 'open' | 'any', signal?: AbortSignal): Promise<readonly T[]>
  /** By the id that {@link find} or {@link open} gave; undefined if it is gone, or is another matter's now. */
  fetch(id: string, report: Report, signal?: AbortSignal): Promise<T | undefined>
  /** Whether this very report is in the ticket already, as what opened it or as a comment. */
  holds(ticket: T, report: Report, signal?: AbortSignal): Promise<boolean>
  /** Opens one that {@link holds} the report. */
  open(report: Report, signal?: AbortSignal): Promise<Done<T>>
  /** Adds the report to it, so that it {@link holds} it. */
  comment(ticket: T, report: Report, signal?: AbortSignal): Promise<Done<T>>
  /** Brings it to its end. */
  resolve(ticket: T, report: Report, signal?: AbortSignal): Promise<Done<T>>
}

export interface Done<T extends Ticket = Ticket> {
  readonly ticket: T
  /** What did not get through although the rest did. */
  readonly incomplete?: string | undefined
  /** False if the ticket could not be brought to its end; `incomplete` says why. */
  readonly resolved?: boolean
}
