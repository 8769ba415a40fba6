import assert from 'node:assert/strict'
import { after, before, describe, it } from 'mocha'
import type { CadfEvent } from '../../src/cadf/event'
import type { Notification } from '../../src/notification/model'
import { type AuditApi, apiEvent, startAuditApi } from '../support/audit-api'

const uuid = (n: number) => `7f1a2b3c-0000-4000-8000-${String(n).padStart(12, '0')}`
const second = (n: number) => `2026-11-21T06:00:${String(n).padStart(2, '0')}+00:00`
const short = (ids: readonly string[]) => ids.map((id) => Number(id.slice(-12)))

const notification = (messageId: string, eventType: string): Notification => ({
  messageId,
  eventType,
  publisherId: 'identity.host1',
  priority: 'INFO',
  timestamp: '2026-11-21T06:00:00+00:00',
  context: {},
  source: { kind: 'rabbitmq', cloud: 'one' },
})

/** One for every second; each differs from the first in something that a filter asks for. */
const EVENTS: readonly Partial<CadfEvent>[] = [
  {},
  { action: 'update/add' },
  { outcome: 'failure', reason: { reasonType: 'HTTP', reasonCode: '403' } },
  { target: { id: 't2', typeURI: 'data/security/project' } },
  { initiator: { id: 'u2', typeURI: 'service/security/account/user', name: 'grace', project_id: 'p1' } },
  { observer: { id: 'o2', typeURI: 'service/compute', name: 'nova' } },
  { requestPath: '/v2.1/servers?limit=1' },
  { attachments: [{ name: 'role_id', typeURI: '/data/security/role', content: 'r-1234-56' }] },
  { initiator: { id: 'u3', typeURI: 'service/security', project_id: 'p1' } },
  { eventTime: '2026-11-21T06:00:09.900000+00:00' },
  // acts in another project, and is seen in both
  {
    initiator: { id: 'u1', typeURI: 'service/security/account/user', project_id: 'p2' },
    target: { id: 't9', typeURI: 'data/security/role', project_id: 'p1' },
  },
  // of the domain d1
  { initiator: { id: 'u9', typeURI: 'service/security/account/user', domain_id: 'd1' } },
]

describe('The contract of Hermes', function () {
  this.timeout(60_000)
  let api: AuditApi
  /** Of the same events, for readers across projects, whose reading is put on record beside them. */
  let crossed: AuditApi

  before(async () => {
    api = await startAuditApi()
    crossed = await startAuditApi()
    const occurrences = EVENTS.map((parts, n) => ({
      event: apiEvent({ id: uuid(n), eventTime: second(n), ...parts }),
      notification: notification(`message-${n}`, n === 5 ? 'compute.instance.created' : 'identity.project.created'),
    }))
    await api.keep(...occurrences)
    await crossed.keep(...occurrences)
  })
  after(async () => {
    await api.close()
    await crossed.close()
  })

  const ids = async (query: string, token = 'viewer-of-p1') => short(await api.ids(`/v1/events?${query}`, token))
  const list = async (query: string, token = 'viewer-of-p1') => {
    const answer = await api.ask(`/v1/events?${query}`, token)
    assert.equal(answer.status, 200, answer.text)
    return answer.json() as { events: { id: string }[]; total: number; next?: string; previous?: string }
  }
  const all = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
  const without = (...numbers: number[]) => all.filter((n) => !numbers.includes(n))

  describe('its conventions', () => {
    it('answers JSON with two spaces, ampersands as they are, and a line at the end', async () => {
      const { text, headers } = await api.ask('/v1/events?limit=1&offset=1', 'viewer-of-p1')
      assert.equal(headers.get('content-type'), 'application/json')
      assert.match(text, /^\{\n {2}"events": \[\n {4}\{\n {6}"id": /)
      assert.match(text, /limit=1&offset=2"/)
      assert.ok(text.endsWith('}\n'))
    })

    it('tells errors in one line of plain text, 401 and 403 in the bare word', async () => {
      for (const [path, token, status, body] of [
        ['/v1/events', undefined, 401, /^Unauthorized\n$/],
        ['/v1/events?project_id=p2', 'viewer-of-p1', 403, /^Forbidden\n$/],
        ['/v1/events?limit=x', 'viewer-of-p1', 400, /^[^\n]*limit[^\n]*\n$/],
        [`/v1/events/${uuid(99)}`, 'viewer-of-p1', 404, /^[^\n{]+\n$/],
      ] as const) {
        const answer = await api.ask(path, token)
        assert.equal(answer.status, status, path)
        assert.match(answer.text, body)
        assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      }
    })

    it('lets pages of any origin in', async () => {
      const headers = {
        origin: 'https://dashboard',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'x-auth-token',
      }
      const preflight = await api.ask('/v1/events', undefined, { method: 'OPTIONS', headers })
      assert.equal(preflight.status, 204)
      assert.equal(preflight.headers.get('access-control-allow-origin'), '*')
      assert.equal(preflight.headers.get('access-control-max-age'), '600')
      for (const header of ['x-auth-token', 'content-type', 'accept']) {
        assert.ok(preflight.headers.get('access-control-allow-headers')?.toLowerCase().includes(header))
      }
      for (const method of ['GET', 'HEAD', 'PUT']) {
        assert.ok(preflight.headers.get('access-control-allow-methods')?.includes(method))
      }
      for (const [path, token] of [
        ['/v1/events', 'viewer-of-p1'],
        ['/v1/events', undefined],
        ['/none', undefined],
      ] as const) {
        const answer = await api.ask(path, token, { headers: { origin: 'https://dashboard' } })
        assert.equal(answer.headers.get('access-control-allow-origin'), '*')
        assert.equal(answer.headers.get('access-control-allow-credentials'), null)
      }
    })

    it('answers 405 without a body to a method that a path does not have', async () => {
      for (const [path, method] of [
        ['/v1/events', 'POST'],
        ['/', 'DELETE'],
        ['/v1/audit', 'POST'],
        ['/v1/events', 'PUT'],
      ] as const) {
        const answer = await api.ask(path, 'viewer-of-p1', { method })
        assert.deepEqual([answer.status, answer.text], [405, ''])
        assert.match(answer.headers.get('allow') ?? '', /GET, HEAD/)
      }
    })

    it('answers 404 to what is no path, and 301 to slashes that are too many', async () => {
      for (const path of [
        '/none',
        '/v1/none',
        '/v2/events',
        '/v1/events/a/b',
        '/v1/attributes',
        '/v1/../v1/events/x/y',
        '/metrics',
      ]) {
        const answer = await api.ask(path, 'viewer-of-p1')
        assert.equal(answer.status, 404, path)
        assert.match(answer.headers.get('content-type') ?? '', /text\/plain/)
      }
      const moved = await api.ask('/v1//events///?limit=1')
      assert.equal(moved.status, 301)
      assert.equal(moved.headers.get('location'), '/v1/events/?limit=1')
      // Not to another host.
      assert.equal((await api.ask('//evil.example/x')).headers.get('location'), '/evil.example/x')
    })

    it('makes links as the client came in: host, and https where a proxy says so', async () => {
      const answer = await api.ask('/v1/events?limit=1', 'viewer-of-p1', {
        headers: { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'not.looked.at' },
      })
      assert.equal(
        (answer.json() as { next: string }).next,
        `${api.url.replace('http:', 'https:')}/v1/events?limit=1&offset=1`,
      )
    })

    it('ignores empty parameters, takes the first of repeated ones and ignores what it does not know, but keeps them all in links', async () => {
      const { next, total } = await list(
        'search=&time=&sort=&project_id=&outcome=success&outcome=failure&limit=2&other=1',
      )
      assert.equal(total, 10)
      const link = new URL(next ?? '')
      assert.deepEqual(link.searchParams.getAll('outcome'), ['success', 'failure'])
      assert.equal(link.searchParams.get('other'), '1')
      assert.equal(link.searchParams.get('search'), '')
      const names = [...link.searchParams.keys()]
      assert.deepEqual(names, [...names].sort())
    })
  })

  describe('GET / and /v1/', () => {
    it('tell the version, and where it is', async () => {
      const version = {
        status: 'CURRENT',
        id: 'v1',
        links: [
          { href: `${api.url}/v1/`, rel: 'self' },
          { href: `${api.url}/v1/docs`, rel: 'describedby', type: 'text/html' },
        ],
      }
      const root = await api.ask('/')
      assert.equal(root.status, 300)
      assert.deepEqual(root.json(), { versions: [version] })
      for (const path of ['/v1', '/v1/']) {
        const one = await api.ask(path)
        assert.equal(one.status, 200)
        assert.deepEqual(one.json(), { version })
      }
    })
  })

  describe('GET /v1/events', () => {
    it('lists the newest first, ten if nothing is said, with all that Hermes shows of each', async () => {
      const { events, total, next, previous } = await list('')
      assert.equal(events.length, 10)
      assert.equal(total, 11)
      assert.equal(next, `${api.url}/v1/events?offset=10`)
      assert.equal(previous, undefined)
      assert.deepEqual(events.at(-1), {
        id: uuid(1),
        eventTime: second(1),
        action: 'update/add',
        outcome: 'success',
        requestPath: '',
        initiator: { typeURI: 'service/security/account/user', id: 'u1', name: 'ada' },
        target: { typeURI: 'data/security/role', id: 't1' },
        observer: { typeURI: 'service/security', id: 'o1', name: 'keystone' },
      })
    })

    for (const [query, expected] of [
      ['observer_type=service/compute', [5]],
      ['target_type=data/security/project', [3]],
      ['target_id=t2', [3]],
      ['initiator_id=u2', [4]],
      ['initiator_type=service/security', [8]],
      ['initiator_name=grace', [4]],
      ['action=update/add', [1]],
      ['outcome=failure', [2]],
      ['request_path=/v2.1/servers?limit=1'.replace('?', '%3F'), [6]],
      ['outcome=success&action=update/add', [1]],
      ['outcome=failure&action=update/add', []],
      ['initiator_name=Grace', []],
      ['initiator_name=gra', []],
      ['action=update', []],
      ['action=update/add,create/project', []],
      ['initiator_name=*', []],
    ] as const) {
      it(`finds ${query}${expected.length === 0 ? ': nothing' : ''}`, async () => {
        assert.deepEqual(await ids(query), expected)
      })
    }

    for (const [query, expected] of [
      ['outcome=!failure', without(2)],
      ['initiator_name=!ada', [10, 8, 4]],
      ['request_path=!/v2.1/servers%3Flimit=1', without(6)],
      ['outcome=!failed', all],
      ['outcome=!', all],
      ['outcome=!failure&observer_type=!service/compute', without(2, 5)],
    ] as const) {
      it(`finds what is not so: ${query}`, async () => assert.deepEqual(await ids(`${query}&limit=50`), expected))
    }

    for (const [query, expected] of [
      ['time=gte:2026-11-21T06:00:03Z,lt:2026-11-21T06:00:05Z', [4, 3]],
      ['time=gt:2026-11-21T06:00:09Z', [10]],
      ['time=gte:2026-11-21T06:00:09Z', [10, 9]],
      ['time=lte:2026-11-21T06:00:09Z,gte:2026-11-21T06:00:09Z', [9]],
      ['time=2026-11-21T06:00:03Z', [3]],
      ['time=gte:2026-11-21T08:00:10%2B02:00', [10]],
      ['time=gte:2026-11-21T08:00:10+02:00', [10]],
      ['time=gte:2026-11-21T08:00:10%2B0200', [10]],
      ['time=gte:2026-11-21T06:00:10', [10]],
      ['time=gte:2026-11-21T06:00:09.950', [10]],
      ['time=lt:2026-11-21T06:00:01Z, gte:2026-11-21T06:00:00Z', [0]],
      ['time=gte:2026-11-21T06:00:05Z,lte:2026-11-21T06:00:02Z', []],
    ] as const) {
      it(`finds ${query}`, async () => assert.deepEqual(await ids(query), expected))
    }

    for (const time of [
      '2026-11-21',
      'gte:1700000000',
      'gte:now-1d',
      ',,',
      'gte:2026-11-21T06:00:00Z,',
      'after:2026-11-21T06:00:00Z',
      'gte',
      'gte:',
      'gte:2026-11-21T06:00:00Z,gte:2026-11-21T06:00:01Z',
      'gte:2026-13-21T06:00:00Z',
    ]) {
      it(`does not understand time=${time}: 400`, async () => {
        assert.equal((await api.ask(`/v1/events?time=${time}`, 'viewer-of-p1')).status, 400)
      })
    }

    for (const [sort, expected] of [
      ['time', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
      ['time:asc', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
      ['time:desc', all],
      ['outcome:asc', [2, 10, 9, 8, 7, 6, 5, 4, 3, 1, 0]],
      ['outcome:desc,time:asc', [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 2]],
      ['observer_type', [5, 10, 9, 8, 7, 6, 4, 3, 2, 1, 0]],
      // Nobody's name is known of 8 and 10: they come last, whichever way.
      ['initiator_name', [9, 7, 6, 5, 3, 2, 1, 0, 4, 10, 8]],
      ['initiator_name:desc', [4, 9, 7, 6, 5, 3, 2, 1, 0, 10, 8]],
      ['target_type,target_id', [3, 9, 8, 7, 6, 5, 4, 2, 1, 0, 10]],
      ['request_path', [6, 10, 9, 8, 7, 5, 4, 3, 2, 1, 0]],
      // Older keys
      ['resource_type', [3, 10, 9, 8, 7, 6, 5, 4, 2, 1, 0]],
      ['event_type:desc', [1, 10, 9, 8, 7, 6, 5, 4, 3, 2, 0]],
      ['source', [5, 10, 9, 8, 7, 6, 4, 3, 2, 1, 0]],
      ['resource_name:desc', [10, 3, 9, 8, 7, 6, 5, 4, 2, 1, 0]],
    ] as const) {
      it(`sorts by ${sort}`, async () => assert.deepEqual(await ids(`sort=${sort}&limit=50`), expected))
    }

    for (const sort of ['none', 'observer_id', 'time:up', 'time:', 'time,', ',', 'time:asc:desc', 'TIME']) {
      it(`does not sort by ${sort}: 400`, async () => {
        assert.equal((await api.ask(`/v1/events?sort=${sort}`, 'viewer-of-p1')).status, 400)
      })
    }

    it('takes 0 for the default of limit, and much more than it has', async () => {
      assert.equal((await list('limit=0')).events.length, 10)
      assert.equal((await list('limit=10000')).events.length, 11)
    })

    for (const query of [
      'limit=-1',
      'limit=1.5',
      'limit=ten',
      'limit=4294967296',
      'limit=1e3',
      'offset=-1',
      'offset=x',
      'offset=2147483648',
      'limit=20001',
      'limit= 5',
    ]) {
      it(`does not take ${query}: 400`, async () => {
        assert.equal((await api.ask(`/v1/events?${query}`, 'viewer-of-p1')).status, 400)
      })
    }

    it('pages by offset, with links that can be followed', async () => {
      const first = await list('limit=4&sort=time:asc&action=!x%2By')
      assert.deepEqual(short(first.events.map(({ id }) => id)), [0, 1, 2, 3])
      assert.equal(first.previous, undefined)
      const found: number[] = []
      let link: string | undefined = first.next
      let previous: string | undefined
      while (link !== undefined) {
        const page = (await api.ask(link.slice(api.url.length), 'viewer-of-p1')).json() as Awaited<
          ReturnType<typeof list>
        >
        found.push(...short(page.events.map(({ id }) => id)))
        previous = page.previous
        link = page.next
      }
      assert.deepEqual(found, [4, 5, 6, 7, 8, 9, 10])
      assert.equal(new URL(previous ?? '').searchParams.get('offset'), '4')
    })

    it('has no next on the last page and beyond it, and previous from the first event on', async () => {
      for (const [query, count, next, previous] of [
        ['limit=11', 11, false, undefined],
        ['limit=10', 10, true, undefined],
        ['limit=1&offset=10', 1, false, '9'],
        ['offset=11', 0, false, '1'],
        ['offset=2000000000', 0, false, '1999999990'],
        ['offset=1&limit=2', 2, true, '0'],
      ] as const) {
        const page = await list(query)
        assert.deepEqual([page.events.length, page.next !== undefined, page.total], [count, next, 11], query)
        const back = page.previous === undefined ? undefined : new URL(page.previous).searchParams.get('offset')
        assert.equal(back, previous, query)
      }
    })

    it('answers an empty list as a list', async () => {
      const { text } = await api.ask('/v1/events?outcome=none', 'viewer-of-p1')
      assert.equal(text, '{\n  "events": [],\n  "total": 0\n}\n')
    })

    it('adds attachments where details is there, whatever it says', async () => {
      for (const details of ['details', 'details=false', 'details=']) {
        const { events } = await list(`${details}&time=2026-11-21T06:00:07Z`)
        const [event] = events as unknown as { attachments: unknown }[]
        assert.deepEqual(event?.attachments, [
          { name: 'role_id', typeURI: '/data/security/role', content: 'r-1234-56' },
        ])
      }
      assert.ok(!('attachments' in ((await list('time=2026-11-21T06:00:07Z')).events[0] ?? {})))
    })

    for (const [search, expected] of [
      ['grace', [4]],
      ['grace failure', [4, 2]],
      ['%22service/compute%22', [5]],
      ['initiator.name:grace', [4]],
      ['gra*', [4]],
      ['ada AND failure', [2]],
      ['nothing-of-that-name', []],
    ] as const) {
      it(`searches for ${search}`, async () => assert.deepEqual(await ids(`search=${search}`), expected))
    }

    for (const search of ['%22open', '(open', 'NOT', 'AND x', '**']) {
      it(`does not understand the search ${search}: 400`, async () => {
        assert.equal((await api.ask(`/v1/events?search=${search}`, 'viewer-of-p1')).status, 400)
      })
    }
  })

  describe('its order of checks', () => {
    it('is token, policy, offset, limit, sort, time, other project', async () => {
      const wrong = ['offset=x', 'limit=x', 'sort=x', 'time=x', 'project_id=p2']
      const told = async (parts: readonly string[], token?: string) => {
        const answer = await api.ask(`/v1/events?errors=json&${parts.join('&')}`, token)
        return (answer.json() as { code: string }).code
      }
      assert.equal(await told(wrong), 'NO_TOKEN')
      assert.equal(await told(wrong, 'member-of-p1'), 'NOT_ALLOWED')
      // The cloud's viewers pass the policy for any project; a domain's viewer passes it and may not choose a project.
      const codes = ['BAD_OFFSET', 'BAD_LIMIT', 'AUDIT_BAD_SORT', 'AUDIT_BAD_TIME', 'NOT_YOUR_PROJECT']
      for (const [index, code] of codes.entries()) assert.equal(await told(wrong.slice(index), 'viewer-of-d1'), code)
    })
  })

  describe('GET /v1/events/{event_id}', () => {
    it('shows the whole event, without anything around it', async () => {
      const answer = await api.ask(`/v1/events/${uuid(2)}`, 'viewer-of-p1')
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.json(), {
        typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
        id: uuid(2),
        eventType: 'activity',
        eventTime: second(2),
        action: 'create/project',
        outcome: 'failure',
        reason: { reasonType: 'HTTP', reasonCode: '403' },
        initiator: { typeURI: 'service/security/account/user', name: 'ada', id: 'u1', project_id: 'p1' },
        target: { typeURI: 'data/security/role', id: 't1' },
        observer: { typeURI: 'service/security', name: 'keystone', id: 'o1' },
      })
    })

    for (const [what, spelling] of [
      ['upper case', uuid(2).toUpperCase()],
      ['no dashes', uuid(2).replaceAll('-', '')],
      ['braces', encodeURIComponent(`{${uuid(2)}}`)],
      ['urn:uuid:', `urn:uuid:${uuid(2)}`],
      ['openstack:', `openstack:${uuid(2)}`],
      ['the id of its message', 'message-2'],
      ['a slash at the end', `${uuid(2)}/`],
    ] as const) {
      it(`finds it by ${what}`, async () => {
        const answer = await api.ask(`/v1/events/${spelling}`, 'viewer-of-p1')
        assert.equal((answer.json() as { id: string }).id, uuid(2))
      })
    }

    it('is 404 for an id that is not there, and for one that is another tenant’s', async () => {
      const texts = []
      for (const [id, token] of [
        [uuid(77), 'viewer-of-p1'],
        ['no-uuid', 'viewer-of-p1'],
        [uuid(2), 'viewer-of-p2'],
        [uuid(11), 'viewer-of-p1'],
      ] as const) {
        const answer = await api.ask(`/v1/events/${id}`, token)
        assert.equal(answer.status, 404)
        texts.push(answer.text)
      }
      assert.equal(new Set(texts).size, 1)
    })

    it('takes the parameters of the scope as the list does', async () => {
      for (const [query, token, status] of [
        ['project_id=p1', 'cloud-viewer', 200],
        ['project_id=*', 'cloud-viewer', 200],
        ['project_id=p2', 'cloud-viewer', 404],
        ['project_id=p1', 'viewer-of-p1', 200],
        ['project_id=p1', 'viewer-of-p2', 403],
        ['project_id=p1&domain_id=d1', 'viewer-of-p1', 404],
      ] as const) {
        const answer = await crossed.ask(`/v1/events/${uuid(2)}?${query}`, token)
        assert.equal(answer.status, status, `${query} ${token}`)
      }
    })
  })

  describe('GET /v1/attributes/{name}', () => {
    const values = async (path: string, token = 'viewer-of-p1') => {
      const answer = await api.ask(`/v1/attributes/${path}`, token)
      assert.equal(answer.status, 200, answer.text)
      return answer.json() as string[]
    }
    for (const [path, expected] of [
      ['action', ['create/project', 'update/add']],
      ['action/', ['create/project', 'update/add']],
      ['outcome', ['failure', 'success']],
      ['observer_type', ['service/compute', 'service/security']],
      ['observer_id', ['o1', 'o2']],
      ['target_type', ['data/security/project', 'data/security/role']],
      ['resource_type', ['data/security/project', 'data/security/role']],
      ['target_id', ['t1', 't2', 't9']],
      ['initiator_type', ['service/security', 'service/security/account/user']],
      ['initiator_id', ['u1', 'u2', 'u3']],
      ['initiator_name', ['ada', 'grace']],
      ['request_path', ['/v2.1/servers?limit=1']],
      ['source', ['compute', 'identity']],
      ['event_type', ['compute.instance.created', 'identity.project.created']],
      ['initiator_type?max_depth=2', ['service/security']],
      ['initiator_type?max_depth=9', ['service/security', 'service/security/account/user']],
      ['initiator_type?max_depth=0', ['service/security', 'service/security/account/user']],
      ['initiator_type?max_depth=x&limit=x', ['service/security', 'service/security/account/user']],
      ['initiator_type?max_depth=1', ['service']],
      ['action?limit=1', ['create/project']],
      ['action?limit=0', ['create/project', 'update/add']],
      // The limit counts values before they are shortened.
      ['observer_type?limit=1&max_depth=1', ['service']],
      // A path begins with a slash, which is no part of its own.
      ['request_path?max_depth=1', ['/v2.1']],
      // No filter applies here.
      ['outcome?outcome=failure&time=gte:2030-01-01T00:00:00Z', ['failure', 'success']],
    ] as const) {
      it(`lists the values of ${path}`, async () => assert.deepEqual(await values(path), expected))
    }

    it('lists only those of the tenant, and an empty list where there are none', async () => {
      assert.deepEqual(await values('target_id', 'viewer-of-p2'), ['t9'])
      assert.deepEqual(await values('target_id', 'viewer-of-default'), [])
      assert.deepEqual(await values('request_path', 'viewer-of-p2'), [])
      assert.deepEqual(await values('target_id?project_id=p1&domain_id=d1'), [])
    })

    for (const path of ['none', 'time', 'payload.action', 'constructor', 'action?limit=20001', 'action%zz']) {
      it(`is 400 for ${path}`, async () => {
        assert.equal((await api.ask(`/v1/attributes/${path}`, 'viewer-of-p1')).status, 400)
      })
    }
  })

  describe('whose events are read', () => {
    const p1 = 11
    for (const [token, query, expected] of [
      ['viewer-of-p1', '', p1],
      ['viewer-of-p1', 'project_id=p1', p1],
      ['viewer-of-p1', 'project_id=p2', 403],
      ['viewer-of-p1', 'project_id=*', 403],
      ['viewer-of-p1', 'project_id=default', 403],
      ['viewer-of-p1', 'project_id=unavailable', 403],
      ['viewer-of-p1', 'domain_id=d1', 403],
      ['viewer-of-p1', 'project_id=p1&domain_id=d1', 0],
      ['viewer-of-p2', '', 1],
      ['member-of-p1', '', 403],
      ['viewer-of-d1', '', 1],
      ['viewer-of-d1', 'domain_id=d1', 1],
      ['viewer-of-d1', 'domain_id=default', 403],
      ['viewer-of-d1', 'project_id=p1', 403],
      ['viewer-of-d1', 'project_id=p1&domain_id=d1', 0],
      ['viewer-of-default', '', 0],
      ['cloud-viewer', 'project_id=p1', p1],
      ['cloud-viewer', 'project_id=d1', 1],
      ['cloud-viewer', 'domain_id=d1', 1],
      ['cloud-viewer', 'project_id=unavailable', 0],
      ['cloud-viewer', 'project_id=none', 0],
      ['unscoped', '', 403],
      ['unscoped', 'project_id=p1', 403],
      ['system', '', 403],
      ['system', 'project_id=*', 403],
      ['expired', '', 401],
      ['nobody', '', 401],
    ] as const) {
      it(`${token}${query === '' ? '' : ` with ${query}`}: ${expected}`, async () => {
        const answer = await crossed.ask(`/v1/events?${query}&observer_type=!service/bss/audit`, token)
        assert.equal(answer.status === 200 ? (answer.json() as { total: number }).total : answer.status, expected)
      })
    }

    it('is all of the cloud for its viewers, every event once', async () => {
      const found = await crossed.ids(
        '/v1/events?project_id=*&limit=1000&observer_type=!service/bss/audit',
        'cloud-viewer',
      )
      assert.deepEqual(found.length, 12)
      assert.equal(new Set(found).size, 12)
    })
  })

  describe('the older contract', () => {
    it('is answered in its own shape where that is asked for', async () => {
      const { events } = (await list('shape=old&time=2026-11-21T06:00:05Z')) as unknown as { events: unknown[] }
      assert.deepEqual(events, [
        {
          source: 'compute',
          event_id: 'message-5',
          event_type: 'compute.instance.created',
          event_time: second(5),
          resource_id: 't1',
          resource_type: 'data/security/role',
          initiator: {
            typeURI: 'service/security/account/user',
            project_id: 'p1',
            user_id: 'u1',
            user_name: 'ada',
            host: { agent: '', address: '' },
            id: 'u1',
          },
        },
      ])
      const detail = (await api.ask('/v1/events/message-5?shape=old', 'viewer-of-p1')).json() as Record<string, unknown>
      assert.deepEqual(Object.keys(detail).sort(), [
        'event_type',
        'message_id',
        'payload',
        'priority',
        'publisher_id',
        'timestamp',
      ])
      assert.equal((detail['payload'] as { id: string }).id, uuid(5))
    })

    for (const [query, expected] of [
      // as it was: the beginning of the event type
      ['source=compute', [5]],
      ['event_type=compute.instance', [5]],
      ['event_type=compute.instance.created', [5]],
      // as it is now: another name
      ['source=service/compute', [5]],
      ['event_type=update/add', [1]],
      ['resource_type=data/security/project', [3]],
      ['resource_type=data', all],
      ['user_name=u2', [4]],
      ['user_name=grace', [4]],
      ['user_name=gra', [4]],
      ['source=!compute', without(5)],
      // both names together hold both
      ['event_type=update/add&action=update/add', [1]],
      ['event_type=update/add&action=create/project', []],
    ] as const) {
      it(`finds ${query}`, async () => assert.deepEqual(await ids(`${query}&limit=50`), expected))
    }

    it('may be the default of a deployment, and today’s shape asked for', async () => {
      const old = await startAuditApi({ shape: 'old' })
      try {
        await old.keep({})
        const first = async (query: string) => {
          const answer = await old.ask(`/v1/events?${query}`, 'viewer-of-p1')
          return (answer.json() as { events: object[] }).events[0] ?? {}
        }
        assert.ok('event_time' in (await first('')))
        assert.ok('eventTime' in (await first('shape=flat')))
        const both = await first('shape=both')
        assert.ok('eventTime' in both && 'event_time' in both)
        assert.equal((await old.ask('/v1/events?shape=round', 'viewer-of-p1')).status, 400)
      } finally {
        await old.close()
      }
    })
  })
})
