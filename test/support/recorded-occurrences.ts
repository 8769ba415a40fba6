import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cadfEvent } from '../../src/cadf/convert'
import type { BatchMember } from '../../src/message/model'
import { decodeNotification } from '../../src/notification/envelope'

const folder = join(__dirname, '../fixtures/recordings')

/** The messages of a recording as `openstack-notification-in` sends them, in order of arrival. */
export function recordedOccurrences(file: string): BatchMember[] {
  return readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { body, exchange } = JSON.parse(line) as { body: string; exchange: string }
      const { notification, payload } = decodeNotification(body, { kind: 'rabbitmq', cloud: 'lab', exchange })
      return { topic: notification.eventType, payload, event: cadfEvent(notification, payload), notification }
    })
}
