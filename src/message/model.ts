import type { CadfEvent } from '../cadf/event'
import type { Exposure } from '../exposure/model'
import type { Notification } from '../notification/model'
import type { Scan } from '../qualys/model'

/**
 * What travels through a flow. Only JSON-like data: Node-RED deep-clones a message at every branch, so nothing alive
 * (channel, socket, class instance) may hang on it. See docs/message.md.
 */
export interface OccurrenceMessage {
  _msgid?: string
  /** The event type. */
  topic: string
  /** The payload as the source published it. */
  payload: unknown
  event: CadfEvent
  notification: Notification
  exposure?: Exposure
  scan?: Scan
  /** Token of the delivery that this message belongs to; clones carry it. */
  _delivery?: string
  [extra: string]: unknown
}

/** One occurrence inside a batch. */
export interface BatchMember {
  topic: string
  payload: unknown
  event: CadfEvent
  notification: Notification
  exposure?: Exposure
}

/** A batch is one message; it has no `event` of its own. */
export interface BatchMessage {
  _msgid?: string
  topic: string
  payload: BatchMember[]
  batch: BatchInfo
  exposure?: Exposure
  scan?: Scan
  _delivery?: string
  [extra: string]: unknown
}

export interface BatchInfo {
  readonly id: string
  readonly key: string
  readonly count: number
  /** ISO 8601 times of the first and the last arrival. */
  readonly from: string
  readonly to: string
  readonly reason: 'time' | 'count' | 'flush'
}
