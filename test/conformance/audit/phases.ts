import assert from 'node:assert/strict'
import type { AuditRecord } from '../../../src/audit/model'
import type { OpenStore } from '../audit-store'
import { asStored, auditRecord, EVERYTHING, filter, found, MINUTE, MORNING, request, withoutSequence } from './records'
import { withStore } from './with-store'

function operation(): { pending: AuditRecord; final: AuditRecord } {
  const pending = auditRecord({
    phase: 'pending',
    time: MORNING,
    body: '{"outcome":"pending"}',
    attributes: { action: 'create', outcome: 'pending', cloud: 'lab' },
  })
  const final = auditRecord({
    id: pending.id,
    time: MORNING + MINUTE,
    body: '{"outcome":"success"}',
    attributes: { action: 'create', outcome: 'success', cloud: 'lab' },
  })
  return { pending, final }
}

export function phases(open: OpenStore): void {
  for (const order of ['pending first', 'final first', 'both in one batch', 'final first in one batch'] as const) {
    it(`counts and lists an operation once, as its final phase (${order})`, () =>
      withStore(open, async (store) => {
        const { pending, final } = operation()
        const batches = {
          'pending first': [[pending], [final]],
          'final first': [[final], [pending]],
          'both in one batch': [[pending, final]],
          'final first in one batch': [[final, pending]],
        }[order]
        for (const batch of batches) {
          assert.deepEqual(
            await store.insert(batch),
            batch.map(() => 'stored'),
          )
        }
        const page = await store.list(request({ total: true }))
        assert.deepEqual(page.events.map(withoutSequence), [asStored(final)])
        assert.equal(page.total, 1)
        assert.equal(await store.count(filter()), 1)
        const outcomes = { filter: filter(), attribute: 'outcome', limit: 10, order: 'value', counts: true } as const
        assert.deepEqual(await store.distinct(outcomes), [{ value: 'success', count: 1 }])
        const buckets = await store.histogram({ filter: filter(), interval: MINUTE, maxBuckets: 10 })
        assert.deepEqual(buckets, [{ time: MORNING + MINUTE, count: 1 }])
        const where = [
          { negated: false, anyOf: [{ attribute: 'outcome', how: 'exact', values: ['pending'] } as const] },
        ]
        assert.deepEqual(await found(store, { where }), [])
        assert.equal((await store.size()).events, 2)
      }))

    it(`hands out both phases when asked for the event (${order})`, () =>
      withStore(open, async (store) => {
        const { pending, final } = operation()
        const batches = order.endsWith('one batch') ? [[pending, final]] : [[pending], [final]]
        if (order.startsWith('final first')) for (const batch of batches.reverse()) batch.reverse()
        for (const batch of batches) await store.insert(batch)
        const got = await store.get(EVERYTHING, pending.id)
        assert(got?.pending !== undefined)
        assert.deepEqual(withoutSequence(got.event), asStored(final))
        assert.deepEqual(withoutSequence(got.pending), asStored(pending))
      }))
  }

  it('lists what is pending while nothing came of it', () =>
    withStore(open, async (store) => {
      const { pending } = operation()
      await store.insert([pending])
      assert.deepEqual((await store.list(request({ total: true }))).total, 1)
      const got = await store.get(EVERYTHING, pending.id)
      assert.deepEqual(got && withoutSequence(got.event), asStored(pending))
      assert.equal(got?.pending, undefined)
    }))

  it('does not show the pending phase to whom only the final one concerns', () =>
    withStore(open, async (store) => {
      const { pending, final } = operation()
      await store.insert([
        { ...pending, tenants: ['project-a'] },
        { ...final, tenants: ['project-b'] },
      ])
      const got = await store.get({ tenants: ['project-b'], cloud: 'lab' }, final.id)
      assert.equal(got?.event.phase, 'final')
      assert.equal(got?.pending, undefined)
    }))

  it('leaves the pending phase to a tenant whom the final one does not concern', () =>
    withStore(open, async (store) => {
      const { pending, final } = operation()
      const of = (tenants: readonly string[]) => filter({ scope: { tenants, cloud: 'lab' } })
      const seenBy = async (tenants: readonly string[]) => {
        const { events, total } = await store.list(request({ filter: of(tenants), total: true }))
        assert.equal(total, events.length)
        return events.map(({ phase }) => phase)
      }
      await store.insert([{ ...pending, tenants: ['project-a', 'project-b'] }])
      await store.insert([{ ...final, tenants: ['project-b'] }])
      assert.deepEqual(await seenBy(['project-a']), ['pending'])
      assert.deepEqual(await seenBy(['project-b']), ['final'])
      assert.equal(await store.count(filter()), 1)
      const got = await store.get({ tenants: ['project-a'], cloud: 'lab' }, pending.id)
      assert.deepEqual([got?.event.phase, got?.pending], ['pending', undefined])
    }))

  for (const order of ['final first', 'both in one batch', 'final first in one batch'] as const) {
    it(`leaves it to that tenant in counts and exports, too (${order})`, () =>
      withStore(open, async (store) => {
        const both = operation()
        const pending = { ...both.pending, tenants: ['project-a', 'project-b'] }
        const final = { ...both.final, tenants: ['project-b'] }
        const batches = {
          'final first': [[final], [pending]],
          'both in one batch': [[pending, final]],
          'final first in one batch': [[final, pending]],
        }[order]
        for (const batch of batches) await store.insert(batch)
        for (const [tenant, phase, outcome] of [
          ['project-a', 'pending', 'pending'],
          ['project-b', 'final', 'success'],
        ] as const) {
          const seen = filter({ scope: { tenants: [tenant], cloud: 'lab' } })
          const exported: string[] = []
          for await (const portion of store.export({ filter: seen, order: 'oldest-first' })) {
            exported.push(...portion.map((event) => event.phase))
          }
          assert.deepEqual(exported, [phase])
          assert.equal(await store.count(seen), 1)
          const outcomes = { filter: seen, attribute: 'outcome', limit: 10, order: 'value', counts: true } as const
          assert.deepEqual(await store.distinct(outcomes), [{ value: outcome, count: 1 }])
        }
      }))
  }

  it('keeps operations of two clouds with the same id apart', () =>
    withStore(open, async (store) => {
      const { pending, final } = operation()
      await store.insert([pending, { ...final, cloud: 'other' }])
      assert.equal(await store.count(filter()), 2)
    }))

  it('takes both phases of the same operation each once', () =>
    withStore(open, async (store) => {
      const { pending, final } = operation()
      assert.deepEqual(await store.insert([pending, final, pending, final]), [
        'stored',
        'stored',
        'repeated',
        'repeated',
      ])
      assert.deepEqual(await store.insert([final, pending]), ['repeated', 'repeated'])
    }))
}
