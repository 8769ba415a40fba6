/** An oslo.messaging notification after its envelope was opened, and where it came from. */
export interface Notification {
  readonly messageId: string
  /** e.g. `security_group_rule.create.end` */
  readonly eventType: string
  /** e.g. `network.controller1`; the Octavia worker sends none. */
  readonly publisherId: string | null
  /** As sent, upper case: `INFO`, `ERROR`, … */
  readonly priority: string
  /** ISO 8601 in UTC with zone; oslo sends naive UTC. */
  readonly timestamp: string
  readonly context: NotificationContext
  readonly source: NotificationSource
  /** Members that the message lacked and that were made up here: `messageId` (from the body's hash), `timestamp` (arrival). */
  readonly added?: readonly string[]
}

/** The request context that oslo flattens to `_context_*`. Tokens are dropped when it is read. */
export interface NotificationContext {
  readonly userId?: string
  readonly userName?: string
  readonly projectId?: string
  readonly projectName?: string
  readonly domainId?: string
  readonly requestId?: string
  readonly globalRequestId?: string
  readonly roles?: readonly string[]
  readonly isAdmin?: boolean
  readonly remoteAddress?: string
}

export interface NotificationSource {
  /** `audit-trail`: replayed from what was stored. */
  readonly kind: 'rabbitmq' | 'log-file' | 'illumio' | 'inject' | 'audit-trail'
  /** Operator's name of the cloud; tenants of two clouds may share ids (`default`). */
  readonly cloud: string
  readonly exchange?: string
  readonly routingKey?: string
  readonly queue?: string
  readonly redelivered?: boolean
  /** Log file: path, and byte offset of the line in it. */
  readonly file?: string
  readonly offset?: number
}
