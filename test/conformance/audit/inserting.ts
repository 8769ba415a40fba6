import assert from 'node:assert/strict'
import { indexedValue } from '../../../src/audit/indexed-value'
import type { OpenStore } from '../audit-store'
import { asStored, auditRecord, filter, found, idsOf, MORNING, request, withoutSequence } from './records'
import { withStore } from './with-store'

export function inserting(open: OpenStore): void {
  it('answers for each record in order, and hands out what it was given', () =>
    withStore(open, async (store) => {
      const plain = auditRecord()
      const rich = auditRecord({
        notification: {
          messageId: 'c2a3',
          eventType: 'identity.user.created',
          publisherId: 'identity.host1',
          priority: 'INFO',
          timestamp: '2026-11-21 06:00:00.000001',
        },
        tenants: ['project-b', 'domain-1'],
        body: '{"id":"x","name":"Zoë \\u0000 \\ud83d\\ude80 🚀","n":1.50,"big":12345678901234567890}',
        added: { 'initiator.project_name': 'billing' },
        time: MORNING + 123_457,
      })
      assert.deepEqual(await store.insert([plain, rich]), ['stored', 'stored'])
      const { events } = await store.list(request())
      assert.deepEqual(events.map(withoutSequence), [asStored(plain), asStored(rich)])
    }))

  it('shows what it has stored at once', () =>
    withStore(open, async (store) => {
      for (let round = 1; round <= 5; round += 1) {
        await store.insert([auditRecord()])
        assert.equal((await found(store)).length, round)
      }
    }))

  it('answers nothing for nothing', () =>
    withStore(open, async (store) => {
      assert.deepEqual(await store.insert([]), [])
      assert.deepEqual(await found(store), [])
    }))

  it('stores the same record once, however often and wherever it comes', () =>
    withStore(open, async (store) => {
      const [first, second] = [auditRecord(), auditRecord()]
      assert.deepEqual(await store.insert([first, first]), ['stored', 'repeated'])
      assert.deepEqual(await store.insert([second, first]), ['stored', 'repeated'])
      assert.deepEqual((await found(store)).sort(), [first.id, second.id].sort())
    }))

  it('takes a record for repeated whose content is the same though its text is not', () =>
    withStore(open, async (store) => {
      const fromBus = auditRecord({ body: '{"a":1,"b":2}', contentHash: 'same' })
      const fromLog = { ...fromBus, body: '{"b":2,"a":1}' }
      await store.insert([fromBus])
      assert.deepEqual(await store.insert([fromLog]), ['repeated'])
      assert.equal((await store.list(request())).events[0]?.body, fromBus.body)
    }))

  it('never overwrites: other content under a known key is a conflict, also within one batch', () =>
    withStore(open, async (store) => {
      const original = auditRecord({ body: '{"n":1}' })
      const other = { ...original, body: '{"n":2}', contentHash: 'other' }
      assert.deepEqual(await store.insert([original, other]), ['stored', 'conflict'])
      assert.deepEqual(await store.insert([other, original]), ['conflict', 'repeated'])
      const { events } = await store.list(request())
      assert.deepEqual(events.map(withoutSequence), [asStored(original)])
    }))

  it('knows an event apart by cloud and by month', () =>
    withStore(open, async (store) => {
      const here = auditRecord()
      const there = { ...here, cloud: 'other' }
      assert.deepEqual(await store.insert([here, there]), ['stored', 'stored'])
      const longAgo = auditRecord({ time: MORNING - 400 * 86_400 * 1_000_000 })
      assert.deepEqual(await store.insert([longAgo]), ['stored'])
      assert.deepEqual(await store.insert([longAgo, there]), ['repeated', 'repeated'])
      assert.equal((await found(store)).length, 3)
    }))

  it('takes the same key at another time for a conflict', () =>
    withStore(open, async (store) => {
      const original = auditRecord()
      await store.insert([original])
      const moved = { ...original, time: original.time - 60 * 86_400 * 1_000_000, contentHash: 'moved' }
      assert.deepEqual(await store.insert([moved]), ['conflict'])
      assert.equal((await found(store)).length, 1)
    }))

  it('numbers events in the order in which they came', () =>
    withStore(open, async (store) => {
      const late = auditRecord({ time: MORNING + 5 })
      const early = auditRecord({ time: MORNING })
      await store.insert([late])
      await store.insert([early])
      const { events } = await store.list(request())
      assert.deepEqual(idsOf(events), [late.id, early.id])
      const [first, second] = events
      assert(first !== undefined && second !== undefined)
      assert(first.sequence >= 1 && second.sequence > first.sequence)
    }))

  it('keeps each record once when many batches come at the same time', () =>
    withStore(open, async (store) => {
      const records = Array.from({ length: 60 }, () => auditRecord())
      const batches = Array.from({ length: 12 }, (_, batch) => records.slice(batch * 5, batch * 5 + 10))
      const outcomes = (await Promise.all(batches.map((batch) => store.insert(batch)))).flat()
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 60)
      assert.equal(outcomes.filter((outcome) => outcome === 'repeated').length, outcomes.length - 60)
      const { events, total } = await store.list(request({ total: true }))
      assert.equal(total, 60)
      assert.equal(new Set(events.map((event) => event.sequence)).size, 60)
    }))

  it('takes contents of any length, attributes as long as the trail hands them over, and any characters', () =>
    withStore(open, async (store) => {
      const path = indexedValue(`/v2.0/${'ports/ü🚀'.repeat(6_000)}?a=1`)
      const name = 'Robert\'); DROP TABLE "events"; -- * \\ % _ \u0007 🚀'
      const body = JSON.stringify({ requestPath: 'ports/ü🚀'.repeat(60_000) })
      const odd = auditRecord({ body, attributes: { request_path: path, initiator_name: name, cloud: 'lab' } })
      assert.deepEqual(await store.insert([odd]), ['stored'])
      for (const [attribute, value] of [
        ['request_path', path],
        ['initiator_name', name],
      ] as const) {
        const where = [{ negated: false, anyOf: [{ attribute, how: 'exact' as const, values: [value] }] }]
        const { events } = await store.list(request({ filter: filter({ where }) }))
        assert.deepEqual(events.map(withoutSequence), [asStored(odd)], attribute)
        const values = await store.distinct({ filter: filter(), attribute, limit: 10, order: 'value', counts: false })
        assert.deepEqual(values, [{ value }])
      }
    }))
}
