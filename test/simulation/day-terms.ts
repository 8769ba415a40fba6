import type { FastTime } from './fast-clock'

/** What becomes a ticket in every ticket system. */
export const TICKET_TYPE = 'sec_policy.create'
/** What people and hooks are told of. */
export const ALERT_TYPE = 'agent.tampering'
/** The last that happens: whoever was given it was given all that was before. */
export const CLOSING_TYPE = 'user.logout'

/**
 * Events in the flow at a time: more than one poll brings, as with fewer the cursor would stand still in a hold-up whatever it
 * goes by; a burst fills it all the same.
 */
export const WINDOW = 1000

/** What the polling process is told at its start. */
export interface WorkerTask {
  readonly time: FastTime
  /** Of its waits between tries. */
  readonly seed: number
  readonly folder: string
  readonly urls: Readonly<
    Record<'illumio' | 'jira' | 'servicenow' | 'github' | 'pagerduty' | 'slack' | 'teams' | 'sns' | 'webhook', string>
  >
  readonly smtpPort: number
  readonly jira: { readonly user: string; readonly token: string }
  readonly serviceNow: { readonly user: string; readonly password: string }
  readonly gitHub: { readonly repository: string; readonly token: string }
}

/** What it tells its parent, of a moment. */
export interface WorkerNews {
  /** Events that the flow has not finished with. */
  readonly open: number
  /** It polls, and the last poll was handed on whole. */
  readonly polling: boolean
  /** Id of the last closing event that was handed on. */
  readonly closing: string | undefined
}

/** What the parent asks of it. */
export type WorkerRequest = 'deploy'
