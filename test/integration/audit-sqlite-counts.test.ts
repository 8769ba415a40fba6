import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditFilter, AuditRecord, Scope } from '../../src/audit/model'
import { openSqliteStore } from '../../src/audit/sqlite/open'
import type { AuditStore } from '../../src/audit/store'
import { auditRecord, DAY, EVERYTHING, found, MORNING, request } from '../conformance/audit/records'

const TENANTS = ['a', 'b', 'c', 'd']
const KINDS = ['create', 'update', 'delete']

/** The same numbers each time. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 0x1_0000_0000) * below)
  }
}

describe('counts kept by day in the SQLite audit store', function () {
  this.timeout(60_000)
  let directory: string
  let store: AuditStore

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'audit-counts-'))
    store = await openSqliteStore({ path: join(directory, 'audit.sqlite'), fullText: false })
  })
  afterEach(async () => {
    await store.close()
    rmSync(directory, { recursive: true })
  })

  /** A condition that all satisfy and no count by day can tell. */
  const walked = (filter: AuditFilter): AuditFilter => ({
    ...filter,
    where: [
      ...filter.where,
      { negated: true, anyOf: [{ attribute: 'initiator_name', how: 'exact', values: ['nobody'] }] },
    ],
  })

  async function agree(sentence: string): Promise<void> {
    const scopes: Scope[] = [EVERYTHING, ...TENANTS.map((tenant) => ({ tenants: [tenant], cloud: 'lab' }))]
    const spans = [
      {},
      { from: MORNING - DAY / 3 },
      { from: MORNING - 9 * DAY, to: MORNING - DAY / 2 },
      { to: MORNING - 3 * DAY },
    ]
    for (const scope of scopes) {
      for (const span of spans) {
        for (const action of [undefined, ...KINDS]) {
          const where =
            action === undefined
              ? []
              : [{ negated: false, anyOf: [{ attribute: 'action', how: 'exact', values: [action] } as const] }]
          const filter = { scope, where, ...span }
          const listed = (await found(store, filter)).length
          const said = `${sentence}: ${JSON.stringify(filter)}`
          assert.equal(await store.count(filter), listed, said)
          assert.equal(await store.count(walked(filter)), listed, said)
          assert.equal((await store.list(request({ filter, limit: 0, total: true }))).total, listed, said)
        }
        const distinct = { attribute: 'action', limit: 10, order: 'value', counts: true } as const
        const kept = await store.distinct({ ...distinct, filter: { scope, where: [], ...span } })
        assert.deepEqual(kept, await store.distinct({ ...distinct, filter: walked({ scope, where: [], ...span }) }))
        const users = await store.distinct({
          ...distinct,
          attribute: 'initiator_name',
          filter: { scope, where: [], ...span },
        })
        assert.equal(
          users.reduce((sum, { count = 0 }) => sum + count, 0),
          await store.count({ scope, where: [], ...span }),
        )
        const days = { interval: DAY, by: 'action', maxBuckets: 100 } as const
        const whole = { scope, where: [] }
        assert.deepEqual(
          await store.histogram({ ...days, filter: whole }),
          await store.histogram({ ...days, filter: walked(whole) }),
        )
      }
    }
  }

  it('agree with what is listed, after phases in any order, repeats and retention', async () => {
    const next = numbers(7)
    const make = (changes: Partial<AuditRecord> = {}) =>
      auditRecord({
        time: MORNING - next(12) * DAY - next(1000),
        tenants: TENANTS.filter(() => next(3) === 0),
        attributes: { action: KINDS[next(3)] ?? '', cloud: 'lab', initiator_name: `user-${next(5)}` },
        ...changes,
      })
    const operations = Array.from({ length: 150 }, () => {
      const pending = make({ phase: 'pending' })
      return [pending, make({ id: pending.id })]
    })
    const all = [...operations.flat(), ...Array.from({ length: 200 }, () => make())]
    const shuffled = all.map((record) => ({ record, at: next(1_000_000) })).sort((x, y) => x.at - y.at)
    const records = shuffled.map(({ record }) => record)
    for (let begin = 0; begin < records.length; begin += 37) {
      await store.insert(records.slice(Math.max(0, begin - 5), begin + 37))
    }
    await agree('after inserting')
    await store.deleteBefore(MORNING - 6 * DAY, { tenant: { cloud: 'lab', id: 'a' } })
    await store.deleteBefore(MORNING - 8 * DAY, { exceptTenants: [{ cloud: 'lab', id: 'b' }] })
    await agree('after retention')
    await store.deleteDownTo(0)
    assert.equal((await store.size()).events, 0)
    await agree('after all is gone')
    assert.deepEqual((await store.verify([await store.checkpoint()])).findings, [])
    await store.insert(records.slice(0, 50))
    await agree('after some came again')
  })
})
