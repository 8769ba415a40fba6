import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import { type AuditApi, apiEvent, startAuditApi } from '../support/audit-api'

/** Section 17 of the reference, number by number. */
describe('The edge cases of Hermes', function () {
  this.timeout(60_000)
  let api: AuditApi

  before(async () => {
    api = await startAuditApi()
  })
  after(() => api.close())

  interface List {
    readonly events: Record<string, never>[]
    readonly total: number
    readonly next?: string
    readonly previous?: string
  }
  const list = async (query: string, token = 'viewer-of-p1'): Promise<List> => {
    const answer = await api.ask(`/v1/events?${query}`, token)
    assert.equal(answer.status, 200, answer.text)
    return answer.json()
  }
  const status = async (path: string, token = 'viewer-of-p1') => (await api.ask(path, token)).status
  const detail = async (id: string) =>
    (await api.ask(`/v1/events/${id}`, 'viewer-of-p1')).json() as Record<string, never>
  let day = 0
  /** Events of a day that no other test has. */
  const daysEvents = async (...events: Parameters<AuditApi['keep']>) => {
    day += 1
    const date = `2026-10-${String(day).padStart(2, '0')}`
    await api.keep(
      ...events.map((parts, n) => ({ id: `${date}-${n}`, eventTime: `${date}T12:00:0${n}+00:00`, ...parts })),
    )
    return { date, time: `time=gte:${date}T00:00:00Z,lte:${date}T23:59:59Z` }
  }

  it('1: empty parameters are as none', async () => {
    await daysEvents({})
    assert.equal((await list('search=&time=')).total, (await list('')).total)
  })

  it('2, 3: limit may be 0, and 10,000', async () => {
    const { time } = await daysEvents(...Array.from({ length: 10 }, () => ({})), { eventTime: '2026-10-02T13:00:00Z' })
    assert.equal((await list(`limit=0&${time}`)).events.length, 10)
    assert.equal((await list(`limit=10000&${time}`)).events.length, 11)
  })

  it('4, 5, 6: an offset may be the total and beyond, and there is no window; next is absent exactly on the last page', async () => {
    const { time } = await daysEvents({}, {}, {})
    for (const [query, count, next] of [
      ['offset=3', 0, false],
      ['offset=4', 0, false],
      ['offset=19990&limit=10', 0, false],
      ['offset=19991&limit=10', 0, false],
      ['offset=2000000&limit=10', 0, false],
      ['limit=3', 3, false],
      ['limit=2', 2, true],
      ['limit=2&offset=1', 2, false],
    ] as const) {
      const page = await list(`${query}&${time}`)
      assert.deepEqual([page.events.length, page.next !== undefined, page.total], [count, next, 3], query)
    }
  })

  it('7: next can be followed as it is, whatever the filters hold', async () => {
    const action = '!a,b:c+d e&f=g%h/ü?#'
    const { time } = await daysEvents({}, {}, {})
    const query = new URLSearchParams({ action: `!${action}`, limit: '1', target_name: '!*' })
    const { next } = await list(`${query}&${time}`)
    const link = new URL(next ?? '')
    assert.equal(link.searchParams.get('action'), `!${action}`)
    assert.doesNotMatch(link.search, /[!:, ]/)
    const followed = await api.ask(`${link.pathname}${link.search}`, 'viewer-of-p1')
    assert.equal((followed.json() as List).events.length, 1)
  })

  it('8: links are https behind a proxy, and by the address that clients know where that is set', async () => {
    const headers = { 'x-forwarded-proto': 'https' }
    const { version } = (await api.ask('/v1/', undefined, { headers })).json() as {
      version: { links: { href: string }[] }
    }
    assert.match(version.links[0]?.href ?? '', /^https:\/\/127\.0\.0\.1:\d+\/v1\/$/)
    const known = await startAuditApi({ publicUrl: 'https://audit.example.net/audit' })
    try {
      assert.match((await known.ask('/')).text, /"https:\/\/audit\.example\.net\/audit\/v1\/"/)
    } finally {
      await known.close()
    }
  })

  it('9: times in every spelling, and none that is wrong', async () => {
    for (const good of [
      'gte:2026-11-21T06:00:00',
      'gte:2026-11-21T06:00:00Z',
      'gte:2026-11-21T06:00:00.123456789Z',
      'gte:2026-11-21T06:00:00%2B0100',
      'gte:2026-11-21T06:00:00+01:00',
      'gte:2026-11-21T06:00:00-01:00',
    ]) {
      assert.equal(await status(`/v1/events?time=${good}`), 200, good)
    }
    for (const bad of [
      'gte:2026-11-21T06:00:00Z,gte:2026-11-21T06:00:00Z',
      'gte:2026-11-21T06:00:00Z,,',
      'gte',
      'at:1',
    ]) {
      assert.equal(await status(`/v1/events?time=${bad}`), 400, bad)
    }
  })

  it('10: whole seconds reach outward for lte and gt', async () => {
    const { date } = await daysEvents(
      ...['12:00:00.000', '12:00:00.900', '12:00:01.000'].map((time) => ({
        eventTime: `2026-10-${String(day + 1).padStart(2, '0')}T${time}+00:00`,
      })),
    )
    for (const [op, count] of [
      ['gte', 3],
      ['gt', 1],
      ['lte', 2],
      ['lt', 0],
    ] as const) {
      const rest = op.startsWith('g') ? `lt:${date}T13:00:00Z` : `gte:${date}T11:00:00Z`
      assert.equal((await list(`time=${op}:${date}T12:00:00Z,${rest}`)).total, count, op)
    }
  })

  it('11: a time that ends before it begins finds nothing', async () => {
    assert.deepEqual(await list('time=gte:2026-11-21T06:00:00Z,lte:2026-11-20T06:00:00Z'), { events: [], total: 0 })
  })

  it('12: sorts by two keys, oldest first, and puts what is missing last', async () => {
    const { time } = await daysEvents(
      { requestPath: '/b' },
      { requestPath: '/a', outcome: 'failure' },
      {},
      { requestPath: '/a' },
    )
    const order = async (sort: string) =>
      (await list(`${time}&sort=${sort}`)).events.map(({ id }) => String(id).at(-1)).join('')
    assert.equal(await order('time:asc'), '0123')
    assert.equal(await order('request_path,outcome'), '1302')
    assert.equal(await order('request_path:desc,time:asc'), '0132')
  })

  it('13: a negated filter holds where the member is missing', async () => {
    const { time } = await daysEvents({ requestPath: '/a' }, {})
    assert.equal((await list(`${time}&request_path=!/a`)).total, 1)
    assert.equal((await list(`${time}&request_path=!/b`)).total, 2)
  })

  it('14: an older name and the name of today together are two filters', async () => {
    const { time } = await daysEvents({ action: 'update/add' }, { action: 'delete' })
    assert.equal((await list(`${time}&event_type=delete&action=delete`)).total, 1)
    assert.equal((await list(`${time}&event_type=delete&action=update/add`)).total, 0)
  })

  it('15: values are meant letter by letter', async () => {
    const names = ['a,b', '*', '100%', 'Zoë 雪', '!loud', 'o\'brien "x" \\', '%27 OR 1=1 --']
    const initiator = (name: string) => ({ id: 'u1', typeURI: 'service/security', name, project_id: 'p1' })
    const { time } = await daysEvents(...names.map((name) => ({ initiator: initiator(name) })))
    for (const name of names) {
      // A leading ! negates, so that a name which has one can only be left out.
      const query = new URLSearchParams({ initiator_name: name.startsWith('!') ? `!${name}` : name })
      assert.equal((await list(`${time}&${query}`)).total, name.startsWith('!') ? names.length - 1 : 1, name)
    }
  })

  it('16: a search that is wrong is 400, one in a field finds in it, and a lone * is no way to everything', async () => {
    const { time } = await daysEvents({ target: { id: 'needle-1', typeURI: 'data/x' } }, {})
    for (const bad of ['%22', '(', 'x:(']) assert.equal(await status(`/v1/events?search=${bad}`), 400, bad)
    assert.equal((await list(`${time}&search=target_id:needle-1`)).total, 1)
    assert.equal((await list(`${time}&search=initiator_id:needle-1`)).total, 0)
    assert.equal((await list(`${time}&search=needle-1`)).total, 1)
    assert.equal((await list(`${time}&search=*`)).total, 2)
    // Whatever is searched for, the tenant stays.
    assert.equal((await list(`${time}&search=*`, 'viewer-of-p2')).total, 0)
    assert.equal((await list(`${time}&search=needle-1 OR x`, 'viewer-of-p2')).total, 0)
  })

  it('17: ids of any length that an address can have', async () => {
    const event = apiEvent({ id: `long-${'x'.repeat(6_000)}` })
    const messageId = `m-${'y'.repeat(6_000)}`
    const context = {}
    const source = { kind: 'inject', cloud: 'one' } as const
    const sent = { messageId, eventType: 'identity.x', publisherId: null, priority: 'INFO', timestamp: event.eventTime }
    await api.keep({ event, notification: { ...sent, context, source } })
    for (const id of [event.id, messageId]) assert.equal((await detail(id))['id'], event.id)
  })

  it('17: ids in every spelling, and none that becomes a header or a line of a log', async () => {
    const id = 'c0ffee00-aaaa-4bbb-8ccc-00000000000f'
    await daysEvents({ id: `openstack:${id}` }, { id: 'not-a-uuid' })
    for (const spelling of [id, id.toUpperCase(), id.replaceAll('-', ''), `openstack:${id}`, `%7B${id}%7D`]) {
      assert.equal((await detail(spelling))['id'], `openstack:${id}`, spelling)
    }
    assert.equal((await detail('not-a-uuid'))['id'], 'not-a-uuid')
    for (const spelling of ['x%0d%0aset-cookie:%20a', '%00', '%0a', 'a'.repeat(5000)]) {
      const answer = await api.ask(`/v1/events/${spelling}`, 'viewer-of-p1')
      assert.equal(answer.status, 404, spelling.slice(0, 20))
      assert.equal(answer.headers.get('set-cookie'), null)
    }
    assert.equal(await status('/v1/events/%zz'), 400)
    assert.ok(api.troubles.every((text) => !/[\r\n]/.test(text)))
  })

  it('18: an event of another tenant is not there', async () => {
    const { date } = await daysEvents({})
    assert.equal(await status(`/v1/events/${date}-0`), 200)
    assert.equal(await status(`/v1/events/${date}-0`, 'viewer-of-p2'), 404)
  })

  it('19: an event of two tenants is seen by both, and once by who sees all', async () => {
    const { time } = await daysEvents({ target: { id: 't', typeURI: 'data/x', project_id: 'p2' } })
    assert.equal((await list(time)).total, 1)
    assert.equal((await list(time, 'viewer-of-p2')).total, 1)
    assert.equal((await list(`${time}&project_id=*`, 'cloud-viewer')).total, 1)
  })

  it('20: of what was asked and what came of it the latter is listed, once', async () => {
    const { date, time } = await daysEvents({ outcome: 'pending' })
    const id = `${date}-0`
    assert.equal((await list(time)).events[0]?.['outcome'], 'pending')
    await api.keep({ id, eventTime: `${date}T12:00:00.5+00:00`, outcome: 'failure' })
    const { events, total } = await list(time)
    assert.deepEqual([total, events.map(({ outcome }) => outcome)], [1, ['failure']])
    assert.equal((await detail(id))['outcome'], 'failure')
    const record = (await api.ask(`/v1/events/${id}?shape=record`, 'viewer-of-p1')).json() as {
      pending: { outcome: string }
    }
    assert.equal(record.pending.outcome, 'pending')
  })

  it('21–25: odd events are shown as far as they can be, and never cost the list', async () => {
    const odd: readonly (readonly [string, unknown])[] = [
      ['nothing but an id', { id: 'x1' }],
      ['observer by reference', { ...apiEvent({ id: 'x2' }), observer: { id: 'target' } }],
      ['initiator by id', { ...apiEvent({ id: 'x3' }), initiator: undefined, initiatorId: 'i3' }],
      ['code as number', { ...apiEvent({ id: 'x4' }), reason: { reasonCode: 200 } }],
      [
        'contents of all kinds',
        {
          ...apiEvent({ id: 'x5' }),
          attachments: [
            { content: { a: 1 } },
            { content: [1] },
            { content: 1 },
            { content: null, contentType: 'c' },
            'text',
          ],
        },
      ],
      ['members that nobody knows', { ...apiEvent({ id: 'x6' }), ['p-1234']: { a: 1 }, tenant_ids: ['p9'] }],
      ['a time without colon', { ...apiEvent({ id: 'x7' }), eventTime: '2026-11-21T06:51:16.590561+0000' }],
      ['a time of nine digits', { ...apiEvent({ id: 'x8' }), eventTime: '2026-11-21T06:51:16.123456789Z' }],
      ['no time', { ...apiEvent({ id: 'x9' }), eventTime: 'yesterday' }],
      ['a text for a resource', { ...apiEvent({ id: 'x10' }), initiator: 'ada', target: [], observer: 5 }],
      ['no JSON', '{"id": "x11", '],
      ['a list', '[]'],
    ]
    const from = Date.parse('2026-09-01T00:00:00Z') * 1000
    for (const [n, [, body]] of odd.entries()) await api.insert(body, { time: from + n * 1_000_000 })
    const query = 'time=gte:2026-09-01T00:00:00Z,lt:2026-09-02T00:00:00Z&limit=100&sort=time:asc&details'
    const { events, total } = await list(query)
    assert.deepEqual([events.length, total], [odd.length, odd.length])
    for (const [n, [what]] of odd.entries()) {
      const { id, eventTime, action, outcome, requestPath } = events[n] ?? {}
      for (const text of [id, eventTime, action, outcome, requestPath]) assert.equal(typeof text, 'string', what)
    }
    assert.equal((events[2] as unknown as { initiator: { id: string } }).initiator.id, 'i3')
    assert.equal((events[1] as unknown as { observer: { id: string } }).observer.id, 't1')
    assert.equal(events[6]?.['eventTime'], '2026-11-21T06:51:16.590561+0000')
    assert.deepEqual(
      (events[4] as unknown as { attachments: { typeURI: string }[] }).attachments.map(({ typeURI }) => typeURI),
      ['', '', '', 'c', ''],
    )
    for (const shape of ['flat', 'old', 'both', 'event', 'record']) {
      const shown = await list(`${query}&shape=${shape}`)
      assert.equal(shown.events.length, odd.length, shape)
    }
    const stored = await api.store.list({
      filter: { scope: { tenants: 'all' }, where: [], from, to: from + 86_400_000_000 },
      sort: [{ by: 'time', descending: false }],
      limit: 100,
      total: false,
    })
    for (const { id } of stored.events) {
      for (const shape of ['flat', 'old', 'both', 'event', 'record']) {
        const answer = await api.ask(`/v1/events/${id}?shape=${shape}`, 'viewer-of-p1')
        assert.equal(answer.status, 200)
        assert.doesNotThrow(() => answer.json())
      }
    }
    const code = stored.events[3]?.id ?? ''
    assert.deepEqual((await detail(code))['reason'], { reasonCode: '200' })
    const whole = (await api.ask(`/v1/events/${stored.events[5]?.id}?shape=event`, 'viewer-of-p1')).json() as Record<
      string,
      unknown
    >
    assert.deepEqual(whole['p-1234'], { a: 1 })
  })

  it('26: default is a domain, unavailable nobody, and * is not for everybody', async () => {
    const { time } = await daysEvents(
      { initiator: { id: 'u', typeURI: 'service/security', domain_id: 'default' } },
      {
        initiator: { id: 'u', typeURI: 'service/security', project_id: 'unavailable' },
        target: { id: 't', typeURI: 'data/x' },
      },
      { initiator: { id: 'u', typeURI: 'service/security' }, target: { id: 't', typeURI: 'data/x' } },
    )
    assert.equal((await list(time, 'viewer-of-default')).total, 1)
    assert.equal((await list(`${time}&project_id=default`, 'cloud-viewer')).total, 1)
    assert.equal((await list(`${time}&project_id=unavailable`, 'cloud-viewer')).total, 0)
    // Those of nobody are for who sees all.
    assert.equal((await list(`${time}&project_id=*`, 'cloud-viewer')).total, 3)
    for (const token of ['viewer-of-p1', 'viewer-of-d1', 'admin-of-p1']) {
      assert.equal(await status('/v1/events?project_id=*', token), 403)
    }
  })

  it('27, 28: who is not let in (see the table of the contract test)', async () => {
    assert.equal(await status('/v1/events?project_id=p1', 'viewer-of-d1'), 403)
    assert.equal(await status('/v1/events?project_id=p1&domain_id=d1', 'viewer-of-d1'), 200)
    assert.equal(await status('/v1/events', 'member-of-p1'), 403)
    assert.equal(await status('/v1/events', 'unscoped'), 403)
    assert.equal(await status('/v1/events', 'system'), 403)
    assert.equal(await status('/v1/events', 'expired'), 401)
  })

  it('29: attributes', async () => {
    await daysEvents({ target: { id: 't', typeURI: '/data/security/role' } }, { target: { id: 't', typeURI: 'x/y/z' } })
    const values = async (path: string, token = 'viewer-of-p1') =>
      (await api.ask(`/v1/attributes/${path}`, token)).json() as string[]
    assert.ok((await values('target_type?max_depth=1')).includes('/data'))
    assert.ok((await values('target_type?max_depth=50')).includes('x/y/z'))
    assert.equal((await values('target_type?limit=1&max_depth=1')).length, 1)
    assert.deepEqual(await values('target_type', 'viewer-of-d1'), [])
    assert.equal(await status('/v1/attributes/none'), 400)
    assert.equal(await status('/v1/attributes/time'), 400)
  })

  it('30: any origin may ask whether it may ask', async () => {
    for (const origin of ['null', 'https://dashboard.example', 'http://localhost:3000']) {
      const answer = await api.ask('/v1/events/x', undefined, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      })
      assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin'), answer.text], [204, '*', ''])
    }
  })

  it('31: HEAD is GET without the body; a slash at the end and /v1 without one are as good', async () => {
    await daysEvents({})
    for (const path of ['/', '/v1', '/v1/', '/v1/events', '/v1/events/', '/v1/attributes/action/', '/v1/audit/']) {
      const get = await api.ask(path, 'viewer-of-p1')
      const head = await api.ask(path, 'viewer-of-p1', { method: 'HEAD' })
      assert.deepEqual([head.status, head.text], [get.status, ''], path)
      assert.equal(head.headers.get('content-type'), get.headers.get('content-type'))
      assert.equal(head.headers.get('content-length'), get.headers.get('content-length'))
    }
    assert.equal((await api.ask('/v1/events', undefined, { method: 'HEAD' })).status, 401)
  })

  it('32: a very long request path is shown whole, and found', async () => {
    const requestPath = `/v2.1/servers?${'x'.repeat(40_000)}`
    const { date, time } = await daysEvents({ requestPath })
    assert.equal((await detail(`${date}-0`))['requestPath'], requestPath)
    assert.equal((await list(time)).events[0]?.['requestPath'], requestPath)
  })

  it('33: older sort keys and shapes', async () => {
    for (const key of ['source', 'resource_type', 'resource_name', 'event_type']) {
      assert.equal(await status(`/v1/events?sort=${key}:desc`), 200, key)
    }
    assert.equal(await status('/v1/events?shape=old'), 200)
  })
})
