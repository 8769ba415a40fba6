import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  auditRecord,
  EVERYTHING,
  filter,
  found,
  idsOf,
  MORNING,
  request,
  withAttributes,
} from '../conformance/audit/records'
import { authorization, realClient, realOpenSearch } from './real'

const url = process.env['OPENSEARCH_URL'] ?? ''

describe('what the small OpenSearch shows of the engine, in a real one', function () {
  this.timeout(120_000)
  const { open } = realOpenSearch()

  it('reaches offsets beyond one answer, in any order, also behind what lacks the attribute', async () => {
    const store = await open({ window: 7, deepest: 100 })
    const records = Array.from({ length: 40 }, (_, number) =>
      withAttributes(number % 4 === 0 ? {} : { action: `action-${number % 3}` }),
    )
    await store.insert(records)
    for (const sort of [[], [{ by: 'action', descending: true }], [{ by: 'action', descending: false }]] as const) {
      const whole = idsOf((await store.list(request({ sort, limit: 40 }))).events)
      assert.equal(new Set(whole).size, 40)
      for (const offset of [0, 6, 7, 20, 29, 35, 39]) {
        const page = await store.list(request({ sort, offset, limit: 3, total: true }))
        assert.deepEqual(idsOf(page.events), whole.slice(offset, offset + 3))
        assert.equal(page.total, 40)
      }
    }
    await store.close()
  })

  it('keeps the events of two writers once, and both chains whole', async () => {
    const prefix = `test-${randomBytes(6).toString('hex')}`
    const [one, two] = [await open({ prefix }), await open({ prefix, writer: 'two' })]
    for (let round = 1; round <= 5; round += 1) {
      const records = Array.from({ length: 4 }, () => auditRecord())
      const pending = auditRecord({ phase: 'pending' })
      const final = auditRecord({ id: pending.id })
      const outcomes = await Promise.all([one.insert([...records, pending]), two.insert([final, ...records].reverse())])
      assert.equal(outcomes.flat().filter((outcome) => outcome === 'stored').length, 6)
      assert.equal(await one.count(filter()), round * 5)
    }
    const report = await two.verify([await one.checkpoint(), await two.checkpoint()])
    assert.deepEqual([report.findings, report.events], [[], 30])
    await Promise.all([one.close(), two.close()])
  })

  it('begins phrases with any of a great many words', async () => {
    const store = await open()
    for (let portion = 0; portion < 3; portion += 1) {
      await store.insert(
        Array.from({ length: 1_000 }, (_, number) => withAttributes({ target_name: `rule n${portion}x${number}` })),
      )
    }
    const text = { kind: 'phrase', words: ['rule', 'n'], prefix: true } as const
    assert.equal(await store.count(filter({ text })), 3_000)
    assert.equal(await store.count(filter({ text: { kind: 'word', text: 'n', prefix: true } })), 3_000)
    await store.close()
  })

  for (const [name, mappings] of [
    ['as a cluster maps them by itself', undefined],
    [
      'as keywords',
      {
        dynamic_templates: [
          { texts: { match_mapping_type: 'string', unmatch: 'eventTime', mapping: { type: 'keyword' } } },
        ],
        properties: { eventTime: { type: 'date', format: 'date_optional_time' } },
      },
    ],
    [
      'with raw beside analysed texts',
      {
        dynamic_templates: [
          {
            texts: {
              match_mapping_type: 'string',
              unmatch: 'eventTime',
              mapping: { type: 'text', fields: { raw: { type: 'keyword' } } },
            },
          },
        ],
      },
    ],
  ] as const) {
    it(`reads documents of Hermes, ${name}`, async () => {
      const index = `hermes-${randomBytes(6).toString('hex')}`
      const http = realClient()
      const ask = async (method: 'PUT' | 'POST' | 'DELETE', path: string, body?: object) => {
        const headers = { 'content-type': 'application/json', ...authorization() }
        const answer = await http.request({
          method,
          url: `${url}/${path}`,
          headers,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        })
        assert(answer.status < 300, answer.text)
      }
      await ask('PUT', index, mappings === undefined ? {} : { mappings })
      for (const [number, action] of ['create', 'delete', 'update'].entries()) {
        await ask('PUT', `${index}/_doc/${number}?refresh=true`, {
          id: `h${number}`,
          eventTime: new Date(MORNING / 1000 + number).toISOString().replace('Z', '123+00:00'),
          action,
          outcome: 'success',
          initiator: { id: 'u', typeURI: 'service/security/account/user', name: 'dana', host: { address: '10.0.0.1' } },
          target: { id: `t${number}`, typeURI: 'compute/server' },
          tenant_ids: ['a', `tenant-${number}`],
        })
      }
      const store = await open({ hermes: { indices: index, cloud: 'lab' } })
      const own = withAttributes({ action: 'zap' }, { time: MORNING + 1_500, tenants: ['a'] })
      await store.insert([own])
      assert.deepEqual(await found(store), ['h2', own.id, 'h1', 'h0'])
      assert.deepEqual(await found(store, { scope: { tenants: ['tenant-1'], cloud: 'lab' } }), ['h1'])
      const sorted = await store.list(request({ sort: [{ by: 'action', descending: true }], total: true }))
      assert.deepEqual([idsOf(sorted.events), sorted.total], [[own.id, 'h2', 'h1', 'h0'], 4])
      const where = [{ negated: false, anyOf: [{ attribute: 'address', how: 'prefix', values: ['10.'] } as const] }]
      assert.equal(await store.count(filter({ where, from: MORNING + 1_000 })), 2)
      const actions = { filter: filter(), attribute: 'action', limit: 3, order: 'value', counts: true } as const
      assert.deepEqual(
        (await store.distinct(actions)).map(({ value, count }) => [value, count]),
        [
          ['create', 1],
          ['delete', 1],
          ['update', 1],
        ],
      )
      const spans = await store.histogram({ filter: filter(), interval: 2_000, by: 'action', maxBuckets: 10 })
      assert.deepEqual(
        spans.map(({ by }) => by),
        [{ create: 1, delete: 1, zap: 1 }, { update: 1 }],
      )
      assert.equal((await store.get(EVERYTHING, 'h1'))?.event.time, MORNING + 1_123)
      let after: string | undefined
      const walked: string[] = []
      for (;;) {
        const page = await store.list(request({ limit: 1, ...(after === undefined ? {} : { after }) }))
        if (page.cursor === undefined) break
        walked.push(...idsOf(page.events))
        after = page.cursor
      }
      assert.deepEqual(walked, ['h2', own.id, 'h1', 'h0'])
      await store.close()
      await ask('DELETE', index)
      await http.close()
    })
  }
})
