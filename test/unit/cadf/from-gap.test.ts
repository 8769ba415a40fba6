import assert from 'node:assert/strict'
import { cadfEvent } from '../../../src/cadf/convert'
import { cadfViolations } from '../../../src/cadf/validate'
import { decodeNotification } from '../../../src/notification/envelope'
import { gapBody, gapNotification } from '../../../src/notification/gap'

describe('The CADF event of a gap', () => {
  it('names what was not heard, from when to when', () => {
    const gap = {
      eventType: 'gap.log-file',
      from: '2026-11-21T06:00:00+00:00',
      to: '2026-11-21T07:00:00+00:00',
      subject: '/var/log/neutron.log',
      reason: 'truncated',
      details: { offset: 7 },
    } as const
    const { notification, payload } = gapNotification(gap, { kind: 'log-file', cloud: 'lab', file: gap.subject })
    const event = cadfEvent(notification, payload)
    assert.deepEqual(cadfViolations(event), [])
    assert.equal(event.outcome, 'failure')
    assert.equal(event.target.id, '/var/log/neutron.log')
    assert.equal(event.target.typeURI, 'data/file/log')
    assert.deepEqual(event.reason, { reasonType: 'truncated', reasonCode: 'gap.log-file' })
    assert.equal(event.eventTime, gap.to)
    const read = decodeNotification(gapBody(gap, notification.source), notification.source)
    assert.deepEqual(read, { notification, payload })
    const elsewhere = gapNotification({ ...gap, details: { offset: 8 } }, notification.source)
    assert.notEqual(elsewhere.notification.messageId, notification.messageId)
    const again = gapNotification({ ...gap, to: '2026-11-21T07:00:05+00:00' }, notification.source)
    assert.equal(again.notification.messageId, notification.messageId)
  })
})
