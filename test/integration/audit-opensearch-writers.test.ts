import assert from 'node:assert/strict'
import { auditRecord, coded, EVERYTHING, filter, request } from '../conformance/audit/records'
import { allBut, type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'

describe('a process that dies while it stores in OpenSearch', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  for (const written of [0, 1, 4]) {
    it(`leaves a chain that tells which events were never stored (${written} of 5 were)`, async () => {
      const first = await stores.open({ patienceMs: 100 })
      await first.insert([auditRecord()])
      const kept = await first.checkpoint()
      const records = Array.from({ length: 5 }, () => auditRecord())
      stores.cluster.itemFault = allBut(records.slice(0, written))
      // As far as anybody was told, nothing of it was stored.
      await assert.rejects(first.insert(records), coded('AUDIT_STORE_AWAY'))

      stores.cluster.itemFault = () => undefined
      const second = await stores.open()
      const after = await second.verify([kept])
      assert.deepEqual(after.findings, [])
      assert.deepEqual([after.events, after.retired], [1 + written, 5 - written])
      const outcomes = await second.insert(records)
      assert.equal(outcomes.filter((outcome) => outcome === 'repeated').length, written)
      assert.equal(await second.count(filter()), 6)
      assert.equal((await second.verify([kept, await second.checkpoint()])).ok, true)
    })
  }

  it('is found out by the next one while it still runs', async () => {
    const first = await stores.open()
    const second = await stores.open()
    await second.insert([auditRecord()])
    await assert.rejects(first.insert([auditRecord()]), coded('AUDIT_STORE_IN_USE'))
    assert.equal((await second.verify([])).ok, true)
  })
})

describe('two Node-REDs that store in one OpenSearch', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  it('keep one event once, and both chains whole', async () => {
    const [one, two] = [await stores.open(), await stores.open({ writer: 'two' })]
    for (let round = 0; round < 5; round += 1) {
      const records = Array.from({ length: 4 }, () => auditRecord())
      const [a = [], b = []] = await Promise.all([one.insert(records), two.insert([...records].reverse())])
      const outcomes = [...a, ...b]
      assert.equal(outcomes.filter((outcome) => outcome === 'stored').length, 4)
      assert.equal(outcomes.filter((outcome) => outcome === 'repeated').length, 4)
    }
    const page = await two.list(request({ total: true }))
    assert.equal(page.total, 20)
    assert.equal(new Set(page.events.map(({ sequence }) => sequence)).size, 20)
    for (const store of [one, two]) {
      const report = await store.verify([await one.checkpoint(), await two.checkpoint()])
      assert.deepEqual(report.findings, [])
      assert.equal(report.events, 20)
      assert.equal(report.writers.length, 2)
    }
  })

  it('tell a conflict between them', async () => {
    const [one, two] = [await stores.open(), await stores.open({ writer: 'two' })]
    const record = auditRecord()
    const other = { ...record, body: '{}', contentHash: 'other' }
    const outcomes = (await Promise.all([one.insert([record]), two.insert([other])])).flat()
    assert.deepEqual(outcomes.sort(), ['conflict', 'stored'])
    assert.equal((await one.verify([])).ok, true)
  })

  it('show an operation once of which each stored a phase', async () => {
    const [one, two] = [await stores.open(), await stores.open({ writer: 'two' })]
    for (let round = 1; round <= 5; round += 1) {
      const pending = auditRecord({ phase: 'pending' })
      const final = auditRecord({ id: pending.id })
      await Promise.all([one.insert([pending]), two.insert([final])])
      assert.equal(await one.count(filter()), round)
    }
    assert.equal((await two.verify([])).ok, true)
  })

  it('each remove what they stored themselves', async () => {
    const [one, two] = [await stores.open(), await stores.open({ writer: 'two' })]
    const [a, b] = [auditRecord(), auditRecord()]
    await one.insert([a])
    await two.insert([b])
    const later = b.time + 1
    assert.equal(await one.deleteBefore(later, { exceptTenants: [] }), 1)
    assert.equal((await two.get(EVERYTHING, b.id))?.event.id, b.id)
    assert.equal(await two.deleteBefore(later, { exceptTenants: [] }), 1)
    const report = await one.verify([])
    assert.deepEqual([report.ok, report.retired], [true, 2])
  })
})
