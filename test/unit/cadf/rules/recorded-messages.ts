import { cadfEvent } from '../../../../src/cadf/convert'
import { decodeNotification } from '../../../../src/notification/envelope'
import { recorded } from '../../notification/recordings'

/** The recorded notifications as messages of a flow. */
export function messagesOf(file: string): Record<string, unknown>[] {
  return recorded(file).map(({ body, exchange }) => {
    const { notification, payload } = decodeNotification(body, { kind: 'rabbitmq', cloud: 'lab', exchange })
    return { topic: notification.eventType, payload, event: cadfEvent(notification, payload), notification }
  })
}
