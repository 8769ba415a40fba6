import assert from 'node:assert/strict'
import type { AuditRecord, Filling, StoredEvent } from '../../../src/audit/model'
import type { AuditStore } from '../../../src/audit/store'
import type { OpenStore } from '../audit-store'
import {
  asStored,
  auditRecord,
  DAY,
  EVERYTHING,
  filter,
  found,
  idsOf,
  MORNING,
  request,
  withoutSequence,
} from './records'
import { withStore } from './with-store'

const AGED = MORNING - 90 * DAY

function waitingRecord(changes: Partial<AuditRecord> = {}): AuditRecord {
  return auditRecord({ tenants: [], awaitsNames: true, ...changes })
}

/** Of all that awaits something, in order. */
async function fillAll(store: AuditStore, told: (event: StoredEvent) => Partial<Filling>): Promise<void> {
  const waiting = await store.awaiting(0, 1000)
  await store.fillIn(waiting.map((event) => ({ event, added: {}, attributes: {}, tenants: [], ...told(event) })))
}

const seenBy = (tenant: string) => ({ scope: { tenants: [tenant], cloud: 'lab' } })

export function fillingIn(open: OpenStore, reopen?: (closed: AuditStore) => Promise<AuditStore>): void {
  it('is asked for by what still awaits it, in order of arrival, a part at a time', () =>
    withStore(open, async (store) => {
      const records = [waitingRecord(), auditRecord(), waitingRecord({ time: MORNING - DAY }), waitingRecord()]
      await store.insert(records)
      await store.insert(records)
      const waiting = await store.awaiting(0, 10)
      assert.deepEqual(waiting.map(withoutSequence), records.filter(({ awaitsNames }) => awaitsNames).map(asStored))
      assert.deepEqual(idsOf(await store.awaiting(0, 2)), idsOf(waiting.slice(0, 2)))
      assert.deepEqual(idsOf(await store.awaiting(waiting[0]?.sequence ?? 0, 10)), idsOf(waiting.slice(1)))
      await store.fillIn([])
      assert.equal((await store.awaiting(0, 10)).length, 3)
    }))

  it('is shown, found, counted and seen by whom it concerns, and by nobody else', () =>
    withStore(open, async (store) => {
      const record = waitingRecord({
        tenants: ['a'],
        added: { 'initiator.project_name': 'shop' },
        attributes: { cloud: 'lab', action: 'create', outcome: 'success', initiator_id: 'u1', target_id: 't1' },
      })
      const other = auditRecord({ attributes: { cloud: 'lab', action: 'create', initiator_id: 'u1' } })
      await store.insert([record, other])
      assert.deepEqual(await found(store, seenBy('home')), [])
      const before = await store.checkpoint()
      const added = { 'initiator.project_name': 'shop', 'initiator.name': 'ada', 'target.name': 'the router' }
      await fillAll(store, () => ({
        added,
        attributes: { initiator_name: 'ada', initiator_domain_id: 'home', target_name: 'the router' },
        tenants: ['home', 'a'],
      }))
      const stored = { ...asStored(record), added, addedTenants: ['home'] }
      for (const tenant of ['a', 'home']) {
        const scope = { tenants: [tenant], cloud: 'lab' }
        const { events, total } = await store.list(request({ filter: filter({ scope }), total: true }))
        assert.deepEqual(events.map(withoutSequence), [stored])
        assert.equal(total, 1)
        assert.equal(await store.count(filter({ scope })), 1)
        const got = await store.get(scope, record.id)
        assert.deepEqual(got && withoutSequence(got.event), stored)
        for await (const portion of store.export({ filter: filter({ scope }), order: 'oldest-first' })) {
          assert.deepEqual(portion.map(withoutSequence), [stored])
        }
        const names = { filter: filter({ scope }), attribute: 'initiator_name', limit: 9, order: 'value' } as const
        assert.deepEqual(await store.distinct({ ...names, counts: true }), [{ value: 'ada', count: 1 }])
        const buckets = await store.histogram({ filter: filter({ scope }), interval: DAY, maxBuckets: 9 })
        assert.deepEqual(
          buckets.map(({ count }) => count),
          [1],
        )
      }
      for (const scope of [
        { tenants: ['b'], cloud: 'lab' },
        { tenants: ['home'], cloud: 'other' },
      ]) {
        assert.deepEqual(await found(store, { scope }), [])
        assert.equal(await store.get(scope, record.id), undefined)
      }
      const named = (attribute: 'initiator_name' | 'target_name', ...values: string[]) => ({
        where: [{ negated: false, anyOf: [{ attribute, how: 'exact' as const, values }] }],
      })
      assert.deepEqual(await found(store, named('initiator_name', 'ada')), [record.id])
      assert.deepEqual(await found(store, named('target_name', 'the router')), [record.id])
      for (const text of ['ada', 'router']) {
        assert.deepEqual(await found(store, { text: { kind: 'word', text, prefix: false } }), [record.id])
      }
      assert.deepEqual(await found(store, { text: { kind: 'word', text: 't1', prefix: false } }), [record.id])
      const users = { filter: filter(), attribute: 'initiator_id', limit: 9, order: 'value', counts: true } as const
      assert.deepEqual(await store.distinct(users), [{ value: 'u1', count: 2 }])
      assert.deepEqual(await store.awaiting(0, 10), [])
      assert.equal((await store.size()).events, 2)
      const after = await store.checkpoint()
      assert.deepEqual([after.position, after.link], [before.position, before.link])
      const report = await store.verify([before])
      assert.deepEqual([report.ok, report.findings], [true, []])
    }))

  it('may be nothing: then it is not asked for again', () =>
    withStore(open, async (store) => {
      const record = waitingRecord()
      await store.insert([record])
      await fillAll(store, () => ({}))
      assert.deepEqual(await store.awaiting(0, 10), [])
      const got = await store.get(EVERYTHING, record.id)
      assert.deepEqual([got?.event.tenants, got?.event.addedTenants], [[], undefined])
      assert.deepEqual(await store.insert([record]), ['repeated'])
    }))

  for (const order of ['pending first', 'final first'] as const) {
    for (const [who, ofPending, ofFinal, seen] of [
      ['both phases', true, true, ['final']],
      ['the pending phase only', true, false, ['pending']],
      ['the final phase only', false, true, ['final']],
    ] as const) {
      it(`lists an operation once for whom ${who} came to concern (${order})`, () =>
        withStore(open, async (store) => {
          const pending = waitingRecord({
            phase: 'pending',
            tenants: ['a'],
            attributes: { outcome: 'pending', cloud: 'lab' },
          })
          const final = waitingRecord({ id: pending.id, tenants: ['a'] })
          for (const record of order === 'pending first' ? [pending, final] : [final, pending])
            await store.insert([record])
          // One after the other, as they may come in two runs.
          for (const event of await store.awaiting(0, 10)) {
            const concerned = event.phase === 'pending' ? ofPending : ofFinal
            await store.fillIn([{ event, added: {}, attributes: {}, tenants: concerned ? ['home'] : [] }])
          }
          for (const [tenant, expected] of [
            ['home', seen],
            ['a', ['final']],
          ] as const) {
            const { events, total } = await store.list(request({ filter: filter(seenBy(tenant)), total: true }))
            assert.deepEqual(
              events.map(({ phase }) => phase),
              expected,
            )
            assert.equal(total, 1)
            const outcomes = { filter: filter(seenBy(tenant)), attribute: 'outcome', limit: 9, order: 'value' } as const
            assert.equal((await store.distinct({ ...outcomes, counts: true })).length, 1)
          }
          assert.equal(await store.count(filter()), 1)
          assert.deepEqual((await store.verify([])).findings, [])
        }))
    }
  }

  it('keeps the final phase that comes after it from showing the operation twice', () =>
    withStore(open, async (store) => {
      const pending = waitingRecord({ phase: 'pending' })
      await store.insert([pending])
      await fillAll(store, () => ({ tenants: ['home'] }))
      await store.insert([auditRecord({ id: pending.id, tenants: ['home'] })])
      const { events } = await store.list(request({ filter: filter(seenBy('home')) }))
      assert.deepEqual(
        events.map(({ phase }) => phase),
        ['final'],
      )
    }))

  it('keeps the event as long as whom it came to concern wants to have it', () =>
    withStore(open, async (store) => {
      const record = waitingRecord({ time: AGED, tenants: ['a'] })
      await store.insert([record])
      await fillAll(store, () => ({ tenants: ['home'], attributes: { initiator_name: 'ada' } }))
      const home = { cloud: 'lab', id: 'home' }
      assert.equal(await store.deleteBefore(MORNING, { exceptTenants: [home] }), 0)
      assert.equal(await store.deleteBefore(MORNING, { tenant: { cloud: 'lab', id: 'a' } }), 0)
      assert.deepEqual(await found(store, seenBy('home')), [record.id])
      assert.equal(await store.deleteBefore(MORNING, { tenant: home }), 1)
      assert.deepEqual(await found(store), [])
      const names = { filter: filter(), attribute: 'initiator_name', limit: 9, order: 'value', counts: true } as const
      assert.deepEqual(await store.distinct(names), [])
      assert.deepEqual((await store.verify([])).findings, [])
    }))

  it('is left out of what is gone meanwhile', () =>
    withStore(open, async (store) => {
      const [old, young] = [waitingRecord({ time: AGED }), waitingRecord()]
      await store.insert([old, young])
      const waiting = await store.awaiting(0, 10)
      await store.deleteBefore(MORNING, { exceptTenants: [] })
      assert.deepEqual(idsOf(await store.awaiting(0, 1)), [young.id])
      await store.fillIn(waiting.map((event) => ({ event, added: {}, attributes: {}, tenants: ['home'] })))
      assert.deepEqual(await found(store, seenBy('home')), [young.id])
      assert.deepEqual(await store.awaiting(0, 10), [])
    }))

  if (reopen === undefined) return

  it('is awaited, and stays, when the store is opened again', async () => {
    const store = await open()
    const [first, second] = [waitingRecord(), waitingRecord()]
    await store.insert([first, second])
    const [event] = await store.awaiting(0, 1)
    assert(event !== undefined)
    await store.fillIn([{ event, added: { 'initiator.name': 'ada' }, attributes: {}, tenants: ['home'] }])
    await store.close()
    const again = await reopen(store)
    try {
      assert.deepEqual(idsOf(await again.awaiting(0, 10)), [second.id])
      const got = await again.get({ tenants: ['home'], cloud: 'lab' }, first.id)
      assert.deepEqual(got?.event.added, { 'initiator.name': 'ada' })
      assert.deepEqual(await found(again, seenBy('home')), [first.id])
    } finally {
      await again.close()
    }
  })
}
