import type { Node, NodeAPI, NodeDef } from 'node-red'
import type { Conversion } from '../../src/cadf/conversion'
import type { EventTypeChoice } from '../../src/notification/event-type-patterns'
import type { NodeStatus } from '../shared/status'

/** The node's configuration as the editor stores it: numbers may be texts, fields of later versions may be absent. */
export interface NotificationInConfig extends NodeDef {
  version?: number
  source?: string
  cloud?: string
  include?: string
  ignore?: string
  /** Leave out events of what was only looked at. */
  dropReads?: boolean
  /** Path of an audit map file, for services that this package does not know. */
  auditMap?: string
  /** When a notification is finished: `flow`, `receipt` or `hand`. */
  settle?: string
  window?: number | string
  attempts?: number | string
  /** Minutes. */
  deadline?: number | string
  caught?: boolean
  /** RabbitMQ: the `openstack-bus-config` node, and which notifications of which services go into which queue. */
  bus?: string
  exchanges?: string
  topics?: string
  priorities?: string
  queue?: string
  queueType?: string
  maxMessages?: number | string
  maxMegabytes?: number | string
  /** Seconds. */
  retryDelay?: number | string
  asItIs?: boolean
  shared?: boolean
  /** Log file. */
  file?: string
  start?: string
  deadLetters?: string
}

/** What every kind of source gets to work with. */
export interface SourceSetting {
  readonly RED: NodeAPI
  readonly node: Node
  readonly config: NotificationInConfig
  readonly status: NodeStatus
  readonly wants: EventTypeChoice
  readonly conversion: Conversion
}

/** A source at work. Its errors are its own business: it shows them on the node. */
export interface StartedSource {
  close(): Promise<void>
}

/** A number from the configuration, or the default where there is none or it makes no sense. */
export function numberOr(value: number | string | undefined, otherwise: number, least = 1): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= least ? number : otherwise
}

/** A text from the configuration, or the default where there is none. */
export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}
