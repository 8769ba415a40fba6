import assert from 'node:assert/strict'
import type { AuditStore } from '../../../src/audit/store'
import type { OpenStore } from '../audit-store'
import { asStored, auditRecord, coded, EVERYTHING, filter, found, idsOf, request, withoutSequence } from './records'
import { withStore } from './with-store'

export function changing(open: OpenStore, reopen?: (closed: AuditStore) => Promise<AuditStore>): void {
  it('keeps settings by tenant and cloud, the last one said', () =>
    withStore(open, async (store) => {
      assert.deepEqual(await store.settings(), [])
      const here = { cloud: 'lab', id: 'default' }
      const there = { cloud: 'other', id: 'default' }
      await store.setSettings(here, { enabled: false, updatedBy: 'dana', updatedAt: '2026-11-21T06:00:00Z' })
      await store.setSettings(there, { retentionDays: 30 })
      await store.setSettings(here, { enabled: true, retentionDays: 400 })
      const all = [...(await store.settings())].sort((a, b) => (a.tenant.cloud < b.tenant.cloud ? -1 : 1))
      assert.deepEqual(all, [
        { tenant: here, settings: { enabled: true, retentionDays: 400 } },
        { tenant: there, settings: { retentionDays: 30 } },
      ])
    }))

  it('remembers how it is configured, the last one said, and apart from the settings of tenants', () =>
    withStore(open, async (store) => {
      assert.equal(await store.configuration(), undefined)
      await store.setConfiguration({ retentionDays: 90, tenantRules: ['acting-project'], signedWith: null })
      const last = { retentionDays: null, tenantRules: [], fullText: true, signedWith: 'hmac:1234' }
      await store.setConfiguration(last)
      assert.deepEqual(await store.configuration(), last)
      assert.deepEqual(await store.settings(), [])
    }))

  it('tells how much it holds', () =>
    withStore(open, async (store) => {
      const empty = await store.size()
      assert.equal(empty.events, 0)
      assert.equal(empty.oldest, undefined)
      const [first, second] = [auditRecord(), auditRecord()]
      await store.insert([second, first])
      const size = await store.size()
      assert.equal(size.events, 2)
      assert.equal(size.oldest, first.time)
      assert.equal(size.newest, second.time)
      assert(size.bytes > 0)
    }))

  it('says that it is closed to whoever asks after that', async () => {
    const store = await open()
    await store.insert([auditRecord()])
    await store.close()
    await store.close()
    const closed = coded('AUDIT_STORE_CLOSED')
    await assert.rejects(store.insert([auditRecord()]), closed)
    await assert.rejects(store.list(request()), closed)
    await assert.rejects(store.count(filter()), closed)
    await assert.rejects(store.get(EVERYTHING, 'x'), closed)
    await assert.rejects(store.settings(), closed)
    await assert.rejects(store.configuration(), closed)
    await assert.rejects(store.checkpoint(), closed)
    await assert.rejects(async () => {
      for await (const _portion of store.export({ filter: filter(), order: 'oldest-first' }));
    }, closed)
  })

  it('finishes what it was inserting before it closes', async () => {
    const store = await open()
    const inserting = store.insert([auditRecord(), auditRecord()])
    await store.close()
    assert.deepEqual(await inserting, ['stored', 'stored'])
  })

  if (reopen === undefined) return

  it('has everything when it is opened again, and goes on where it was', async () => {
    const store = await open()
    const [first, second] = [auditRecord(), auditRecord()]
    const pending = auditRecord({ phase: 'pending' })
    await store.insert([first, pending])
    await store.setSettings({ cloud: 'lab', id: 'a' }, { retentionDays: 7 })
    await store.setConfiguration({ retentionDays: 90 })
    const checkpoint = await store.checkpoint()
    const [newest] = (await store.list(request())).events
    await store.close()

    const again = await reopen(store)
    try {
      assert.deepEqual(await again.insert([first, second]), ['repeated', 'stored'])
      const final = auditRecord({ id: pending.id })
      await again.insert([final])
      assert.deepEqual((await found(again)).sort(), idsOf([first, second, final]).sort())
      const got = await again.get(EVERYTHING, first.id)
      assert.deepEqual(got && withoutSequence(got.event), asStored(first))
      const later = await again.get(EVERYTHING, second.id)
      assert(newest !== undefined && later !== undefined && later.event.sequence > newest.sequence)
      assert.deepEqual(await again.settings(), [{ tenant: { cloud: 'lab', id: 'a' }, settings: { retentionDays: 7 } }])
      assert.deepEqual(await again.configuration(), { retentionDays: 90 })
      const now = await again.checkpoint()
      assert.equal(now.writer, checkpoint.writer)
      assert(now.position > checkpoint.position)
      const report = await again.verify([checkpoint, now])
      assert.deepEqual(report.findings, [])
      assert.equal(report.events, 4)
    } finally {
      await again.close()
    }
  })
}
