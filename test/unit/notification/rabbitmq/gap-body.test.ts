import assert from 'node:assert/strict'
import { cadfEvent } from '../../../../src/cadf/convert'
import { isGap } from '../../../../src/cadf/from-gap'
import { decodeNotification } from '../../../../src/notification/envelope'
import { gapBody } from '../../../../src/notification/rabbitmq/gap-body'
import type { QueueSettings } from '../../../../src/notification/rabbitmq/topology'

const settings: QueueSettings = {
  queue: 'osx.cloud1',
  type: 'quorum',
  retryDelayMs: 30_000,
  asItIs: false,
  shared: false,
  exchanges: ['neutron'],
  routingKeys: ['notifications.info', 'notifications.error'],
}
const from = Date.parse('2026-11-21T07:00:00.000Z')
const to = Date.parse('2026-11-21T07:00:05.500Z')
const read = (body: string) => decodeNotification(body, { kind: 'rabbitmq', cloud: 'lab' })

describe('a gap as a message to ourselves', () => {
  it('is read like any notification and tells exchange, beginning and end', () => {
    const { notification, payload } = read(gapBody({ exchange: 'neutron', from, to, certain: true }, settings, 'lab'))
    assert.equal(notification.eventType, 'gap.rabbitmq.binding')
    assert.ok(isGap(notification))
    assert.equal(notification.added, undefined)
    assert.equal(Date.parse(notification.timestamp), to)
    assert.deepEqual(payload, {
      subject: 'neutron',
      from: '2026-11-21T07:00:00.000Z',
      to: '2026-11-21T07:00:05.500Z',
      reason: 'the queue was not bound to the exchange neutron: nothing published there was received',
      exchange: 'neutron',
      queue: 'osx.cloud1',
      routingKeys: ['notifications.info', 'notifications.error'],
      certain: true,
    })
    const event = cadfEvent(notification, payload)
    assert.equal(event.target.id, 'neutron')
    assert.equal(event.outcome, 'failure')
  })

  it('keeps its id when it is reported again, and differs from other gaps', () => {
    const id = (gap: Parameters<typeof gapBody>[0]) => read(gapBody(gap, settings, 'lab')).notification.messageId
    const one = id({ exchange: 'neutron', from, to, certain: true })
    assert.equal(id({ exchange: 'neutron', from, to: to + 1, certain: true }), one)
    assert.notEqual(id({ exchange: 'nova', from, to, certain: true }), one)
    assert.notEqual(
      id({ exchange: 'neutron', from: undefined, to, certain: false }),
      id({ exchange: 'neutron', from: undefined, to: to + 1, certain: false }),
    )
  })
})
