import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { OpenStore } from '../audit-store'
import { auditRecord, DAY, EVERYTHING, filter, found, idsOf, MORNING, request } from './records'
import { withStore } from './with-store'

export function retention(open: OpenStore): void {
  const old = MORNING - 90 * DAY

  it('removes what is older than a time, and nothing at it', () =>
    withStore(open, async (store) => {
      const gone = [auditRecord({ time: old }), auditRecord({ time: MORNING - 1 })]
      const kept = [auditRecord({ time: MORNING }), auditRecord({ time: MORNING + 1 })]
      await store.insert([...gone, ...kept])
      assert.equal(await store.deleteBefore(MORNING, { exceptTenants: [] }), 2)
      assert.deepEqual((await found(store)).sort(), idsOf(kept).sort())
      assert.equal(await store.count(filter()), 2)
      for (const record of gone) assert.equal(await store.get(EVERYTHING, record.id), undefined)
      assert.equal((await store.size()).events, 2)
      assert.equal((await store.size()).oldest, MORNING)
      assert.equal(await store.deleteBefore(MORNING, { exceptTenants: [] }), 0)
    }))

  it('removes both phases of an operation', () =>
    withStore(open, async (store) => {
      const pending = auditRecord({ phase: 'pending', time: old })
      await store.insert([pending, auditRecord({ id: pending.id, time: old + 1 })])
      assert.equal(await store.deleteBefore(MORNING, { exceptTenants: [] }), 2)
      assert.equal((await store.size()).events, 0)
    }))

  it('removes the events of one tenant of one cloud', () =>
    withStore(open, async (store) => {
      const gone = auditRecord({ time: old, tenants: ['default'] })
      const young = auditRecord({ time: MORNING, tenants: ['default'] })
      const elsewhere = auditRecord({ time: old, tenants: ['default'], cloud: 'other' })
      const others = auditRecord({ time: old, tenants: ['b'] })
      const nobodys = auditRecord({ time: old, tenants: [] })
      await store.insert([gone, young, elsewhere, others, nobodys])
      assert.equal(await store.deleteBefore(MORNING, { tenant: { cloud: 'lab', id: 'default' } }), 1)
      assert.deepEqual((await found(store)).sort(), idsOf([young, elsewhere, others, nobodys]).sort())
    }))

  it('keeps an event of two tenants until both let it go', () =>
    withStore(open, async (store) => {
      const shared = auditRecord({ time: old, tenants: ['a', 'b'] })
      await store.insert([shared])
      assert.equal(await store.deleteBefore(MORNING, { tenant: { cloud: 'lab', id: 'a' } }), 0)
      assert.deepEqual(await found(store, { scope: { tenants: ['b'], cloud: 'lab' } }), [shared.id])
      assert.equal(await store.deleteBefore(MORNING, { tenant: { cloud: 'lab', id: 'b' } }), 1)
      assert.deepEqual(await found(store), [])
    }))

  it('keeps what belongs to tenants with a rule of their own, and what they share', () =>
    withStore(open, async (store) => {
      const ofA = auditRecord({ time: old, tenants: ['a'] })
      const sharedWithA = auditRecord({ time: old, tenants: ['a', 'x'] })
      const ofX = auditRecord({ time: old, tenants: ['x'] })
      const ofNamesake = auditRecord({ time: old, tenants: ['a'], cloud: 'other' })
      const nobodys = auditRecord({ time: old, tenants: [] })
      await store.insert([ofA, sharedWithA, ofX, ofNamesake, nobodys])
      assert.equal(await store.deleteBefore(MORNING, { exceptTenants: [{ cloud: 'lab', id: 'a' }] }), 3)
      assert.deepEqual((await found(store)).sort(), idsOf([ofA, sharedWithA]).sort())
      assert.equal(await store.deleteBefore(MORNING, { tenant: { cloud: 'lab', id: 'a' } }), 2)
      assert.deepEqual(await found(store), [])
    }))

  it('leaves a chain that is whole, and tells what retention removed', () =>
    withStore(open, async (store) => {
      const records = Array.from({ length: 40 }, (_, number) => auditRecord({ time: old + number * 5 * DAY }))
      await store.insert(records)
      const before = await store.checkpoint()
      const removed = await store.deleteBefore(old + 100 * DAY, { exceptTenants: [] })
      assert.equal(removed, 20)
      const report = await store.verify([before, await store.checkpoint()])
      assert.deepEqual(report.findings, [])
      assert.equal(report.ok, true)
      assert.equal(report.retired, 20)
      assert((await store.checkpoint()).position > before.position, 'the removal itself stands in the chain')
    }))

  it('removes the oldest until it takes no more than so many bytes', () =>
    withStore(open, async (store) => {
      // Nothing that compresses: the events are most of what the store takes.
      const records = Array.from({ length: 1_200 }, (_, number) =>
        auditRecord({
          time: MORNING - (1_200 - number) * (DAY / 10),
          body: JSON.stringify({ number, filler: randomBytes(1_500).toString('base64') }),
        }),
      )
      for (let begin = 0; begin < records.length; begin += 300) await store.insert(records.slice(begin, begin + 300))
      const { bytes } = await store.size()
      assert(bytes > 0)
      const target = Math.ceil(bytes * 0.6)
      const removed = await store.deleteDownTo(target)
      assert(removed > 0 && removed < 1_200, `${removed} removed`)
      const size = await store.size()
      assert(size.bytes <= target, `${size.bytes} of ${target} bytes`)
      assert.equal(size.events, 1_200 - removed)
      const left = (await store.list(request({ limit: 2_000, sort: [{ by: 'time', descending: false }] }))).events
      assert.deepEqual(idsOf(left), idsOf(records.slice(removed)))
      assert.equal((await store.verify([])).ok, true)
      assert.equal(await store.deleteDownTo(bytes * 2), 0)
    }))
}
