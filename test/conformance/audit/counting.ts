import assert from 'node:assert/strict'
import type { OpenStore } from '../audit-store'
import { coded, DAY, filter, MINUTE, MORNING, request, SECOND, withAttributes } from './records'
import { sharedStore } from './with-store'

export function counting(open: OpenStore): void {
  const records = [
    withAttributes({ action: 'create', outcome: 'success' }, { time: MORNING }),
    withAttributes({ action: 'create', outcome: 'failure' }, { time: MORNING + SECOND }),
    withAttributes({ action: 'delete', outcome: 'success' }, { time: MORNING + MINUTE - 1 }),
    withAttributes({ action: 'Zap', outcome: 'success' }, { time: MORNING + MINUTE }),
    withAttributes({ action: 'ändern' }, { time: MORNING + 5 * MINUTE }),
    withAttributes({ outcome: 'success' }, { time: MORNING + 2 * DAY, tenants: [] }),
  ]
  const store = sharedStore(open, (store) => store.insert(records))

  it('counts exactly', async () => {
    assert.equal(await store().count(filter()), 6)
    assert.equal((await store().list(request({ limit: 1, total: true }))).total, 6)
    const where = [{ negated: false, anyOf: [{ attribute: 'outcome', how: 'exact', values: ['success'] } as const] }]
    assert.equal(await store().count(filter({ where })), 4)
    assert.equal(await store().count(filter({ where, from: MORNING + MINUTE })), 2)
  })

  const distinct = { filter: filter(), attribute: 'action', limit: 100 } as const
  it('lists values by code point, without those that lack one', async () => {
    assert.deepEqual(await store().distinct({ ...distinct, order: 'value', counts: false }), [
      { value: 'Zap' },
      { value: 'create' },
      { value: 'delete' },
      { value: 'ändern' },
    ])
  })

  it('lists values by how often they occur, then by code point', async () => {
    assert.deepEqual(await store().distinct({ ...distinct, order: 'count', counts: true }), [
      { value: 'create', count: 2 },
      { value: 'Zap', count: 1 },
      { value: 'delete', count: 1 },
      { value: 'ändern', count: 1 },
    ])
  })

  it('lists the first so many', async () => {
    assert.deepEqual(await store().distinct({ ...distinct, limit: 2, order: 'value', counts: true }), [
      { value: 'Zap', count: 1 },
      { value: 'create', count: 2 },
    ])
    assert.deepEqual(await store().distinct({ ...distinct, limit: 2, order: 'count', counts: true }), [
      { value: 'create', count: 2 },
      { value: 'Zap', count: 1 },
    ])
  })

  it('lists the values of what the filter leaves', async () => {
    const early = { ...distinct, filter: filter({ to: MORNING + MINUTE }) }
    assert.deepEqual(await store().distinct({ ...early, order: 'value', counts: true }), [
      { value: 'create', count: 2 },
      { value: 'delete', count: 1 },
    ])
    const nobody = { ...distinct, attribute: 'severity' } as const
    assert.deepEqual(await store().distinct({ ...nobody, order: 'value', counts: true }), [])
  })

  it('counts by spans of time that begin at multiples, and leaves out the empty ones', async () => {
    assert.deepEqual(await store().histogram({ filter: filter(), interval: MINUTE, maxBuckets: 100 }), [
      { time: MORNING, count: 3 },
      { time: MORNING + MINUTE, count: 1 },
      { time: MORNING + 5 * MINUTE, count: 1 },
      { time: MORNING + 2 * DAY, count: 1 },
    ])
    const days = await store().histogram({ filter: filter(), interval: DAY, maxBuckets: 100 })
    const midnight = MORNING - (MORNING % DAY)
    assert.deepEqual(days, [
      { time: midnight, count: 5 },
      { time: midnight + 2 * DAY, count: 1 },
    ])
  })

  it('counts within a span by an attribute, what lacks it under the empty string', async () => {
    const request = { filter: filter(), interval: DAY, by: 'outcome', maxBuckets: 100 } as const
    const midnight = MORNING - (MORNING % DAY)
    assert.deepEqual(await store().histogram(request), [
      { time: midnight, count: 5, by: { success: 3, failure: 1, '': 1 } },
      { time: midnight + 2 * DAY, count: 1, by: { success: 1 } },
    ])
  })

  it('answers nothing where nothing is', async () => {
    const nothing = filter({ from: MORNING + 100 * DAY })
    assert.deepEqual(await store().histogram({ filter: nothing, interval: MINUTE, maxBuckets: 100 }), [])
    assert.equal(await store().count(nothing), 0)
  })

  it('says so where there are more spans than wanted', async () => {
    assert.equal((await store().histogram({ filter: filter(), interval: MINUTE, maxBuckets: 4 })).length, 4)
    await assert.rejects(
      store().histogram({ filter: filter(), interval: MINUTE, maxBuckets: 3 }),
      coded('AUDIT_TOO_WIDE'),
    )
  })
}
