import assert from 'node:assert/strict'
import type { ItemFault } from '../../lab/opensearch/bulk'
import { checkpointOf, checkpointText } from '../../src/audit/chain/checkpoint'
import { signerOf } from '../../src/audit/chain/signing'
import { documentId } from '../../src/audit/opensearch/names'
import { systemClock } from '../../src/http/retry'
import { undiciClient } from '../../src/http/undici-client'
import {
  auditRecord,
  coded,
  EVERYTHING,
  filter,
  found,
  idsOf,
  request,
  withAttributes,
} from '../conformance/audit/records'
import { freePort } from '../support/free-port'
import { type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'
import { waitFor } from '../support/wait-for'

const busy = {
  status: 429,
  type: 'es_rejected_execution_exception',
  reason: 'rejected execution of coordinating operation',
}

/** A cluster that takes these and no others. */
function allBut(taken: readonly { readonly id: string }[]): ItemFault {
  const ids = new Set(taken.map((record) => documentId({ cloud: 'lab', phase: 'final', id: record.id })))
  const gone = { status: 503, type: 'unavailable_shards_exception', reason: 'primary shard is not active' }
  return ({ id }) => (ids.has(id) ? undefined : gone)
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

describe('tampering with a trail in OpenSearch', function () {
  this.timeout(60_000)
  let stores: StoresInSmallOpenSearch
  const records = Array.from({ length: 6 }, () => auditRecord())
  const third = records[2]?.id ?? ''
  beforeEach(async () => {
    stores = await storesInSmallOpenSearch()
  })
  afterEach(() => stores.close())

  const cases: [string, (id: string) => void, string, number][] = [
    [
      'an event whose body was changed',
      (id) => stores.change(id, (source) => ({ ...source, body: '{}' })),
      'changed',
      3,
    ],
    [
      'an event given to another tenant',
      (id) => stores.change(id, (source) => ({ ...source, tenants: ['x'] })),
      'changed',
      3,
    ],
    ['an event that was removed', (id) => stores.change(id, () => undefined), 'removed', 3],
    [
      'an event that was hidden as superseded',
      (id) => stores.change(id, (source) => ({ ...source, superseded: 99, superseded_by: 'one' })),
      'changed',
      3,
    ],
    [
      'a batch whose place in the chain was removed',
      () => stores.change('one-0000000000000001', () => undefined),
      'removed',
      1,
    ],
    [
      'an event that was inserted',
      (id) =>
        stores.cluster.indices.forWriting('audit-2026.11').put('final:lab:new', {
          ...stores.cluster.indices.exactly('audit-2026.11')?.get(id)?.source,
          id: 'new',
        }),
      'inserted',
      3,
    ],
    [
      'an event that was inserted without a place in the chain',
      () =>
        stores.cluster.indices.forWriting('audit-2026.11').put('final:lab:new', {
          cloud: 'lab',
          id: 'new',
          phase: 'final',
          time: 1,
          sequence: 1,
          tenants: [],
          body: '{}',
        }),
      'inserted',
      0,
    ],
  ]
  for (const [sentence, tamper, kind, position] of cases) {
    it(`shows ${sentence}`, async () => {
      const store = await stores.open()
      await store.insert(records.slice(0, 3))
      await store.insert(records.slice(3))
      assert.equal((await store.verify([])).ok, true)
      tamper(`final:lab:${third}`)
      stores.cluster.indices.exactly('audit-2026.11')?.refresh(Date.now())
      const report = await store.verify([await store.checkpoint()])
      assert.equal(report.ok, false)
      assert.deepEqual([report.findings[0]?.kind, report.findings[0]?.position], [kind, position])
    })
  }

  it('shows a tail that was cut off, chain and all, to whoever knows the last checkpoint', async () => {
    const store = await stores.open()
    await store.insert(records.slice(0, 3))
    await store.insert(records.slice(3))
    const kept = await store.checkpoint()
    await store.close()
    stores.change('one-0000000000000004', () => undefined)
    for (const { id } of records.slice(3)) stores.change(`final:lab:${id}`, () => undefined)
    const again = await stores.open({ http: undiciClient() })
    assert.equal((await again.verify([])).ok, true)
    const report = await again.verify([kept])
    assert.deepEqual([report.findings[0]?.kind, report.findings[0]?.position], ['cut-off', 4])
  })

  it('shows with a key alone that what was signed was changed and hashed anew', async () => {
    const signer = signerOf({ kind: 'hmac', secret: 'a secret of some length' })
    const store = await stores.open({ signer })
    await store.insert(records.slice(0, 3))
    const kept = await store.checkpoint()
    await store.insert(records.slice(3))
    const whole = await store.verify([])
    assert.deepEqual([whole.findings, whole.strength, whole.events], [[], 'tampering', 6])
    await store.close()

    const again = await stores.open({ signer, http: undiciClient() })
    assert.deepEqual((await again.verify([kept])).findings, [])
    // A checkpoint in the chain is replaced by one with another key.
    const forger = signerOf({ kind: 'hmac', secret: 'another secret of some length' })
    stores.change('one-0000000000000005', (source) => ({
      ...source,
      text: checkpointText(
        checkpointOf({ writer: 'one', position: 4, link: Buffer.from(kept.link, 'hex') }, new Date(), forger),
      ),
    }))
    const report = await again.verify([])
    assert.equal(report.ok, false)
    assert(
      report.findings.some(({ kind, position }) => kind === 'signature' && position === 5),
      JSON.stringify(report.findings),
    )
  })
})
