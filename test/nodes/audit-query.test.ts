import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/audit-query/audit-query'
import type { VerifyReport } from '../../src/audit/chain/model'
import type { AuditFilter, HistogramRequest, ListRequest, StoredEvent } from '../../src/audit/model'
import type { AuditStore } from '../../src/audit/store'
import { OperatorError } from '../../src/errors/operator-error'
import { fakeStoreConfig } from '../support/fake-store-config'
import { fakeTrail } from '../support/fake-trail'
import { occurrence } from '../support/occurrence'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

type Received = Record<string, unknown>

const BEGIN = Date.parse('2026-11-21T06:00:00Z') * 1000
const HOUR = 3_600_000_000

function stored(index: number): StoredEvent {
  const { event, notification } = occurrence(`e${index}`)
  const { messageId, eventType, publisherId, priority, timestamp } = notification
  return {
    ...{ cloud: 'lab', id: `e${index}`, phase: 'final', time: BEGIN + index * 1_000_000, tenants: ['p'] },
    sequence: index + 1,
    body: JSON.stringify(event),
    notification: { messageId, eventType, publisherId: publisherId ?? '', priority, timestamp },
  }
}

/** Many events, listed as a store does; asks are remembered. */
function fakeStore(count: number): { store: Partial<AuditStore>; lists: ListRequest[]; filters: AuditFilter[] } {
  const lists: ListRequest[] = []
  const filters: AuditFilter[] = []
  const all = Array.from({ length: count }, (_, index) => stored(index))
  return {
    lists,
    filters,
    store: {
      async list(request) {
        lists.push(request)
        const [key] = request.sort
        const sorted = key?.by === 'time' && !key.descending ? all : all.toReversed()
        const begin = request.after === undefined ? (request.offset ?? 0) : Number(request.after)
        const events = sorted.slice(begin, begin + request.limit)
        return { events, cursor: String(begin + events.length), ...(request.total ? { total: count } : {}) }
      },
      async count(filter) {
        filters.push(filter)
        return count
      },
      async distinct() {
        return [
          { value: 'create', count: 7 },
          { value: 'delete', count: 2 },
        ]
      },
      async get(_scope, id) {
        const event = all.find((one) => one.id === id)
        return event === undefined ? undefined : { event }
      },
    },
  }
}

describe('the audit-query node', () => {
  let received: Received[]
  let caught: { error: { code?: string; message: string } }[]
  let completed: Received[]

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(() => {
    received = []
  })
  afterEach(async () => {
    await helper.unload()
  })

  async function load(store: Partial<AuditStore>, settings: object): Promise<Node> {
    const trail = fakeTrail(store)
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'n-config', type: 'audit-store-config' },
      { id: 'n-query', type: 'audit-query', z: 'tab', store: 'n-config', ...settings, wires: [['n-out']] },
      { id: 'n-catch', type: 'catch', z: 'tab', scope: ['n-query'], wires: [['n-caught']] },
      { id: 'n-complete', type: 'complete', z: 'tab', scope: ['n-query'], wires: [['n-completed']] },
      ...['n-out', 'n-caught', 'n-completed'].map((id) => ({ id, type: 'helper', z: 'tab' })),
    ] as TestFlows
    await helper.load([fakeStoreConfig(() => trail), register] as never, flow)
    const collect = <M>(id: string): M[] => {
      const collected: M[] = []
      helper.getNode(id).on('input', (msg) => collected.push(msg as unknown as M))
      return collected
    }
    received = collect('n-out')
    caught = collect('n-caught')
    completed = collect('n-completed')
    return helper.getNode('n-query') as Node
  }
  const answer = () => waitFor('an answer', () => received[0] ?? (caught[0] as unknown as Received))
  const failure = async () => (await waitFor('a failure', () => caught[0])).error.code
  const statuses = () =>
    statusCalls<Record<string, string>>(helper.getNode('n-query')).map(
      ([{ fill, shape, text }]) => `${fill} ${shape} ${text}`,
    )

  it('answers with an array of events, newest first, and how many there are in all', async () => {
    const { store, lists } = fakeStore(12)
    const node = await load(store, { what: 'array', limit: '5', span: 'all' })
    node.receive({ other: 'kept' } as never)
    const { payload, audit, other } = await answer()
    assert.deepEqual(
      (payload as { id: string }[]).map(({ id }) => id),
      ['e11', 'e10', 'e9', 'e8', 'e7'],
    )
    assert.deepEqual([audit, other], [{ total: 12 }, 'kept'])
    assert.deepEqual(lists[0]?.filter, { scope: { tenants: 'all' }, where: [] })
    assert.ok(statuses().includes('green dot 5 of 12 events'))
  })

  it('answers with rows for a table', async () => {
    const { store } = fakeStore(1)
    const node = await load(store, { what: 'array', shape: 'rows' })
    node.receive({} as never)
    const { payload } = await answer()
    const [row] = payload as Record<string, string>[]
    assert.deepEqual(
      [row?.['id'], row?.['action'], row?.['initiator_name'], row?.['reason_code']],
      [...['e0', 'create', 'dana', '']],
    )
  })

  it('answers with a table as text, whose cells no spreadsheet takes for formulas', async () => {
    const { store } = fakeStore(620)
    const list = store.list
    const evil = {
      ...store,
      list: async (request: ListRequest) => {
        const page = await list?.(request)
        const events = (page?.events ?? []).map((one) => ({ ...one, body: one.body.replace('"dana"', '"=cmd()"') }))
        return { ...page, events }
      },
    } as Partial<AuditStore>
    const node = await load(evil, { what: 'csv' })
    node.receive({} as never)
    const lines = String((await answer())['payload']).split('\r\n')
    assert.match(lines[0] ?? '', /^time,cloud,id,/)
    assert.equal(lines.length, 622)
    assert.equal(new Set(lines).size, 622, 'one head line, and each event once')
    assert.match(lines[1] ?? '', /'=cmd\(\)/)
  })

  it('asks what the dialog says: rows, time, search, order and tenants', async () => {
    const { store, lists } = fakeStore(1)
    const before = Date.now() * 1000
    const node = await load(store, {
      ...{ what: 'array', span: 'last', lastCount: '2', lastUnit: 'hours', search: 'dana', sort: 'action:asc' },
      rows: [
        { attribute: 'outcome', op: 'is-not', value: 'success\npending' },
        { attribute: 'project', op: 'begins', value: 'p' },
        { attribute: 'address', op: 'known', value: '' },
      ],
      ...{ tenantsBy: 'given', tenants: 'who', tenantsType: 'msg' },
    })
    node.receive({ who: ['p1', 'd1'] } as never)
    const { audit } = await answer()
    const { filter, sort } = lists[0] as ListRequest
    assert.deepEqual(filter.scope, { tenants: ['p1', 'd1'], cloud: 'lab' })
    assert.deepEqual(filter.where, [
      { negated: true, anyOf: [{ attribute: 'outcome', how: 'exact', values: ['success', 'pending'] }] },
      {
        negated: false,
        anyOf: ['initiator_project_id', 'target_project_id'].map((attribute) => ({
          ...{ attribute, how: 'prefix', values: ['p'] },
        })),
      },
      { negated: false, anyOf: [{ attribute: 'address', how: 'prefix', values: [''] }] },
    ])
    assert.deepEqual(filter.text, { kind: 'word', text: 'dana', prefix: false })
    assert.equal((filter.to ?? 0) - (filter.from ?? 0), 2 * HOUR)
    assert.ok((filter.to ?? 0) >= before)
    assert.deepEqual(sort, [{ by: 'action', descending: false }])
    assert.equal((audit as { to: string }).to, new Date((filter.to ?? 0) / 1000).toISOString())
  })

  it('lets the message ask otherwise, in the words of the API, but not see more', async () => {
    const { store, lists } = fakeStore(1)
    const node = await load(store, {
      ...{ what: 'array', span: 'last', rows: [{ attribute: 'outcome', op: 'is', value: 'success' }] },
      ...{ tenantsBy: 'given', tenants: 'p1 p2', tenantsType: 'str', limit: '5' },
    })
    node.receive({
      query: { outcome: '!failure', time: 'gte:2026-11-21T06:00:00Z', limit: 3, project_id: '*', tenants: 'all' },
    } as never)
    await answer()
    node.receive({ query: 'action=create&action=delete&match=extended&sort=time:asc' } as never)
    await waitFor('both', () => received.length === 2)
    assert.deepEqual(lists[0]?.filter, {
      scope: { tenants: ['p1', 'p2'], cloud: 'lab' },
      where: [{ negated: true, anyOf: [{ attribute: 'outcome', how: 'exact', values: ['failure'] }] }],
      from: BEGIN,
    })
    assert.equal(lists[0]?.limit, 3)
    assert.deepEqual(lists[1]?.filter.where, [
      { negated: false, anyOf: [{ attribute: 'outcome', how: 'exact', values: ['success'] }] },
      { negated: false, anyOf: [{ attribute: 'action', how: 'exact', values: ['create', 'delete'] }] },
    ])
  })

  it('sees nothing for tenants that a message should name and does not', async () => {
    const { store, lists } = fakeStore(1)
    const node = await load(store, { what: 'array', tenantsBy: 'given', tenants: 'who', tenantsType: 'msg' })
    node.receive({} as never)
    await answer()
    assert.deepEqual(lists[0]?.filter.scope, { tenants: [], cloud: 'lab' })
  })

  for (const [name, query, code] of [
    ['a time', { time: 'yesterday' }, 'AUDIT_BAD_TIME'],
    ['an order', { sort: 'colour' }, 'AUDIT_BAD_SORT'],
    ['a search', { search: '"open' }, 'AUDIT_BAD_SEARCH'],
    ['a limit', { limit: -1 }, 'AUDIT_BAD_PARAMETER'],
    ['an offset', { offset: '1e9' }, 'AUDIT_BAD_PARAMETER'],
    ['a limit beyond what an array holds', { limit: 1e9 }, 'AUDIT_BAD_PARAMETER'],
    ['an object', { action: { $ne: 1 } }, 'AUDIT_BAD_PARAMETER'],
    ['a list', ['action'], 'AUDIT_BAD_PARAMETER'],
    ['a number', 7, 'AUDIT_BAD_PARAMETER'],
  ] as const) {
    it(`refuses ${name} that cannot be understood, by a code`, async () => {
      const node = await load(fakeStore(1).store, { what: 'array' })
      node.receive({ query } as never)
      assert.equal(await failure(), code)
      await waitFor('a red dot', () => statuses().at(-1) === `red dot ${code}`)
    })
  }

  it('passes on what the store says, as something that may heal', async () => {
    const away = new OperatorError('AUDIT_STORE_AWAY', 'Nobody answers.', { retryable: true })
    const node = await load({ list: () => Promise.reject(away) }, { what: 'array' })
    node.receive({} as never)
    assert.equal(await failure(), 'AUDIT_STORE_AWAY')
    await waitFor('a red ring', () => statuses().at(-1) === 'red ring AUDIT_STORE_AWAY')
  })

  it('sends a sequence of occurrences, as many as there are, page by page', async () => {
    const { store, lists } = fakeStore(1203)
    const node = await load(store, { what: 'sequence', sort: 'time:asc' })
    node.receive({ other: 'kept', parts: { id: 'outer' } } as never)
    await waitFor('all', () => received.length === 1203)
    const parts = received.map((msg) => msg['parts'] as { id: string; index: number; count?: number; parts: object })
    assert.deepEqual(
      parts.map(({ index }) => index),
      Array.from({ length: 1203 }, (_, index) => index),
    )
    assert.equal(new Set(parts.map(({ id }) => id)).size, 1)
    assert.equal(parts.at(-1)?.count, 1203)
    assert.deepEqual(parts[0]?.parts, { id: 'outer' })
    const { topic, payload, event, notification, other } = received[7] as unknown as Record<string, never>
    assert.deepEqual([topic, other], ['security_group_rule.create.end', 'kept'])
    assert.deepEqual([event, payload], [occurrence('e7').event, occurrence('e7').event])
    assert.deepEqual(notification?.['source'], { kind: 'audit-trail', cloud: 'lab' })
    assert.deepEqual(
      lists.map(({ after, limit, total }) => [after, limit, total]),
      [
        [undefined, 500, true],
        ['500', 500, false],
        ['1000', 500, false],
      ],
    )
  })

  it('counts', async () => {
    const { store, filters } = fakeStore(42)
    const node = await load(store, { what: 'count', span: 'between', from: '2026-11-21', to: '2026-11-21T07:00' })
    node.receive({} as never)
    assert.equal((await answer())['payload'], 42)
    assert.deepEqual(filters, [{ scope: { tenants: 'all' }, where: [], from: BEGIN - 6 * HOUR, to: BEGIN + HOUR }])
  })

  it('lists the values of an attribute', async () => {
    const node = await load(fakeStore(1).store, { what: 'distinct', attribute: 'action' })
    node.receive({} as never)
    assert.deepEqual((await answer())['payload'], [
      { value: 'create', count: 7 },
      { value: 'delete', count: 2 },
    ])
  })

  describe('draws a chart', () => {
    const asked: HistogramRequest[] = []
    const store: Partial<AuditStore> = {
      async histogram(request) {
        asked.push(request)
        return [
          { time: BEGIN, count: 3, ...(request.by === undefined ? {} : { by: { success: 2, failure: 1 } }) },
          { time: BEGIN + 2 * HOUR, count: 1, ...(request.by === undefined ? {} : { by: { success: 1 } }) },
        ]
      },
    }
    const settings = { what: 'histogram', interval: 'hour', span: 'between' }
    const time = { from: '2026-11-21T06:00:00Z', to: '2026-11-21T09:00:00Z' }
    const at = (hour: number) => (BEGIN + hour * HOUR) / 1000

    it('as ui-chart takes it, with a point for each step', async () => {
      const node = await load(store, { ...settings, ...time, by: 'outcome' })
      node.receive({} as never)
      const { payload, action } = await answer()
      assert.equal(action, 'replace')
      assert.deepEqual(payload, [
        ...[1, 0, 0].map((y, hour) => ({ x: at(hour), y, series: 'failure' })),
        ...[2, 0, 1].map((y, hour) => ({ x: at(hour), y, series: 'success' })),
      ])
      assert.equal(asked.at(-1)?.by, 'outcome')
    })

    it('as the older ui_chart takes it', async () => {
      const node = await load(store, { ...settings, ...time, chart: 'ui_chart' })
      node.receive({} as never)
      assert.deepEqual((await answer())['payload'], [
        { series: ['events'], data: [[3, 0, 1].map((y, hour) => ({ x: at(hour), y }))], labels: [''] },
      ])
    })

    it('as it is, with a step that fits the time', async () => {
      const node = await load(store, { ...settings, ...time, interval: 'auto', chart: 'buckets' })
      node.receive({} as never)
      const { payload, audit } = await answer()
      assert.equal(asked.at(-1)?.interval, 300_000_000)
      assert.deepEqual((payload as object[])[0], { time: '2026-11-21T06:00:00.000Z', count: 3 })
      assert.equal((payload as object[]).length, 36)
      assert.equal((audit as { total: number }).total, 4)
    })

    it('but not one of ten million points', async () => {
      const node = await load(store, { ...settings, from: '2006-01-01', to: '2026-01-01', interval: 'minute' })
      node.receive({} as never)
      assert.equal(await failure(), 'AUDIT_TOO_WIDE')
    })
  })

  it('finds one event by its id', async () => {
    const node = await load(fakeStore(3).store, { what: 'event' })
    node.receive({ payload: ' e1 ' } as never)
    node.receive({ payload: 'other' } as never)
    await waitFor('both', () => received.length === 2)
    assert.deepEqual(received[0]?.['payload'], occurrence('e1').event)
    assert.deepEqual([received[1]?.['payload'], received[1]?.['audit']], [null, { found: false }])
    node.receive({ payload: 7 } as never)
    assert.equal(await failure(), 'AUDIT_NO_ID')
  })

  it('verifies, with the checkpoints that the message brings', async () => {
    const report: VerifyReport = {
      ...{ ok: true, events: 5, retired: 0, findings: [], strength: 'tampering', writers: [] },
    } as VerifyReport
    const known: unknown[] = []
    const verify: AuditStore['verify'] = async (checkpoints) => {
      known.push(...checkpoints)
      return report
    }
    const node = await load({ verify }, { what: 'verify' })
    const checkpoint = { writer: 'w', position: 3, link: 'ab'.repeat(32), time: '2026-11-21T07:00:00.000Z' }
    node.receive({ checkpoints: [checkpoint] } as never)
    assert.deepEqual((await answer())['payload'], report)
    assert.deepEqual(known, [checkpoint])
    node.receive({ checkpoints: 'no checkpoint' } as never)
    assert.equal(await failure(), 'AUDIT_BAD_CHECKPOINT')
  })

  describe('replays', () => {
    const settings = { what: 'replay', pace: 'free', span: 'all' }

    it('events as occurrences, oldest first, each with a mark, and is done when the flow is', async () => {
      const { store, lists } = fakeStore(620)
      const node = await load(store, settings)
      const before = Date.now() * 1000
      node.receive({ payload: 'go' } as never)
      await waitFor('the end', () => completed.length === 1)
      assert.deepEqual(
        received.map((msg) => (msg['event'] as { id: string }).id),
        Array.from({ length: 620 }, (_, index) => `e${index}`),
      )
      const marks = received.map((msg) => msg['replay'] as { id: string; at: string; index: number })
      assert.deepEqual(marks.at(-1)?.index, 619)
      assert.equal(new Set(marks.map(({ id }) => id)).size, 1)
      assert.deepEqual(completed[0]?.['audit'], { sent: 620, done: 620, failed: 0, inFlight: 0, stopped: false })
      assert.ok((lists[0]?.filter.to ?? 0) >= before, 'it has an end')
      await waitFor('the status', () => statuses().at(-1) === 'green dot replayed 620')
    })

    it('one at a time, and stops when it is told to', async () => {
      const node = await load(fakeStore(1000).store, { ...settings, pace: 'rate', rate: '5' })
      node.receive({} as never)
      await waitFor('the first', () => received.length > 0)
      node.receive({} as never)
      assert.equal(await failure(), 'AUDIT_REPLAY_RUNNING')
      node.receive({ replay: 'stop' } as never)
      await waitFor('the end', () => completed.some(({ audit }) => audit !== undefined))
      const end = completed.find(({ audit }) => audit !== undefined)?.['audit'] as { sent: number; stopped: boolean }
      assert.ok(end.stopped && end.sent < 100)
    })

    it('not what was replayed and came back', async () => {
      const node = await load(fakeStore(1).store, settings)
      node.receive({ ...occurrence('a'), replay: { id: 'x', at: '', index: 0 } } as never)
      assert.equal(await failure(), 'AUDIT_REPLAY_LOOP')
    })

    it('until the node closes', async () => {
      const node = (await load(fakeStore(1000).store, { ...settings, pace: 'rate', rate: '1' })) as Node & {
        close(): Promise<void>
      }
      node.receive({} as never)
      await waitFor('the first', () => received.length > 0)
      const started = Date.now()
      await node.close()
      assert.ok(Date.now() - started < 4000)
    })
  })

  it('shows a red dot with settings that cannot be used, and refuses messages', async () => {
    const node = await load(fakeStore(1).store, {
      what: 'array',
      rows: [{ attribute: 'colour', op: 'is', value: 'x' }],
    })
    assert.match(statuses().at(-1) ?? '', /^red dot/)
    node.receive({} as never)
    assert.equal(await failure(), 'AUDIT_BAD_PARAMETER')
  })

  it('offers the dialog the values of an attribute', async () => {
    const { store } = fakeStore(1)
    await load(store, { what: 'count' })
    const ask = (body: object) => helper.request().post('/audit-query/values').send(body)
    const { body } = (await ask({ store: 'n-config', attribute: 'action' })) as { body: unknown }
    assert.deepEqual(body, { values: ['create', 'delete'] })
    for (const wrong of [{}, { store: 'n-config', attribute: 'colour' }, { store: 'nowhere', attribute: 'action' }]) {
      const { body: none } = (await ask(wrong)) as { body: { values: unknown[]; problem: object } }
      assert.deepEqual(none.values, [])
      assert.ok(none.problem)
    }
  })
})
