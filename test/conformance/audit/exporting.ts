import assert from 'node:assert/strict'
import type { ExportRequest, StoredEvent } from '../../../src/audit/model'
import type { AuditStore } from '../../../src/audit/store'
import type { OpenStore } from '../audit-store'
import { asStored, auditRecord, DAY, filter, idsOf, MORNING, withoutSequence } from './records'
import { sharedStore, withStore } from './with-store'

async function exported(store: AuditStore, changes: Partial<ExportRequest> = {}): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const portion of store.export({ filter: filter(), order: 'oldest-first', ...changes })) {
    assert(portion.length > 0, 'no portion is empty')
    events.push(...portion)
  }
  return events
}

const spread = (count: number) =>
  Array.from({ length: count }, (_, number) => auditRecord({ time: MORNING + (number >> 1) * DAY }))

export function exporting(open: OpenStore): void {
  describe('what is there', () => {
    const records = spread(50)
    const store = sharedStore(open, (store) => store.insert(records))

    it('goes from the oldest to the newest', async () => {
      const events = await exported(store())
      assert.deepEqual(
        events.map((event) => event.time),
        records.map((record) => record.time),
      )
      assert.deepEqual(idsOf(events).sort(), idsOf(records).sort())
      const one = events.find((event) => event.id === records[7]?.id)
      assert.deepEqual(one && withoutSequence(one), records[7] && asStored(records[7]))
    })

    it('goes from the newest to the oldest', async () => {
      const events = await exported(store(), { order: 'newest-first' })
      assert.deepEqual(idsOf(events), idsOf([...records].reverse()))
    })

    it('keeps to the filter', async () => {
      const events = await exported(store(), { filter: filter({ from: MORNING + DAY, to: MORNING + 3 * DAY }) })
      assert.deepEqual(idsOf(events).sort(), idsOf(records.slice(2, 6)).sort())
      assert.deepEqual(await exported(store(), { filter: filter({ to: MORNING }) }), [])
    })

    it('can be left early', async () => {
      for await (const portion of store().export({ filter: filter(), order: 'oldest-first' })) {
        assert(portion.length > 0)
        break
      }
      assert.equal((await exported(store())).length, 50)
    })

    it('ends without an error when the signal has fired', async () => {
      assert.deepEqual(await exported(store(), { signal: AbortSignal.abort() }), [])
    })
  })

  it('ends early when the signal fires on the way', () =>
    withStore(open, async (store) => {
      const records = Array.from({ length: 6_000 }, (_, number) => auditRecord({ time: MORNING + number }))
      await store.insert(records)
      const stop = new AbortController()
      let seen = 0
      const request = { filter: filter(), order: 'oldest-first', signal: stop.signal } as const
      for await (const portion of store.export(request)) {
        seen += portion.length
        stop.abort()
      }
      assert(seen > 0 && seen < 6_000, `${seen} of 6000`)
    }))

  it('holds nobody up, and gives what was there when it began', () =>
    withStore(open, async (store) => {
      const records = Array.from({ length: 3_000 }, (_, number) => auditRecord({ time: MORNING + number }))
      const pending = auditRecord({ phase: 'pending', time: MORNING + 2_999 })
      await store.insert([...records, pending])
      const events: StoredEvent[] = []
      for await (const portion of store.export({ filter: filter(), order: 'oldest-first' })) {
        if (events.length === 0) {
          // Of which one supersedes what has not been handed out yet.
          const final = auditRecord({ id: pending.id, time: MORNING + 5_000 })
          await store.insert([auditRecord({ time: MORNING + 10_000 }), auditRecord({ time: MORNING - 1 }), final])
          assert.equal(await store.count(filter()), 3_003)
        }
        events.push(...portion)
      }
      assert.deepEqual(idsOf(events).sort(), idsOf([...records, pending]).sort())
    }))

  it('leaves out what a final phase has superseded', () =>
    withStore(open, async (store) => {
      const pending = auditRecord({ phase: 'pending' })
      const final = auditRecord({ id: pending.id })
      await store.insert([pending, final])
      const events = await exported(store)
      assert.deepEqual(events.map(withoutSequence), [asStored(final)])
    }))
}
