import assert from 'node:assert/strict'
import type { OpenStore } from '../audit-store'
import { auditRecord } from './records'
import { withStore } from './with-store'

export function integrity(open: OpenStore): void {
  it('verifies an empty chain', () =>
    withStore(open, async (store) => {
      const report = await store.verify([await store.checkpoint()])
      assert.equal(report.ok, true)
      assert.equal(report.events, 0)
    }))

  it('moves the checkpoint with each record that is stored, and with nothing else', () =>
    withStore(open, async (store) => {
      const record = auditRecord()
      const positions = [(await store.checkpoint()).position]
      await store.insert([record, auditRecord(), auditRecord({ phase: 'pending' })])
      positions.push((await store.checkpoint()).position)
      await store.insert([record, { ...record, contentHash: 'other', body: '{}' }])
      positions.push((await store.checkpoint()).position)
      const [start = 0] = positions
      assert.deepEqual(positions, [start, start + 3, start + 3])
    }))

  it('tells the end of the chain the same way as long as nothing is stored', () =>
    withStore(open, async (store) => {
      await store.insert([auditRecord()])
      const [one, two] = [await store.checkpoint(), await store.checkpoint()]
      assert.equal(one.writer, two.writer)
      assert.equal(one.link, two.link)
      assert.match(one.link, /^[0-9a-f]{64}$/)
      assert(!Number.isNaN(Date.parse(one.time)))
    }))

  it('verifies what was stored in many batches, against checkpoints of each', () =>
    withStore(open, async (store) => {
      const known = [await store.checkpoint()]
      for (let batch = 1; batch <= 5; batch += 1) {
        await store.insert(Array.from({ length: batch * 3 }, () => auditRecord()))
        known.push(await store.checkpoint())
      }
      const report = await store.verify(known)
      assert.deepEqual(report.findings, [])
      assert.equal(report.ok, true)
      assert.equal(report.events, 45)
      assert.equal(report.retired, 0)
      const { writer, position, link } = await store.checkpoint()
      const ends = report.writers.map(({ writer, position, link }) => ({ writer, position, link }))
      assert.deepEqual(ends, [{ writer, position, link }])
    }))

  it('says that a tail is cut off when it knows of a later end', () =>
    withStore(open, async (store) => {
      await store.insert([auditRecord()])
      const checkpoint = await store.checkpoint()
      const report = await store.verify([{ ...checkpoint, position: checkpoint.position + 5, link: 'a'.repeat(64) }])
      assert.equal(report.ok, false)
      assert.equal(report.findings[0]?.kind, 'cut-off')
    }))

  it('says that the chain is another than the one that was kept elsewhere', () =>
    withStore(open, async (store) => {
      await store.insert([auditRecord(), auditRecord()])
      const checkpoint = await store.checkpoint()
      const report = await store.verify([{ ...checkpoint, link: 'b'.repeat(64) }])
      assert.equal(report.ok, false)
      assert.equal(report.findings.length > 0, true)
    }))

  it('ends a verification that nobody waits for any more', () =>
    withStore(open, async (store) => {
      await store.insert(Array.from({ length: 100 }, () => auditRecord()))
      await assert.rejects(store.verify([], { signal: AbortSignal.abort() }))
    }))
}
