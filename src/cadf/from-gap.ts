import type { Notification } from '../notification/model'
import { type CadfEvent, type CadfResource, EVENT_TYPE_URI } from './event'

/** Whether a notification is a source's own report that it may have missed some; see src/notification/gap.ts. */
export function isGap(notification: Notification): boolean {
  return notification.eventType.startsWith('gap.')
}

/** This package saw, reports and is the one to whom it happened; the target is what was not heard. */
export function fromGap(notification: Notification, payload: unknown): CadfEvent {
  const fields = typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {}
  const subject = typeof fields['subject'] === 'string' ? fields['subject'] : notification.eventType
  const listener: CadfResource = {
    id: notification.publisherId ?? 'openstack-notification-in',
    typeURI: 'service/oss/monitoring',
    name: notification.publisherId ?? 'openstack-notification-in',
  }
  return {
    typeURI: EVENT_TYPE_URI,
    id: notification.messageId,
    eventType: 'activity',
    eventTime: notification.timestamp,
    action: 'receive',
    outcome: 'failure',
    initiator: listener,
    target: {
      id: subject,
      typeURI: notification.source.kind === 'log-file' ? 'data/file/log' : 'data/message',
      name: subject,
    },
    observer: listener,
    reason: {
      reasonType: typeof fields['reason'] === 'string' ? fields['reason'] : 'notifications may be missing',
      reasonCode: notification.eventType,
    },
    attachments: [{ typeURI: 'mime:application/json', name: 'gap', content: payload }],
  }
}
