import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { auditRecord, EVERYTHING, filter, found, idsOf, MORNING, request, SECOND } from '../conformance/audit/records'

describe('final phases that come between two questions to the SQLite audit store', function () {
  this.timeout(60_000)
  let directory: string
  let store: AuditStore

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'audit-phases-'))
    store = await openSqliteStore({ path: join(directory, 'audit.sqlite'), fullText: false })
  })
  afterEach(async () => {
    await store.close()
    rmSync(directory, { recursive: true })
  })

  it('hide nothing from whoever goes from page to page', async () => {
    const records = Array.from({ length: 6 }, (_, number) =>
      auditRecord({ phase: number === 1 ? 'pending' : 'final', time: MORNING + number * SECOND }),
    )
    await store.insert(records)
    const first = await store.list(request({ limit: 3 }))
    assert.deepEqual(idsOf(first.events), idsOf(records.slice(3).reverse()))
    // In front of the place, where the reader has been already.
    await store.insert([auditRecord({ id: records[1]?.id ?? '', time: MORNING + 60 * SECOND })])
    const rest = await store.list(request({ limit: 10, after: first.cursor ?? '' }))
    assert.deepEqual(idsOf(rest.events), idsOf(records.slice(0, 3).reverse()))
    // Whoever begins now sees the operation once.
    assert.equal(await store.count(filter()), 6)
  })

  it('are not shown beside their pending phase where both are behind the place', async () => {
    const pending = auditRecord({ phase: 'pending', time: MORNING })
    const newer = Array.from({ length: 3 }, (_, number) => auditRecord({ time: MORNING + (10 + number) * SECOND }))
    await store.insert([pending, ...newer])
    const first = await store.list(request({ limit: 2 }))
    const final = auditRecord({ id: pending.id, time: MORNING + SECOND })
    await store.insert([final])
    const rest = await store.list(request({ after: first.cursor ?? '' }))
    assert.deepEqual(
      rest.events.map(({ id, phase }) => [id, phase]),
      [
        [newer[0]?.id, 'final'],
        [final.id, 'final'],
      ],
    )
  })

  it('leave the pending phase to a tenant whom the final one does not concern', async () => {
    const pending = auditRecord({ phase: 'pending', tenants: ['a', 'b'] })
    const final = auditRecord({ id: pending.id, tenants: ['b'] })
    const phasesOf = async (tenant: string) => {
      const scope = { tenants: [tenant], cloud: 'lab' }
      const { events, total } = await store.list(request({ filter: filter({ scope }), total: true }))
      assert.equal(total, events.length)
      return events.map(({ phase }) => phase)
    }
    for (const batch of [[pending], [final]]) await store.insert(batch)
    assert.deepEqual(await phasesOf('a'), ['pending'])
    assert.deepEqual(await phasesOf('b'), ['final'])
    assert.deepEqual(await found(store, { scope: EVERYTHING }), [final.id])
    assert.deepEqual((await store.verify([])).findings, [])
  })
})
