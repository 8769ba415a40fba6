import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { type Batch, isBatch, partOfBatch } from '../../../../src/cadf/rules/batch'
import type { Exposure } from '../../../../src/exposure/model'
import { occurrence } from '../../../support/occurrence'

function exposed(address: string): Exposure {
  const addresses = [{ address, family: 4, kind: 'floating', global: true, portId: `port-${address}` }] as const
  const change = { kind: 'sg_rule_add', messageId: address, eventId: address, resourceId: address, scan: true } as const
  return { changes: [{ ...change, addresses }], addresses }
}

function batch(exposures?: Exposure[]): Batch {
  const members = ['a', 'b', 'c'].map((id, i) => {
    const exposure = exposures?.[i]
    return occurrence(id, exposure === undefined ? {} : { exposure })
  })
  const info = { id: 'batch-1', key: '', count: 3, from: 'f', to: 't', reason: 'time' }
  return { topic: 'batch', payload: members, batch: info, _delivery: 'token', _msgid: 'm' }
}

describe('A part of a batch', () => {
  it('holds the members named and counts them', () => {
    const part = partOfBatch(batch(), [0, 2]) as Batch
    assert.deepEqual(
      part.payload.map((member) => (member['notification'] as { messageId: string }).messageId),
      ['a', 'c'],
    )
    assert.equal(part.batch['count'], 2)
    assert.equal(part['_delivery'], 'token')
    assert.equal(part['topic'], 'batch')
  })

  it('is a batch of its own, the same one every time', () => {
    const ids = ([[0], [1], [0, 2], [1, 2]] as const).map((kept) => (partOfBatch(batch(), kept) as Batch).batch.id)
    assert.equal(new Set([...ids, 'batch-1']).size, 5)
    assert.ok(ids.every((id) => id.startsWith('batch-1-')))
    assert.equal((partOfBatch(batch(), [0, 2]) as Batch).batch.id, ids[2])
  })

  it('is the batch itself where nothing was taken out', () => {
    const whole = batch()
    assert.equal(partOfBatch(whole, [0, 1, 2]), whole)
  })

  it('carries only what was looked up for its own members', () => {
    const exposures = [exposed('203.0.113.1'), exposed('203.0.113.2'), exposed('203.0.113.3')]
    const all = { ...batch(exposures), exposure: exposed('203.0.113.1') }
    const part = partOfBatch(all, [1, 2])
    const addresses = (part['exposure'] as Exposure).addresses.map(({ address }) => address)
    assert.deepEqual(addresses, ['203.0.113.2', '203.0.113.3'])
  })

  it('carries nothing looked up where that cannot be told apart', () => {
    const part = partOfBatch({ ...batch(), exposure: exposed('203.0.113.1') }, [1])
    assert.equal('exposure' in part, false)
  })

  it('is not made of what only claims to be a batch', () => {
    assert.equal(isBatch({ payload: [] }), false)
    for (const message of [
      { batch: {}, payload: [] },
      { batch: { id: 'x' }, payload: 'y' },
      { batch: { id: 'x' }, payload: [7] },
    ]) {
      assert.throws(() => isBatch(message), { code: 'FILTER_BATCH_SHAPE' })
    }
  })
})
