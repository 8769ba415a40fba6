import assert from 'node:assert/strict'
import { systemClock } from '../../src/http/retry'
import { auditRecord, coded, filter, found, idsOf, request } from '../conformance/audit/records'
import { freePort } from '../support/free-port'
import { allBut, type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'
import { waitFor } from '../support/wait-for'

const busy = {
  status: 429,
  type: 'es_rejected_execution_exception',
  reason: 'rejected execution of coordinating operation',
}

describe('an OpenSearch in trouble', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())
  const isBulk = ({ path }: { path: string }) => path === '/_bulk'

  it('is given time when it is busy: at least as long as it asks for', async () => {
    const store = await stores.open()
    let refusals = 3
    stores.cluster.interfere = (request) =>
      isBulk(request) && refusals-- > 0
        ? { status: 429, headers: { 'retry-after': '7' }, body: { error: busy } }
        : undefined
    assert.deepEqual(await store.insert([auditRecord()]), ['stored'])
    assert.equal(stores.clock.waits.filter((ms) => ms >= 7_000).length, 3)
  })

  it('is not waited for longer than there is patience', async () => {
    const store = await stores.open({ patienceMs: 10_000 })
    stores.cluster.interfere = (request) =>
      isBulk(request) ? { status: 429, headers: { 'retry-after': '30' }, body: { error: busy } } : undefined
    const record = auditRecord()
    await assert.rejects(store.insert([record]), coded('AUDIT_STORE_BUSY'))
    stores.cluster.interfere = () => undefined
    assert.deepEqual(await store.insert([record, auditRecord()]), ['repeated', 'stored'])
    assert.equal((await store.verify([])).events, 2)
  })

  it('that takes half of a bulk gets the other half again, and nothing twice', async () => {
    const store = await stores.open()
    const refused = new Map<string, number>()
    const sent: string[] = []
    stores.cluster.itemFault = ({ id, number }) => {
      sent.push(id)
      const times = refused.get(id) ?? 0
      if (times >= 2 || (times === 0 && number % 2 === 0)) return undefined
      refused.set(id, times + 1)
      return busy
    }
    const records = Array.from({ length: 20 }, () => auditRecord())
    assert.deepEqual(
      await store.insert(records),
      records.map(() => 'stored'),
    )
    assert.equal(sent.length, 20 + 10 + 10)
    assert.deepEqual(await found(store), idsOf(records).reverse())
    const report = await store.verify([await store.checkpoint()])
    assert.deepEqual([report.ok, report.events], [true, 20])
  })

  it('that does not index an event keeps it as text at its place', async () => {
    const rejected: string[] = []
    const store = await stores.open({ onRejected: (id, reason) => rejected.push(`${id} ${reason}`) })
    const records = Array.from({ length: 5 }, () => auditRecord())
    const odd = records[2]?.id
    stores.cluster.itemFault = ({ id }) =>
      id.endsWith(`:${odd}`) ? { status: 400, type: 'mapper_parsing_exception', reason: 'failed to parse' } : undefined
    await store.insert(records)
    assert.deepEqual(rejected, [`${odd} mapper_parsing_exception: failed to parse`])
    assert.equal((await found(store)).length, 4)
    const report = await store.verify([await store.checkpoint()])
    assert.deepEqual([report.ok, report.events, report.retired], [true, 5, 0])
  })

  it('that cannot take a request of such a size gets the events singly, and keeps what is still too large', async () => {
    const rejected: string[] = []
    const store = await stores.open({ onRejected: (id) => rejected.push(id) })
    stores.cluster.interfere = (request) =>
      isBulk(request) && request.body.length > 20_000 ? { status: 413, body: {} } : undefined
    const large = auditRecord({ body: JSON.stringify({ large: 'x'.repeat(30_000) }) })
    const records = [...Array.from({ length: 30 }, () => auditRecord()), large]
    await store.insert(records)
    assert.deepEqual(rejected, [large.id])
    assert.equal((await found(store)).length, 30)
    assert.equal((await store.verify([])).ok, true)
  })

  it('that is red stores nothing, counts nothing and says so; and takes everything once it is well', async () => {
    const store = await stores.open({ patienceMs: 5_000 })
    await store.insert([auditRecord()])
    await found(store)
    stores.cluster.red = true
    const records = Array.from({ length: 5 }, () => auditRecord())
    await assert.rejects(store.insert(records), coded('AUDIT_STORE_AWAY'))
    await assert.rejects(store.list(request({ total: true })), coded('AUDIT_STORE_AWAY'))
    await assert.rejects(store.count(filter()), coded('AUDIT_STORE_AWAY'))
    stores.cluster.red = false
    assert.equal((await store.insert(records)).length, 5)
    assert.equal(await store.count(filter()), 6)
    const report = await store.verify([await store.checkpoint()])
    assert.deepEqual([report.ok, report.events], [true, 6])
  })

  it('that goes red in the middle of a batch has the rest of it first when it is well', async () => {
    const store = await stores.open({ patienceMs: 5_000 })
    const records = Array.from({ length: 8 }, () => auditRecord())
    stores.cluster.itemFault = allBut(records.slice(0, 3))
    await assert.rejects(store.insert(records), coded('AUDIT_STORE_AWAY'))
    stores.cluster.itemFault = () => undefined
    const other = auditRecord()
    assert.deepEqual(await store.insert([other]), ['stored'])
    assert.deepEqual(
      await store.insert(records),
      records.map(() => 'repeated'),
    )
    assert.equal(await store.count(filter()), 9)
    const report = await store.verify([await store.checkpoint()])
    assert.deepEqual([report.ok, report.events, report.retired], [true, 9, 0])
  })

  for (const path of [/\/_bulk$/, /-chain\/_create\//] as const) {
    it(`whose answer is lost (${path.source}) is asked again, and the event is stored once`, async () => {
      const store = await stores.open()
      let losses = 2
      stores.cluster.interfere = (request) => (path.test(request.path) && losses-- > 0 ? 'cut after' : undefined)
      const records = [auditRecord(), auditRecord()]
      assert.deepEqual(await store.insert(records), ['stored', 'stored'])
      assert.equal(await store.count(filter()), 2)
      const report = await store.verify([await store.checkpoint()])
      assert.deepEqual([report.ok, report.events, report.retired], [true, 2, 0])
    })
  }

  it('of which one node is away is reached by the other', async () => {
    const away = `http://127.0.0.1:${await freePort()}`
    const store = await stores.open({ urls: [away, stores.cluster.url] })
    assert.deepEqual(await store.insert([auditRecord()]), ['stored'])
    assert.equal((await found(store)).length, 1)
  })

  it('that takes nothing keeps nobody from closing', async () => {
    const store = await stores.open({ clock: systemClock, closeWithinMs: 200 })
    stores.cluster.interfere = (request) =>
      isBulk(request) ? { status: 429, headers: { 'retry-after': '40' }, body: { error: busy } } : undefined
    const inserting = assert.rejects(store.insert([auditRecord()]), coded('AUDIT_STORE_CLOSED'))
    const next = assert.rejects(store.insert([auditRecord()]), coded('AUDIT_STORE_CLOSED'))
    await waitFor('the first bulk', () => stores.cluster.requests.some(isBulk))
    await store.close()
    await Promise.all([inserting, next])
  })

  it('that is away altogether is said to be, and may be tried again', async () => {
    const away = `http://127.0.0.1:${await freePort()}`
    await assert.rejects(
      stores.open({ urls: [away], patienceMs: 1_000 }),
      (error: { code: string; retryable: boolean }) => {
        assert.equal(error.code, 'AUDIT_STORE_AWAY')
        return error.retryable
      },
    )
  })

  it('whose disk is full is said to be full; what came is stored when there is space', async () => {
    const store = await stores.open({ patienceMs: 5_000 })
    const reason = 'index [audit-2026.11] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]'
    stores.cluster.itemFault = () => ({ status: 429, type: 'cluster_block_exception', reason })
    const record = auditRecord()
    await assert.rejects(store.insert([record]), coded('AUDIT_STORE_FULL'))
    stores.cluster.itemFault = () => undefined
    await store.insert([record])
    assert.deepEqual(await found(store), [record.id])
  })

  it('that does not let us in is told without the password', async () => {
    const open = stores.open({ credentials: { username: 'audit', password: 'hidden-secret' }, patienceMs: 1_000 })
    stores.cluster.interfere = ({ headers }) => {
      const sent = Buffer.from(String(headers['authorization']).slice(6), 'base64').toString()
      return { status: 401, body: { error: { type: 'security_exception', reason: `no permissions for ${sent}` } } }
    }
    await assert.rejects(open, (error: { code: string; message: string; retryable: boolean }) => {
      assert.equal(error.code, 'AUDIT_STORE_REFUSED')
      assert.match(error.message, /security_exception/)
      assert.doesNotMatch(error.message, /hidden-secret/)
      return !error.retryable
    })
  })

  it('is asked with the API key where there is one', async () => {
    await stores.open({ credentials: { apiKey: 'a2V5' } })
    assert(stores.cluster.requests.every(({ headers }) => headers['authorization'] === 'ApiKey a2V5'))
  })

  it('that takes too long over a question is not waited for', async () => {
    const store = await stores.open()
    stores.cluster.interfere = ({ path }) =>
      path.endsWith('/_search') ? { status: 200, body: { timed_out: true, hits: { hits: [] } } } : undefined
    await assert.rejects(store.count(filter()), coded('AUDIT_TOO_SLOW'))
  })

  it('that answers for some shards only is no answer', async () => {
    const store = await stores.open()
    stores.cluster.interfere = ({ path }) =>
      path.endsWith('/_search')
        ? { status: 200, body: { timed_out: false, _shards: { failed: 1 }, hits: { total: { value: 3 }, hits: [] } } }
        : undefined
    await assert.rejects(store.count(filter()), coded('AUDIT_STORE_AWAY'))
  })

  it('that is none, or one too old, is refused', async () => {
    stores.cluster.interfere = () => ({ status: 200, body: '<html>Dashboards</html>' })
    await assert.rejects(stores.open(), coded('AUDIT_STORE_REFUSED'))
    stores.cluster.interfere = () => undefined
    stores.cluster.version = { number: '6.8.23' }
    await assert.rejects(stores.open(), /version 6\.8\.23/)
    for (const urls of [['not a url:'], ['ftp://x'], ['https://user:password@x']]) {
      await assert.rejects(stores.open({ urls }), coded('AUDIT_STORE_REFUSED'))
    }
    await assert.rejects(stores.open({ prefix: 'Audit*' }), coded('AUDIT_STORE_REFUSED'))
    await assert.rejects(stores.open({ writer: 'a/b' }), coded('AUDIT_STORE_REFUSED'))
  })

  it('from which somebody removed the index of the month gets it again', async () => {
    const store = await stores.open()
    const [first, second] = [auditRecord(), auditRecord()]
    await store.insert([first])
    stores.cluster.indices.delete('audit-2026.11')
    await store.insert([second])
    assert.deepEqual(await found(store), [second.id])
    const report = await store.verify([])
    assert.equal(report.ok, false)
    assert.deepEqual(
      report.findings.map(({ kind, position, id }) => ({ kind, position, id })),
      [{ kind: 'removed', position: 1, id: undefined }],
    )
  })
})
