import assert from 'node:assert/strict'
import { coded, found, idsOf, request, withAttributes } from '../conformance/audit/records'
import { type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'

describe('questions to OpenSearch', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  it('reach offsets beyond what one answer can have, in any order', async () => {
    const store = await stores.open({ window: 7, deepest: 100 })
    const records = Array.from({ length: 40 }, (_, number) =>
      withAttributes(number % 4 === 0 ? {} : { action: `action-${number % 3}` }),
    )
    await store.insert(records)
    for (const sort of [[], [{ by: 'action', descending: true }], [{ by: 'time', descending: false }]] as const) {
      const whole = idsOf((await store.list(request({ sort, limit: 40 }))).events)
      assert.equal(new Set(whole).size, 40)
      for (const offset of [0, 6, 7, 20, 38, 39]) {
        const page = await store.list(request({ sort, offset, limit: 3, total: true }))
        assert.deepEqual(idsOf(page.events), whole.slice(offset, offset + 3))
        assert.equal(page.total, 40)
      }
      assert.deepEqual(await store.list(request({ sort, offset: 60, total: true })), { events: [], total: 40 })
    }
    await assert.rejects(store.list(request({ offset: 101 })), coded('AUDIT_TOO_DEEP'))
  })

  it('carry values in JSON only, never in an address or a query language', async () => {
    const store = await stores.open()
    const evil = '"} }, "script": {"source": "x"} *:* OR _exists_:x /../_all?q='
    const where = [{ negated: false, anyOf: [{ attribute: 'action', how: 'prefix', values: [evil] } as const] }]
    await found(store, { where, text: { kind: 'phrase', words: [evil] } })
    await store.get({ tenants: [evil], cloud: evil }, evil)
    for (const { path, query, body } of stores.cluster.requests) {
      assert.doesNotMatch(`${path}?${query}`, /script|_exists_|_all|\bq=/)
      assert.doesNotMatch(body, /"(query_string|simple_query_string|script|regexp|wildcard|fuzzy)":/)
    }
  })
})
