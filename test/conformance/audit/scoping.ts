import assert from 'node:assert/strict'
import type { Scope } from '../../../src/audit/model'
import type { OpenStore } from '../audit-store'
import { auditRecord, EVERYTHING, filter, found } from './records'
import { sharedStore } from './with-store'

export function scoping(open: OpenStore): void {
  const ofA = auditRecord({ tenants: ['a'] })
  const ofB = auditRecord({ tenants: ['b'] })
  const ofBoth = auditRecord({ tenants: ['a', 'b'] })
  const ofNobody = auditRecord({ tenants: [] })
  const ofDefaultHere = auditRecord({ tenants: ['default'] })
  const ofDefaultThere = auditRecord({ tenants: ['default'], cloud: 'other' })
  const all = [ofA, ofB, ofBoth, ofNobody, ofDefaultHere, ofDefaultThere]
  const store = sharedStore(open, (store) => store.insert(all))

  const cases: [string, Scope, typeof all][] = [
    ['a tenant sees its own events, and those it shares', { tenants: ['a'], cloud: 'lab' }, [ofA, ofBoth]],
    ['the other tenant too', { tenants: ['b'], cloud: 'lab' }, [ofB, ofBoth]],
    ['who has both tenants sees a shared event once', { tenants: ['a', 'b'], cloud: 'lab' }, [ofA, ofB, ofBoth]],
    ['default in one cloud is not default in another', { tenants: ['default'], cloud: 'lab' }, [ofDefaultHere]],
    ['nor the other way', { tenants: ['default'], cloud: 'other' }, [ofDefaultThere]],
    ['a tenant is not the beginning of another', { tenants: ['def'], cloud: 'lab' }, []],
    ['nor the same in capitals', { tenants: ['A'], cloud: 'lab' }, []],
    ['nor a pattern', { tenants: ['*', '%', ''], cloud: 'lab' }, []],
    ['no tenant is nothing', { tenants: [], cloud: 'lab' }, []],
    ['an unknown cloud is nothing', { tenants: ['a'], cloud: 'unknown' }, []],
    ['all includes events without a tenant', EVERYTHING, all],
    ['all of a cloud', { tenants: 'all', cloud: 'lab' }, [ofA, ofB, ofBoth, ofNobody, ofDefaultHere]],
  ]
  for (const [sentence, scope, expected] of cases) {
    it(`${sentence}`, async () => {
      const ids = expected.map((record) => record.id)
      assert.deepEqual((await found(store(), { scope })).sort(), [...ids].sort())
      assert.equal(await store().count(filter({ scope })), ids.length)
      const exported: string[] = []
      for await (const portion of store().export({ filter: filter({ scope }), order: 'oldest-first' })) {
        exported.push(...portion.map((event) => event.id))
      }
      assert.deepEqual(exported.sort(), [...ids].sort())
      for (const record of all) {
        const got = await store().get(scope, record.id)
        assert.equal(got?.event.id, ids.includes(record.id) ? record.id : undefined)
      }
    })
  }

  it('holds for distinct values and histograms too', async () => {
    const scoped = filter({ scope: { tenants: ['a'], cloud: 'lab' } })
    const values = await store().distinct({
      filter: scoped,
      attribute: 'action',
      limit: 10,
      order: 'count',
      counts: true,
    })
    assert.deepEqual(values, [{ value: 'create', count: 2 }])
    const buckets = await store().histogram({ filter: scoped, interval: 1e15, maxBuckets: 10 })
    assert.equal(
      buckets.reduce((sum, bucket) => sum + bucket.count, 0),
      2,
    )
    const nobody = filter({ scope: { tenants: [], cloud: 'lab' } })
    assert.deepEqual(
      await store().distinct({ filter: nobody, attribute: 'action', limit: 10, order: 'value', counts: true }),
      [],
    )
  })

  it('is not widened by any condition or text', async () => {
    const scope: Scope = { tenants: ['a'], cloud: 'lab' }
    const where = [{ negated: true, anyOf: [{ attribute: 'action', how: 'exact', values: ['none'] } as const] }]
    const text = {
      kind: 'or',
      of: [
        { kind: 'word', text: 'create', prefix: false },
        { kind: 'not', of: { kind: 'word', text: 'create', prefix: false } },
      ],
    } as const
    assert.deepEqual((await found(store(), { scope, where, text })).sort(), [ofA.id, ofBoth.id].sort())
  })
}
