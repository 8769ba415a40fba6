import type { BackoffPolicy } from '../http/retry'
import type { LineOptions } from './outbox'

/** Carries lines to one syslog server over one socket that lasts. */
export interface SyslogTransport {
  /**
   * Resolves when the transport took the bytes (TCP and UDP have no receipt: it does not mean that the server wrote them).
   * While the server is away the line is held. Rejects with an OperatorError:
   * SYSLOG_FULL, SYSLOG_TAKEN_BACK, SYSLOG_TOO_LONG, SYSLOG_CLOSED.
   */
  write(line: Buffer, options?: LineOptions): Promise<void>
  readonly held: number
  readonly state: TransportState
  /** Waits up to `timeoutMs` for what is on its way, then rejects what is held with SYSLOG_CLOSED. */
  close(timeoutMs: number): Promise<void>
}

export type TransportState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  /** Connected, but the server has taken nothing for a while. */
  | { readonly kind: 'slow'; readonly reason: string }
  | {
      readonly kind: 'away'
      readonly reason: string
      readonly retryInMs: number
      /** It will not heal by itself: certificate, name, configuration. Tried again all the same, at the longest interval. */
      readonly needsPerson: boolean
    }
  | { readonly kind: 'closed' }

export type OnState = (state: TransportState) => void

export interface Reconnecting extends BackoffPolicy {
  /** A connection that held this long starts the waits over. */
  readonly stableMs: number
}

export const RECONNECTING: Reconnecting = { firstMs: 1000, capMs: 60_000, stableMs: 10_000 }
