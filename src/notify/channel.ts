import { OperatorError } from '../errors/operator-error'
import type { HttpClient } from '../http/client'
import type { TlsOptions } from '../http/undici-client'
import type { Report } from './model'

/** How text of events is made harmless in a channel. Templates' outputs go through it, whatever the template says. */
export type Escape = 'none' | 'html' | 'slack' | 'teams' | 'markdown' | 'telegram' | 'wiki'

/** What a dialog stored and a person's secrets, still as they came. */
export interface ChannelConfig {
  readonly settings: { readonly [setting: string]: unknown }
  readonly credentials: { readonly [secret: string]: string | undefined }
}

export interface ChannelTools {
  /** With the TLS and proxy nodes of the dialog. */
  readonly http: HttpClient
  /**
   * What the dialog's TLS node holds, for channels that do not speak HTTP; undefined where none is chosen.
   * @throws OperatorError NOTIFY_CONFIG when the chosen one is missing or broken
   */
  readonly tls?: () => TlsOptions | undefined
  /** ms since 1970 */
  readonly now: () => number
  /** Of this node, for what must outlive the process; without it a channel remembers in memory only. */
  readonly memory?: ChannelMemory
}

/**
 * A few facts by key, kept in the node's journal. What was not written for 30 days is forgotten. A failing disk is told and
 * does not fail a report: until the process ends the value is known all the same. Values go through JSON.
 */
export interface ChannelMemory {
  get(key: string): Promise<unknown>
  put(key: string, value: unknown): Promise<void>
  forget(key: string): Promise<void>
}

/**
 * A way to tell people. One file in `src/notify/<channel>/` implements it and one folder in `nodes/audit-notify-<channel>/` shows
 * its dialog; throttle, quiet hours, grouping, order, retry, journal, counters and templates are around it for all of them
 * (`dispatcher.ts`, `nodes/shared/notify-node.ts`). docs/extending.md shows how to write one.
 */
export interface ChannelDefinition {
  /** e.g. `slack`; the node is `audit-notify-slack`. */
  readonly name: string
  /** Texts that a template may give, e.g. `title`, `text`, `html`, each with how it is escaped. */
  readonly fields: readonly { readonly name: string; readonly escape: Escape }[]
  /** Whether a template may give a whole document, and how its strings are escaped. */
  readonly document?: Escape
  /** What is wrong with a document before its strings are rendered; found at deploy. Undefined where nothing is. */
  readonly documentProblem?: (document: unknown) => string | undefined
  /** Reports per second to one target, on average, and how many at once; the service's documented limit. */
  readonly rate: { readonly perSecond: number; readonly burst: number }
  /**
   * Whether sending the same report again has no second effect: the service recognises it, or the channel looks first. Only such
   * a channel is tried again when it is not known whether a request was carried out; others only if the user says so.
   */
  readonly idempotent: boolean
  /** Whether reports of one matter join in one ticket, and some end it: groups are then made of one matter each, not of one event type. */
  readonly tickets?: boolean
  /** @throws OperatorError `NOTIFY_CONFIG`, naming each mandatory setting that is missing and each that cannot be */
  open(config: ChannelConfig, tools: ChannelTools): Channel
}

export interface Channel {
  /** Where it goes, for statuses, throttle keys and order: `#security`, `soc@example.net`; never a secret. */
  readonly target: string
  /** Where the settings decide it, e.g. by the kind of room; else the definition's. */
  readonly rate?: ChannelDefinition['rate']
  /** Rejects with a {@link NotifyError}. */
  send(report: Report, signal?: AbortSignal): Promise<Sent>
  /** One try with the settings as they are, without telling anybody where the service allows it; answers what was found, in a sentence. */
  test(signal?: AbortSignal): Promise<string>
  close(): Promise<void>
}

/** What the channel answered; goes to output 1 as `msg.sent`. */
export interface Sent {
  /** Of the message, ticket or alert, as the service calls it. */
  readonly id?: string
  /** For people. */
  readonly url?: string
  /** `commented`, `resolved`: an open ticket was found; `repeated`: the service knew it already. */
  readonly did: 'sent' | 'opened' | 'commented' | 'resolved' | 'repeated' | 'nothing'
  /** What did not get through although the rest did, e.g. mail recipients that were refused. */
  readonly incomplete?: string
  readonly [extra: string]: unknown
}

export type NotifyFailure =
  | 'config'
  | 'auth'
  | 'invalid'
  | 'not_found'
  | 'too_large'
  /** Try again after `retryAfterMs`. */
  | 'rate_limited'
  /** Not carried out; try again. */
  | 'transient'
  /** Nobody knows whether it was carried out (no answer came). */
  | 'unknown'

/** Codes are `NOTIFY_` and the kind, e.g. `NOTIFY_RATE_LIMITED`. Texts never contain a secret. */
export class NotifyError extends OperatorError {
  readonly kind: NotifyFailure
  readonly retryAfterMs: number | undefined

  constructor(
    kind: NotifyFailure,
    message: string,
    options: { remedy?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    const retryable = kind === 'rate_limited' || kind === 'transient' || kind === 'unknown'
    super(`NOTIFY_${kind.toUpperCase()}`, message, { ...options, retryable })
    this.kind = kind
    this.retryAfterMs = options.retryAfterMs
  }
}
