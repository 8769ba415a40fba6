import assert from 'node:assert/strict'
import { ATTRIBUTES } from '../../../../src/audit/attributes'
import type { AuditRecord } from '../../../../src/audit/model'
import { LARGEST_BODY } from '../../../../src/audit/record/bounded'
import { recordOf } from '../../../../src/audit/record/record-of'
import { cadfEvent } from '../../../../src/cadf/convert'
import { isKnown } from '../../../../src/cadf/identity'
import { OperatorError } from '../../../../src/errors/operator-error'
import { decodeNotification } from '../../../../src/notification/envelope'
import { mutatedBody } from '../../../fuzz/bodies'
import { recordedBodies } from '../../../fuzz/fuzz'
import { randomOf } from '../../../fuzz/random'

/** Undefined for what is refused on its way to the trail. */
function stored(body: Buffer | string): AuditRecord | undefined {
  try {
    const { notification, payload } = decodeNotification(body, { kind: 'rabbitmq', cloud: 'lab' }, { receivedAt: 0 })
    return recordOf({ event: cadfEvent(notification, payload), notification }, { cloud: 'lab', now: 0 })
  } catch (thrown) {
    assert.ok(thrown instanceof OperatorError && thrown.code.startsWith('ENVELOPE_'), String(thrown))
    return undefined
  }
}

describe('Records of 4,000 damaged messages', function () {
  this.timeout(60_000)
  it('are such as an engine can store, and the same when the message comes again', () => {
    const recorded = recordedBodies()
    const random = randomOf(4)
    const known: ReadonlySet<string> = new Set(ATTRIBUTES)
    let records = 0
    for (let n = 0; n < 4000; n += 1) {
      const body = mutatedBody(recorded, random)
      const record = stored(body)
      if (record === undefined) continue
      records += 1
      const shown = body.toString().slice(0, 2000)
      assert.deepEqual(stored(body), record, shown)
      assert.ok(record.id.length > 0 && record.id.length <= 256, shown)
      assert.ok(Number.isSafeInteger(record.time), shown)
      assert.ok(record.body.length <= LARGEST_BODY, shown)
      const event = JSON.parse(record.body)
      assert.equal(typeof event.id, 'string', shown)
      assert.match(record.contentHash, /^[0-9a-f]{64}$/)
      assert.equal(new Set(record.tenants).size, record.tenants.length, shown)
      for (const tenant of record.tenants) assert.ok(isKnown(tenant) && tenant.length <= 255, shown)
      for (const [name, value] of Object.entries(record.attributes)) {
        assert.ok(known.has(name), name)
        assert.ok(typeof value === 'string' && isKnown(value) && value.length <= 1024, `${name}: ${shown}`)
      }
      for (const value of Object.values(record.notification))
        assert.ok(typeof value === 'string' && value !== '', shown)
    }
    assert.ok(records > 3000, `${records}`)
  })
})
