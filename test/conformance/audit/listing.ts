import assert from 'node:assert/strict'
import type { ListRequest, SortKey } from '../../../src/audit/model'
import type { AuditStore } from '../../../src/audit/store'
import type { OpenStore } from '../audit-store'
import { auditRecord, coded, filter, idsOf, MORNING, request, SECOND, withAttributes } from './records'
import { sharedStore, withStore } from './with-store'

const by = (attribute: SortKey['by'], descending = false): SortKey => ({ by: attribute, descending })

export function listing(open: OpenStore): void {
  describe('sorting', () => {
    // In the order of their times; the last two at the same.
    const records = [
      withAttributes({ action: 'b', target_id: '1' }, { time: MORNING }),
      withAttributes({ action: 'a', target_id: '2' }, { time: MORNING + 1 }),
      withAttributes({ action: 'B', target_id: '3' }, { time: MORNING + 2 }),
      withAttributes({ action: 'a', target_id: '10' }, { time: MORNING + 3 }),
      withAttributes({ target_id: '5' }, { time: MORNING + 4 }),
      withAttributes({ action: 'ä', target_id: '6' }, { time: MORNING + 4 }),
    ]
    const store = sharedStore(open, (store) => store.insert(records))
    const cases: [string, SortKey[], number[]][] = [
      ['newest first when nothing is said, the later arrival first at the same time', [], [5, 4, 3, 2, 1, 0]],
      ['oldest first, the later arrival first at the same time', [by('time')], [0, 1, 2, 3, 5, 4]],
      ['newest first', [by('time', true)], [5, 4, 3, 2, 1, 0]],
      ['by an attribute, by code point, newest first within; without a value last', [by('action')], [2, 3, 1, 0, 5, 4]],
      ['by an attribute, descending; without a value last', [by('action', true)], [5, 0, 3, 1, 2, 4]],
      ['by two attributes', [by('action'), by('target_id')], [2, 3, 1, 0, 5, 4]],
      ['by two attributes, the second descending', [by('action'), by('target_id', true)], [2, 1, 3, 0, 5, 4]],
      ['by an attribute and the time', [by('action'), by('time')], [2, 1, 3, 0, 5, 4]],
      ['by an attribute that no event has', [by('global_request_id')], [5, 4, 3, 2, 1, 0]],
    ]
    for (const [sentence, sort, expected] of cases) {
      it(`lists ${sentence}`, async () => {
        const { events } = await store().list(request({ sort }))
        assert.deepEqual(
          idsOf(events).map((id) => records.findIndex((record) => record.id === id)),
          expected,
        )
      })

      it(`pages ${sentence}`, async () => {
        const paged: string[] = []
        for (let offset = 0; offset < 6; offset += 2) {
          const page = await store().list(request({ sort, limit: 2, offset, total: true }))
          assert.equal(page.total, 6)
          paged.push(...idsOf(page.events))
        }
        assert.deepEqual(
          paged.map((id) => records.findIndex((record) => record.id === id)),
          expected,
        )
      })
    }
  })

  describe('offsets', () => {
    const records = Array.from({ length: 25 }, (_, number) => auditRecord({ time: MORNING + (number >> 1) }))
    const store = sharedStore(open, (store) => store.insert(records))
    const newestFirst = [...records].reverse().map((record) => record.id)

    it('cuts a page out of the whole, however large the step', async () => {
      for (const limit of [1, 3, 10, 24, 25, 26]) {
        const paged: string[] = []
        for (let offset = 0; offset < 25; offset += limit) {
          paged.push(...idsOf((await store().list(request({ limit, offset }))).events))
        }
        assert.deepEqual(paged, newestFirst, `limit ${limit}`)
      }
    })

    it('is an empty page with the total at the end and behind it', async () => {
      for (const offset of [25, 26, 5_000]) {
        const page = await store().list(request({ offset, total: true }))
        assert.deepEqual(page.events, [])
        assert.equal(page.total, 25)
        assert.equal(page.cursor, undefined)
      }
    })

    it('tells the total only when asked', async () => {
      assert.equal((await store().list(request())).total, undefined)
    })

    it('tells the total alone for a limit of 0', async () => {
      const page = await store().list(request({ limit: 0, total: true }))
      assert.deepEqual(page.events, [])
      assert.equal(page.total, 25)
    })

    it('says so where an offset is beyond what it can do', async () => {
      try {
        assert.deepEqual((await store().list(request({ offset: Number.MAX_SAFE_INTEGER }))).events, [])
      } catch (error) {
        coded('AUDIT_TOO_DEEP')(error)
      }
    })
  })

  describe('cursors', () => {
    async function walk(store: AuditStore, changes: Partial<ListRequest>, between?: () => Promise<unknown>) {
      const walked: string[] = []
      let after: string | undefined
      for (;;) {
        const page = await store.list(request({ limit: 3, ...changes, ...(after === undefined ? {} : { after }) }))
        walked.push(...idsOf(page.events))
        if (page.cursor === undefined) return walked
        after = page.cursor
        await between?.()
      }
    }

    for (const descending of [true, false]) {
      it(`walks through everything once (${descending ? 'newest' : 'oldest'} first)`, () =>
        withStore(open, async (store) => {
          const records = Array.from({ length: 20 }, (_, number) => auditRecord({ time: MORNING + (number >> 2) }))
          await store.insert(records)
          const sort = [by('time', descending)]
          const expected = idsOf((await store.list(request({ sort }))).events)
          assert.equal(expected.length, 20)
          assert.deepEqual(await walk(store, { sort }), expected)
        }))
    }

    it('shows nothing twice and skips nothing while events arrive', () =>
      withStore(open, async (store) => {
        const records = Array.from({ length: 12 }, (_, number) =>
          auditRecord({ time: MORNING + (number >> 1) * SECOND }),
        )
        await store.insert(records)
        const expected = idsOf((await store.list(request())).events)
        let arrivals = 0
        const walked = await walk(store, {}, async () => {
          arrivals += 1
          // A newer one, and one at the time of the newest.
          await store.insert([
            auditRecord({ time: MORNING + 1000 * SECOND + arrivals }),
            auditRecord({ time: MORNING + 5 * SECOND }),
          ])
        })
        assert.deepEqual(walked, expected)
      }))

    it('shows what arrives behind the place', () =>
      withStore(open, async (store) => {
        const records = Array.from({ length: 4 }, (_, number) => auditRecord({ time: MORNING + number * SECOND }))
        await store.insert(records)
        const first = await store.list(request({ limit: 2 }))
        const old = auditRecord({ time: MORNING - SECOND })
        await store.insert([old])
        assert(first.cursor !== undefined)
        const rest = await store.list(request({ after: first.cursor }))
        assert.deepEqual(idsOf(rest.events), [records[1]?.id, records[0]?.id, old.id])
      }))

    it('goes on while what it had shown last is removed', () =>
      withStore(open, async (store) => {
        const records = Array.from({ length: 6 }, (_, number) => auditRecord({ time: MORNING + number * SECOND }))
        await store.insert(records)
        const sort = [by('time')]
        const first = await store.list(request({ sort, limit: 2 }))
        await store.deleteBefore(MORNING + 3 * SECOND, { exceptTenants: [] })
        assert(first.cursor !== undefined)
        assert.deepEqual(idsOf((await store.list(request({ sort, after: first.cursor }))).events), [
          records[3]?.id,
          records[4]?.id,
          records[5]?.id,
        ])
      }))

    it('tells the total of the whole on each page', () =>
      withStore(open, async (store) => {
        await store.insert(Array.from({ length: 5 }, () => auditRecord()))
        const first = await store.list(request({ limit: 2, total: true }))
        assert(first.cursor !== undefined)
        assert.equal((await store.list(request({ limit: 2, total: true, after: first.cursor }))).total, 5)
      }))

    it('refuses what is no cursor, and one of another scope or order', () =>
      withStore(open, async (store) => {
        await store.insert([auditRecord(), auditRecord()])
        const { cursor } = await store.list(request({ limit: 1 }))
        assert(cursor !== undefined)
        for (const after of ['', 'x', '{}', '[1,2]', Buffer.from('[null,{}]').toString('base64url'), `${cursor}x`]) {
          await assert.rejects(store.list(request({ after })), coded('AUDIT_BAD_CURSOR'), JSON.stringify(after))
        }
        const scope = { tenants: ['project-a'], cloud: 'lab' }
        const ofAnother = request({ after: cursor, filter: filter({ scope }) })
        await assert.rejects(store.list(ofAnother), coded('AUDIT_BAD_CURSOR'))
        await assert.rejects(store.list(request({ after: cursor, sort: [by('time')] })), coded('AUDIT_BAD_CURSOR'))
        await assert.rejects(store.list(request({ after: cursor, sort: [by('action')] })), coded('AUDIT_BAD_CURSOR'))
      }))
  })
}
