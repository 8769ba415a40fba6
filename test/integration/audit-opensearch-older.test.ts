import assert from 'node:assert/strict'
import { auditRecord, EVERYTHING, filter, request } from '../conformance/audit/records'
import { type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'

const scope = { tenants: ['project-a'], cloud: 'lab' } as const

describe('what older versions have stored in OpenSearch', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  const pending = auditRecord({ phase: 'pending', tenants: ['project-a', 'project-b'] })
  const final = auditRecord({ id: pending.id, time: pending.time, tenants: ['project-b'] })

  it('stays superseded for everybody where it does not say for whom, and can be read and verified', async () => {
    const store = await stores.open()
    await store.insert([pending])
    await store.insert([final])
    assert.equal(await store.count(filter({ scope })), 1)
    stores.change(`pending:lab:${pending.id}`, ({ pending_for: left, ...older }) => {
      assert.deepEqual(left, ['project-a'])
      return older
    })
    assert.equal(await store.count(filter({ scope })), 0)
    assert.equal(await store.count(filter()), 1)
    assert.equal((await store.get(scope, pending.id))?.event.phase, 'pending')
    assert.equal((await store.get(EVERYTHING, pending.id))?.pending?.phase, 'pending')
    assert.deepEqual(await store.insert([pending, final]), ['repeated', 'repeated'])
    assert.equal((await store.verify([await store.checkpoint()])).ok, true)
  })

  it('is in indices that get the field when the store is opened again', async () => {
    const before = await stores.open()
    await before.insert([pending])
    await before.close()
    const there = stores.cluster.indices.exactly('audit-2026.11')
    assert(there !== undefined)
    there.fields = new Map([...there.fields].filter(([name]) => name !== 'pending_for'))
    const again = await stores.open()
    await again.insert([final])
    const { events } = await again.list(request({ filter: filter({ scope }) }))
    assert.deepEqual(
      events.map(({ phase }) => phase),
      ['pending'],
    )
  })
})
