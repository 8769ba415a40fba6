import { createHash } from 'node:crypto'
import type { Notification, NotificationSource } from './model'

/** An interval in which a source may have missed notifications. */
export interface Gap {
  /** `gap.log-file`, `gap.rabbitmq` */
  readonly eventType: `gap.${string}`
  /** Tells this gap from others of the same subject, also after a crash. Default: its beginning and details. */
  readonly identity?: string
  /** ISO 8601; undefined if nobody knows since when. */
  readonly from: string | undefined
  readonly to: string
  /** What was not heard: the log file's path, the exchange's name. */
  readonly subject: string
  readonly reason: string
  /** Further facts for the payload, such as offsets. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** What this package calls itself where it reports an occurrence of its own. */
export const OWN_PUBLISHER = 'openstack-notification-in'

/**
 * The notification with which a source tells the flow of a gap, so that a trail shows not only what happened but also
 * when nobody was listening. The same gap, reported again after a crash, has the same id.
 */
export function gapNotification(
  gap: Gap,
  source: NotificationSource,
): { notification: Notification; payload: unknown } {
  const identity = [
    source.kind,
    source.cloud,
    gap.eventType,
    gap.subject,
    gap.identity ?? `${gap.from} ${JSON.stringify(gap.details)}`,
  ]
  const messageId = createHash('sha256').update(identity.join('\n')).digest('hex').slice(0, 32)
  return {
    notification: {
      messageId,
      eventType: gap.eventType,
      publisherId: OWN_PUBLISHER,
      priority: 'WARN',
      timestamp: gap.to,
      context: {},
      source,
    },
    payload: payloadOf(gap),
  }
}

/** The same as the body of a message, for a source that has to send it to its own queue first. */
export function gapBody(gap: Gap, source: NotificationSource): string {
  const { notification, payload } = gapNotification(gap, source)
  return JSON.stringify({
    message_id: notification.messageId,
    publisher_id: notification.publisherId,
    event_type: notification.eventType,
    priority: notification.priority,
    timestamp: notification.timestamp,
    payload,
  })
}

function payloadOf({ subject, from, to, reason, details }: Gap): unknown {
  return { subject, ...(from === undefined ? {} : { from }), to, reason, ...details }
}
