import assert from 'node:assert/strict'
import type { StoredEvent } from '../../src/audit/model'
import type { AuditStore } from '../../src/audit/store'
import {
  coded,
  EVERYTHING,
  filter,
  found,
  idsOf,
  MINUTE,
  MORNING,
  request,
  withAttributes,
} from '../conformance/audit/records'
import { type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'

const UUID = '7c4dd9e2-90f6-4dbe-9ff3-3d9b6cf2a3c1'
const keyOf = (id: string) => id.replaceAll('-', '')

/** A document as Hermes' Logstash writes it. */
function document(id: string, minute: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    '@timestamp': new Date((MORNING + minute * MINUTE) / 1000).toISOString(),
    '@version': '1',
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id,
    eventTime: new Date((MORNING + minute * MINUTE) / 1000).toISOString().replace('Z', '123+00:00'),
    action: 'create/project',
    outcome: 'success',
    initiator: { id: 'user-1', typeURI: 'service/security/account/user', name: 'dana', project_id: 'a' },
    target: { id: `target-${minute}`, typeURI: 'data/security/project' },
    observer: { id: 'o', typeURI: 'service/security' },
    ...changes,
  }
}

const LEAVES = ['action', 'outcome', 'id', 'requestPath']
const RESOURCE = ['id', 'typeURI', 'name', 'project_id', 'domain_id']

/** The mapping of a time of Hermes': each text as a keyword, or with one beside it. */
function mapping(beside: 'raw' | 'keyword' | undefined): object {
  const text =
    beside === undefined
      ? { type: 'keyword' }
      : { type: 'text', analyzer: 'whitespace', fields: { [beside]: { type: 'keyword' } } }
  const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, text]))
  const resource = { properties: all(RESOURCE) }
  return {
    dynamic: false,
    properties: {
      ...all(beside === undefined ? [...LEAVES, 'tenant_ids'] : LEAVES),
      eventTime: { type: 'date' },
      initiator: resource,
      target: resource,
      observer: resource,
    },
  }
}

describe('indices of Hermes beside the own ones', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  function put(
    index: string,
    beside: 'raw' | 'keyword' | undefined,
    documents: readonly Record<string, unknown>[],
  ): void {
    if (stores.cluster.indices.exactly(index) === undefined)
      stores.cluster.indices.create(index, { mappings: mapping(beside) })
    const there = stores.cluster.indices.forWriting(index)
    for (const one of documents) there.put(String(one['id']), one)
    there.refresh(Date.now())
  }
  const open = (indices: string) => stores.open({ prefix: 'own', hermes: { indices, cloud: 'lab' } })

  async function allOf(
    store: AuditStore,
    order: 'oldest-first' | 'newest-first' = 'oldest-first',
  ): Promise<StoredEvent[]> {
    const events: StoredEvent[] = []
    for await (const portion of store.export({ filter: filter(), order })) events.push(...portion)
    return events
  }

  describe('with tenants in each document', () => {
    let store: AuditStore
    const own = [1, 3, 5, 7].map((minute) =>
      withAttributes({ action: 'delete', outcome: 'success' }, { time: MORNING + minute * MINUTE, tenants: ['a'] }),
    )
    const theirs = [2, 4, 6].map((minute) =>
      document(`h${minute}`, minute, {
        tenant_ids: minute === 6 ? ['b'] : ['a', 'b'],
        outcome: minute === 2 ? 'failure' : 'success',
      }),
    )
    // In the order of their times, newest first.
    const [o1, o3, o5, o7] = own.map(({ id }) => id)
    const newestFirst = [o7, 'h6', o5, 'h4', o3, 'h2', o1]
    beforeEach(async () => {
      put('hermes', undefined, theirs)
      store = await open('hermes')
      await store.insert(own)
    })

    it('are listed with them by time, counted with them, and exported with them', async () => {
      const page = await store.list(request({ total: true }))
      assert.deepEqual(idsOf(page.events), newestFirst)
      assert.equal(page.total, 7)
      assert.equal(await store.count(filter()), 7)
      assert.deepEqual(idsOf(await allOf(store)), [...newestFirst].reverse())
      assert.deepEqual(idsOf(await allOf(store, 'newest-first')), newestFirst)
    })

    it('are paged by offset and by cursor, nothing twice', async () => {
      for (const descending of [true, false]) {
        const expected = descending ? newestFirst : [...newestFirst].reverse()
        const sort = [{ by: 'time', descending } as const]
        const walked: string[] = []
        let after: string | undefined
        for (;;) {
          const page = await store.list(request({ sort, limit: 2, ...(after === undefined ? {} : { after }) }))
          if (page.cursor === undefined) break
          walked.push(...idsOf(page.events))
          after = page.cursor
        }
        assert.deepEqual(walked, expected)
        for (const offset of [0, 1, 4, 6, 7]) {
          assert.deepEqual(
            idsOf((await store.list(request({ sort, limit: 2, offset }))).events),
            expected.slice(offset, offset + 2),
          )
        }
      }
      await assert.rejects(store.list(request({ after: 'x' })), coded('AUDIT_BAD_CURSOR'))
      await assert.rejects(store.list(request({ offset: 20_000 })), coded('AUDIT_TOO_DEEP'))
    })

    it('are sorted with them by an attribute', async () => {
      const sort = [{ by: 'action', descending: false } as const]
      const { events } = await store.list(request({ sort }))
      assert.deepEqual(idsOf(events), ['h6', 'h4', 'h2', o7, o5, o3, o1])
      const missing = await store.list(request({ sort: [{ by: 'event_type', descending: false }] }))
      assert.deepEqual(idsOf(missing.events), newestFirst)
    })

    it('are seen by their tenants only', async () => {
      assert.deepEqual(await found(store, { scope: { tenants: ['b'], cloud: 'lab' } }), ['h6', 'h4', 'h2'])
      assert.deepEqual(await found(store, { scope: { tenants: ['a'], cloud: 'lab' } }), [o7, o5, 'h4', o3, 'h2', o1])
      for (const scope of [
        { tenants: ['b'], cloud: 'other' },
        { tenants: [], cloud: 'lab' },
        { tenants: ['c'], cloud: 'lab' },
      ]) {
        assert.deepEqual(await found(store, { scope }), [])
        assert.equal(await store.get(scope, 'h6'), undefined)
      }
    })

    it('are filtered, counted by value and by time as the own ones are', async () => {
      const where = [{ negated: false, anyOf: [{ attribute: 'outcome', how: 'exact', values: ['failure'] } as const] }]
      assert.deepEqual(await found(store, { where }), ['h2'])
      const begun = [
        { negated: false, anyOf: [{ attribute: 'target_type', how: 'prefix', values: ['data/'] } as const] },
      ]
      assert.deepEqual(await found(store, { where: begun }), ['h6', 'h4', 'h2'])
      const not = [{ negated: true, anyOf: [{ attribute: 'event_type', how: 'exact', values: ['x'] } as const] }]
      assert.equal((await found(store, { where: not })).length, 7)
      assert.deepEqual(await found(store, { from: MORNING + 2 * MINUTE, to: MORNING + 4 * MINUTE }), [o3, 'h2'])
      assert.deepEqual(await found(store, { text: { kind: 'word', text: 'dana', prefix: false } }), ['h6', 'h4', 'h2'])
      const actions = { filter: filter(), attribute: 'action', limit: 10, order: 'count', counts: true } as const
      assert.deepEqual(await store.distinct(actions), [
        { value: 'delete', count: 4 },
        { value: 'create/project', count: 3 },
      ])
      assert.deepEqual(await store.distinct({ ...actions, attribute: 'outcome', order: 'value', limit: 1 }), [
        { value: 'failure', count: 1 },
      ])
      const spans = await store.histogram({ filter: filter(), interval: 4 * MINUTE, by: 'outcome', maxBuckets: 10 })
      assert.deepEqual(
        spans.map(({ count, by }) => ({ count, by })),
        [
          { count: 3, by: { success: 2, failure: 1 } },
          { count: 4, by: { success: 4 } },
        ],
      )
      await assert.rejects(
        store.histogram({ filter: filter(), interval: MINUTE, maxBuckets: 6 }),
        coded('AUDIT_TOO_WIDE'),
      )
    })

    it('come whole, without what Logstash added', async () => {
      const got = await store.get(EVERYTHING, 'h4')
      const { '@timestamp': timestamp, '@version': version, tenant_ids, ...event } = theirs[1] ?? {}
      assert.deepEqual(JSON.parse(got?.event.body ?? ''), event)
      assert.equal(got?.event.time, MORNING + 4 * MINUTE + 123)
      assert.deepEqual(got?.event.tenants, ['a', 'b'])
      assert.equal(got?.event.sequence, 0)
    })

    it('are never written, removed or verified', async () => {
      assert.equal(await store.deleteBefore(MORNING + 100 * MINUTE, { exceptTenants: [] }), 4)
      assert.deepEqual(await found(store), ['h6', 'h4', 'h2'])
      assert.equal((await store.size()).events, 0)
      assert.equal((await store.verify([])).ok, true)
      assert(
        stores.cluster.requests.every(
          ({ method, path }) => !path.startsWith('/hermes') || method === 'GET' || path.endsWith('/_search'),
        ),
      )
    })
  })

  for (const beside of ['raw', 'keyword'] as const) {
    it(`of the time when each tenant had its own, with ${beside} beside each text, are those of the tenants in their names`, async () => {
      put('audit-a-2019.05', beside, [document('h1', 1)])
      put('audit-a-2019.06', beside, [document('h2', 2)])
      put('audit-ab-2019.06', beside, [document('h3', 3)])
      put('audit-default', beside, [document(UUID, 4)])
      const store = await open('audit-*')
      const of = (tenant: string) => found(store, { scope: { tenants: [tenant], cloud: 'lab' } })
      assert.deepEqual(await of('a'), ['h2', 'h1'])
      assert.deepEqual(await of('ab'), ['h3'])
      assert.deepEqual(await of('default'), [keyOf(UUID)])
      assert.deepEqual(await of('b'), [])
      assert.deepEqual(await of('a-2019.05'), [])
      const where = [
        { negated: false, anyOf: [{ attribute: 'initiator_name', how: 'exact', values: ['dana'] } as const] },
      ]
      assert.equal(await store.count(filter({ where })), 4)
      for (const id of [UUID, keyOf(UUID), UUID.toUpperCase(), `openstack:${UUID}`]) {
        const got = await store.get({ tenants: ['default'], cloud: 'lab' }, id)
        assert.deepEqual(got?.event.tenants, ['default'], id)
      }
    })
  }

  it('show both phases of an operation that Hermes kept as two events', async () => {
    put('hermes', undefined, [document('p', 1, { outcome: 'pending', tenant_ids: ['a'] })])
    stores.cluster.indices.forWriting('hermes').put('second', document('p', 2, { tenant_ids: ['a'] }))
    stores.cluster.indices.forWriting('hermes').refresh(Date.now())
    const got = await (await open('hermes')).get(EVERYTHING, 'p')
    assert.deepEqual([got?.event.phase, got?.pending?.phase], ['final', 'pending'])
  })

  it('that are not there, or not all mapped alike, are nothing and an error', async () => {
    const store = await open('audit-*')
    assert.deepEqual(await found(store), [])
    put('audit-a', 'raw', [document('h1', 1)])
    put('audit-b', 'keyword', [document('h2', 2)])
    stores.clock.advance(120_000)
    await assert.rejects(store.count(filter()), coded('AUDIT_STORE_REFUSED'))
  })
})
