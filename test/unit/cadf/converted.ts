import assert from 'node:assert/strict'
import { cadfEvent } from '../../../src/cadf/convert'
import type { CadfEvent } from '../../../src/cadf/event'
import { cadfViolations } from '../../../src/cadf/validate'
import type { Notification } from '../../../src/notification/model'

/** A notification of Neutron, but for what is given. */
const notification = (eventType: string, rest: Partial<Notification> = {}): Notification => ({
  messageId: 'm1',
  eventType,
  publisherId: 'network.controller1',
  priority: 'INFO',
  timestamp: '2026-11-21T06:51:16.704739+00:00',
  context: { userId: 'u1', userName: 'alice', projectId: 'p1' },
  source: { kind: 'rabbitmq', cloud: 'lab', exchange: 'neutron' },
  ...rest,
})

/** The CADF event, which is valid whatever is converted. */
export function convert(eventType: string, payload: unknown, rest: Partial<Notification> = {}): CadfEvent {
  const event = cadfEvent(notification(eventType, rest), payload)
  assert.deepEqual(cadfViolations(event), [])
  return event
}
