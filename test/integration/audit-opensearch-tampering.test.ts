import assert from 'node:assert/strict'
import { checkpointOf, checkpointText } from '../../src/audit/chain/checkpoint'
import { signerOf } from '../../src/audit/chain/signing'
import { undiciClient } from '../../src/http/undici-client'
import { auditRecord } from '../conformance/audit/records'
import { type StoresInSmallOpenSearch, storesInSmallOpenSearch } from '../support/opensearch-stores'

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
