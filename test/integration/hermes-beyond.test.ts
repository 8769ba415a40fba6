import assert from 'node:assert/strict'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { after, before, describe, it } from 'mocha'
import type { CadfEvent } from '../../src/cadf/event'
import { OperatorError } from '../../src/errors/operator-error'
import { ROUTES } from '../../src/hermes/routes/table'
import { type AuditApi, apiEvent, startAuditApi } from '../support/audit-api'
import { waitFor } from '../support/wait-for'

interface List {
  readonly events: { readonly id: string; readonly eventTime: string }[]
  readonly total: number
  readonly next?: string
  readonly previous?: string
}

const time = (n: number) =>
  new Date(Date.parse('2026-11-01T00:00:00Z') + n * 60_000).toISOString().replace('Z', '+00:00')
const COUNT = 1500

function event(n: number): Partial<CadfEvent> {
  return {
    id: `event-${String(n).padStart(4, '0')}`,
    eventTime: time(n),
    action: n % 3 === 0 ? 'update' : 'create',
    outcome: n % 10 === 0 ? 'failure' : 'success',
    initiator: {
      id: `u${n % 5}`,
      typeURI: 'service/security/account/user',
      name: n === 7 ? '=HYPERLINK("http://x","y")' : `user ${n % 5}`,
      project_id: 'p1',
      request_id: `req-${n}`,
      host: { address: `192.0.2.${n % 4}` },
    },
    target: { id: `t${n}`, typeURI: 'compute/server' },
    observer: { id: 'o', typeURI: 'service/compute' },
    ...(n % 10 === 0 ? { reason: { reasonType: 'HTTP', reasonCode: '403' } } : {}),
  }
}

describe('Beyond Hermes', function () {
  this.timeout(60_000)
  let api: AuditApi

  before(async () => {
    api = await startAuditApi({ metrics: true })
    await api.keep(...Array.from({ length: COUNT }, (_, n) => event(n)))
  })
  after(() => api.close())

  const ask = (path: string, token = 'viewer-of-p1') => api.ask(path, token)
  const list = async (query: string): Promise<List> => {
    const answer = await ask(`/v1/events?${query}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.json()
  }
  const idsOf = ({ events }: List) => events.map(({ id }) => id)
  const local = (link: string) => link.slice(api.url.length)

  describe('pages by cursor', () => {
    it('show everything once, though events arrive in between', async () => {
      const fresh = await startAuditApi()
      try {
        await fresh.keep(...Array.from({ length: 25 }, (_, n) => event(n)))
        const seen: string[] = []
        let link: string | undefined = '/v1/events?cursor=first&limit=10'
        let pages = 0
        while (link !== undefined) {
          const page: List = (await fresh.ask(link, 'viewer-of-p1')).json()
          seen.push(...idsOf(page))
          pages += 1
          assert.equal(page.previous, undefined)
          // Newer than all that is shown; by offset it would push an event onto the next page.
          await fresh.keep(event(1000 + pages))
          link = page.next?.slice(fresh.url.length)
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 25 }, (_, n) => event(24 - n).id),
        )
        assert.equal(pages, 3)
      } finally {
        await fresh.close()
      }
    })

    it('go on in the other direction, with filters, and end', async () => {
      const seen: string[] = []
      let link: string | undefined = '/v1/events?cursor=first&limit=40&sort=time:asc&outcome=failure'
      while (link !== undefined) {
        const page: List = (await ask(link)).json()
        assert.equal(page.total, COUNT / 10)
        seen.push(...idsOf(page))
        link = page.next === undefined ? undefined : local(page.next)
      }
      assert.equal(seen.length, COUNT / 10)
      assert.deepEqual(seen, [...seen].sort())
    })

    it('have no next where exactly the last event ends the page', async () => {
      const { events, next } = await list('cursor=first&limit=5&target_id=t1&target_id=t2')
      assert.deepEqual([events.length, next], [1, undefined])
      assert.equal((await list(`cursor=first&limit=${COUNT / 10}&outcome=failure`)).next, undefined)
    })

    for (const [query, code] of [
      ['cursor=first&offset=5', 'CURSOR_AND_OFFSET'],
      ['cursor=first&sort=outcome', 'CURSOR_AND_SORT'],
      ['cursor=nonsense', 'AUDIT_BAD_CURSOR'],
      [`cursor=${'x'.repeat(3000)}`, 'AUDIT_BAD_CURSOR'],
    ] as const) {
      it(`are 400 for ${query.slice(0, 30)}`, async () => {
        const answer = await ask(`/v1/events?errors=json&${query}`)
        assert.deepEqual([answer.status, (answer.json() as { code: string }).code], [400, code])
      })
    }

    it('are of no use to another tenant', async () => {
      const { next } = await list('cursor=first&limit=5')
      const answer = await ask(local(next ?? ''), 'viewer-of-p2')
      if (answer.status === 200) assert.deepEqual((answer.json() as List).events, [])
      else assert.equal(answer.status, 400)
    })
  })

  it('a page of thousands comes in pieces and whole, though events arrive meanwhile', async () => {
    const asking = ask('/v1/events?limit=10000')
    await api.keep({
      ...event(COUNT + 1),
      target: { id: 'late', typeURI: 'x' },
      initiator: { id: 'u', typeURI: 'x', project_id: 'p1' },
    })
    const answer = await asking
    const ids = idsOf(answer.json())
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(ids.length >= COUNT)
    assert.equal(answer.headers.get('content-length'), null)
    const sorted = idsOf(await list('limit=10000&sort=action,target_id'))
    assert.equal(new Set(sorted).size, COUNT + 1)
  })

  describe('filters', () => {
    for (const [query, count] of [
      ['request_id=req-7', 1],
      ['address=192.0.2.1', COUNT / 4],
      ['reason_code=403', COUNT / 10],
      ['project=p1&target_id=t9', 1],
      ['initiator_project_id=p1&target_id=t9', 1],
      ['match=extended&target_id=t1&target_id=t2', 2],
      ['match=extended&target_id=t149*', 11],
      ['match=extended&target_id=t149*&target_id=!t1490', 10],
      ['match=extended&initiator_name=user%201&action=!create', COUNT / 15],
      // Without being asked for, none of it.
      ['target_id=t149*', 0],
      ['target_id=t1&target_id=t2', 1],
    ] as const) {
      it(`find ${count} with ${query}`, async () => assert.equal((await list(query)).total, count))
    }

    it('are 400 where how they match is none of the ways', async () => {
      assert.equal((await ask('/v1/events?match=regex')).status, 400)
    })
  })

  describe('counts', () => {
    it('say how often each value is there, most first, with the filters of the list', async () => {
      const answer = await ask('/v1/counts/action?target_type=compute/server&time=lt:2026-11-01T00:30:00Z')
      assert.deepEqual(answer.json(), {
        attribute: 'action',
        counts: [
          { value: 'create', count: 20 },
          { value: 'update', count: 10 },
        ],
      })
      const { counts } = (await ask('/v1/counts/initiator_id?limit=2')).json() as { counts: unknown[] }
      assert.equal(counts.length, 2)
      assert.equal((await ask('/v1/counts/none')).status, 400)
      assert.equal((await ask('/v1/counts/action?limit=x')).status, 400)
      assert.deepEqual(((await ask('/v1/counts/action', 'viewer-of-p2')).json() as { counts: [] }).counts, [])
    })
  })

  describe('the histogram', () => {
    it('counts events over time, apart by an attribute', async () => {
      const answer = await ask('/v1/histogram?interval=1h&by=outcome&time=lt:2026-11-01T02:00:00Z')
      assert.deepEqual(answer.json(), {
        interval: 3600,
        by: 'outcome',
        buckets: [
          { time: '2026-11-01T00:00:00.000Z', count: 60, by: { failure: 6, success: 54 } },
          { time: '2026-11-01T01:00:00.000Z', count: 60, by: { failure: 6, success: 54 } },
        ],
        total: 120,
      })
    })

    it('chooses an interval that gives some tens of bars', async () => {
      const { interval, buckets } = (await ask('/v1/histogram?target_type=compute/server')).json() as {
        interval: number
        buckets: unknown[]
      }
      assert.equal(interval, 3600)
      assert.equal(buckets.length, 25)
      const hour = (await ask('/v1/histogram?time=gte:2026-11-01T00:00:00Z,lt:2026-11-01T01:00:00Z')).json() as {
        interval: number
      }
      assert.equal(hour.interval, 60)
    })

    for (const query of ['interval=0', 'interval=x', 'interval=1y', 'interval=-1', 'by=none', 'by=time', 'time=x']) {
      it(`is 400 for ${query}`, async () => assert.equal((await ask(`/v1/histogram?${query}`)).status, 400))
    }

    it('shows a tenant nothing of others', async () => {
      const { total, buckets } = (await ask('/v1/histogram', 'viewer-of-p2')).json() as { total: number; buckets: [] }
      assert.deepEqual([total, buckets], [0, []])
    })
  })

  it('the histogram chooses its interval by what the asker may see, not by what others have', async () => {
    const fresh = await startAuditApi()
    try {
      const at = (id: string, eventTime: string, project_id: string) =>
        apiEvent({ id, eventTime, initiator: { id: 'u', typeURI: 'service/security/account/user', project_id } })
      await fresh.keep(
        at('old', '2001-01-01T00:00:00Z', 'p2'),
        at('a', '2026-11-21T06:00:00Z', 'p1'),
        at('b', '2026-11-21T06:00:50Z', 'p1'),
      )
      const interval = async (query: string, token: string) =>
        ((await fresh.ask(`/v1/histogram${query}`, token)).json() as { interval: number }).interval
      assert.equal(await interval('', 'viewer-of-p1'), 1)
      assert.equal(await interval('?time=gte:2026-11-21T05:10:00Z', 'viewer-of-p1'), 60)
      assert.equal(await interval('?project_id=*', 'cloud-viewer'), 31_536_000)
      assert.equal(await interval('', 'viewer-of-d1'), 1)
    } finally {
      await fresh.close()
    }
  })

  describe('the download', () => {
    it('is what the list shows, as one file', async () => {
      const answer = await ask('/v1/events/download?outcome=failure&sort=time:asc')
      assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="audit-events.json"')
      const { events, total, next } = answer.json() as List
      assert.deepEqual([events.length, total, next, events[0]?.id], [COUNT / 10, COUNT / 10, undefined, 'event-0000'])
    })
  })

  describe('the export', () => {
    it('is JSON Lines: each event as it is stored, oldest first', async () => {
      const answer = await ask('/v1/events/export?target_type=compute/server')
      assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
      assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="audit-events.jsonl"')
      const lines = answer.text.trimEnd().split('\n')
      assert.equal(lines.length, COUNT)
      assert.equal(JSON.parse(lines[0] ?? '').id, 'event-0000')
      assert.equal(JSON.parse(lines[7] ?? '').initiator.request_id, 'req-7')
    })

    it('may be newest first, of records, or CSV with cells that are no formulas', async () => {
      const newest = await ask('/v1/events/export?sort=time:desc&shape=record&outcome=failure')
      const record = JSON.parse(newest.text.split('\n')[0] ?? '')
      assert.equal(record.event.id, 'event-1490')
      const csv = await ask('/v1/events/export?format=csv&target_id=t7')
      assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/)
      assert.match(csv.text, /^time,cloud,id,/)
      assert.ok(csv.text.includes(`'=HYPERLINK`))
      assert.equal(csv.text.split('\r\n').length, 3)
      const marked = await fetch(`${api.url}/v1/events/export?format=csv&bom=true&target_id=t7`, {
        headers: { 'x-auth-token': 'viewer-of-p1' },
      })
      assert.deepEqual([...new Uint8Array(await marked.arrayBuffer()).slice(0, 3)], [0xef, 0xbb, 0xbf])
    })

    for (const query of ['format=xml', 'sort=action', 'shape=flat', 'time=x', 'search=%22']) {
      it(`is 400 for ${query}`, async () => assert.equal((await ask(`/v1/events/export?${query}`)).status, 400))
    }

    it('is of the tenant only, and nothing for a project and a domain together', async () => {
      assert.equal((await ask('/v1/events/export', 'viewer-of-p2')).text, '')
      assert.equal((await ask('/v1/events/export?project_id=p1&domain_id=d1')).text, '')
      assert.equal((await ask('/v1/events/export', 'member-of-p1')).status, 403)
    })
  })

  describe('the feed', () => {
    it('is Atom, newest first, and pages on', async () => {
      const answer = await ask('/v1/events/feed?limit=20&outcome=failure')
      assert.match(answer.headers.get('content-type') ?? '', /^application\/atom\+xml/)
      assert.equal(XMLValidator.validate(answer.text), true)
      const { feed } = new XMLParser({ ignoreAttributes: false }).parse(answer.text)
      assert.equal(feed.entry.length, 20)
      const links = new Map<string, string>(
        feed.link.map((link: Record<string, string>) => [link['@_rel'], link['@_href']]),
      )
      assert.match(links.get('self') ?? '', /^http:\/\/127.*\/v1\/events\/feed\?limit=20&outcome=failure$/)
      const second = await ask(local(links.get('next') ?? ''))
      const ids = (text: string) => [...text.matchAll(/<id>tag:[^<]*\/(event-\d+)</g)].map(([, id]) => id)
      assert.equal(new Set([...ids(answer.text), ...ids(second.text)]).size, 40)
      assert.equal(XMLValidator.validate((await ask('/v1/events/feed', 'viewer-of-p2')).text), true)
    })

    it('links to events as whoever reads those of another project may open them', async () => {
      const { text } = await ask('/v1/events/feed?limit=1&project_id=p1&outcome=failure', 'cloud-viewer')
      const { feed } = new XMLParser({ ignoreAttributes: false }).parse(text)
      const href = String(feed.entry.link['@_href'])
      assert.match(href, /\?project_id=p1$/)
      assert.equal((await ask(local(href), 'cloud-viewer')).status, 200)
    })
  })

  describe('errors', () => {
    it('come as JSON with a stable code where that is asked for', async () => {
      for (const [path, headers] of [
        ['/v1/events?limit=x&errors=json', {}],
        ['/v1/events?limit=x', { accept: 'application/problem+json' }],
      ] as const) {
        const answer = await api.ask(path, 'viewer-of-p1', { headers })
        assert.equal(answer.headers.get('content-type'), 'application/problem+json')
        const { code, status, title } = answer.json() as Record<string, unknown>
        assert.deepEqual([code, status, title], ['BAD_LIMIT', 400, 'Bad Request'])
      }
      const away = (await ask('/v1/events?limit=30000&errors=json')).json() as Record<string, string>
      assert.equal(away['code'], 'LIMIT_TOO_LARGE')
      assert.match(away['hint'] ?? '', /export/)
    })
  })

  describe('the OpenAPI document', () => {
    it('describes every route with its methods, and nothing else', async () => {
      const document = (await ask('/v1/openapi.json')).json() as {
        openapi: string
        servers: { url: string }[]
        paths: Record<string, Record<string, { parameters: { name: string; in: string }[]; security?: unknown[] }>>
      }
      assert.equal(document.openapi, '3.1.0')
      assert.equal(document.servers[0]?.url, api.url)
      const described = Object.entries(document.paths).flatMap(([path, verbs]) =>
        Object.keys(verbs).map((verb) => `${verb} ${path}`),
      )
      const served = ROUTES.flatMap((route) => [
        `get ${route.path}`,
        ...('get' in route && route.write !== undefined ? [`${route.write.method.toLowerCase()} ${route.path}`] : []),
      ])
      assert.deepEqual(described.sort(), served.sort())
      for (const route of ROUTES) {
        const { get } = document.paths[route.path] ?? {}
        assert.equal(get?.security !== undefined, 'open' in route, route.path)
        const named = (get?.parameters ?? [])
          .filter((parameter) => parameter.in === 'path')
          .map(({ name }) => `{${name}}`)
        assert.deepEqual(named, route.path.match(/\{\w+\}/g) ?? [])
      }
    })

    it('refers to nothing that is not there, and names each operation once', async () => {
      const { text } = await ask('/v1/openapi.json')
      const { components, paths } = JSON.parse(text)
      for (const [, name = ''] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
        assert.ok(name in components.schemas, name)
      const ids = Object.values(paths).flatMap((verbs) =>
        Object.values(verbs as object).map(({ operationId }) => operationId),
      )
      assert.equal(new Set(ids).size, ids.length)
    })

    it('is to be had for people', async () => {
      const answer = await api.ask('/v1/docs')
      assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
      assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/)
      for (const { path } of ROUTES) assert.ok(answer.text.includes(`GET ${path}<`), path)
    })
  })

  describe('the settings of a tenant', () => {
    const put = (body: unknown, token: string, query = '') =>
      api.ask(`/v1/audit${query}`, token, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })

    it('are on unless somebody says otherwise', async () => {
      for (const path of ['/v1/audit', '/v1/audit/']) {
        assert.deepEqual((await ask(path)).json(), { tenant_id: 'p1', enabled: true })
      }
    })

    it('cannot be switched off by the tenant, which is on record', async () => {
      const answer = await put({ enabled: false }, 'admin-of-p1')
      assert.deepEqual([answer.status, answer.text], [403, 'Forbidden\n'])
      assert.equal((await put({ enabled: true }, 'viewer-of-p1')).status, 403)
      const [refused] = (await list('observer_type=service/bss/audit&limit=1')).events as unknown as {
        action: string
        outcome: string
        initiator: { name: string }
      }[]
      assert.deepEqual([refused?.outcome, refused?.initiator.name], ['failure', 'admin-of-p1'])
    })

    it('can be switched off by the operator; nothing that was stored is gone, and the change is an event', async () => {
      const before = (await list('')).total
      const off = await put({ enabled: false, retention_days: 30 }, 'cloud-admin', '?project_id=p1')
      assert.equal(off.status, 200, off.text)
      const { updated_at, ...rest } = off.json() as Record<string, unknown>
      assert.equal(typeof updated_at, 'string')
      assert.deepEqual(rest, { tenant_id: 'p1', enabled: false, retention_days: 30, updated_by: 'cloud-admin' })
      assert.equal(((await ask('/v1/audit')).json() as { enabled: boolean }).enabled, false)
      await api.keep(event(2000))
      assert.equal((await list('target_id=t2000')).total, 0)
      assert.ok((await list('')).total > before)
      assert.ok((await list('observer_type=service/bss/audit&initiator_name=cloud-admin')).total > 0)
      // Switching on is the tenant's, too.
      assert.equal((await put({ enabled: true, tenant_id: 'p1' }, 'admin-of-p1')).status, 200)
      await api.keep(event(2001))
      assert.equal((await list('target_id=t2001')).total, 1)
    })

    for (const [body, status] of [
      ['no json', 400],
      ['[]', 400],
      ['{}', 400],
      [{ enabled: 'yes' }, 400],
      [{ enabled: true, other: 1 }, 400],
      [{ enabled: true, tenant_id: 5 }, 400],
      [{ enabled: true, tenant_id: 'p2' }, 403],
      [{ retention_days: 0 }, 400],
      [{ retention_days: 1.5 }, 400],
      [{ retention_days: 30 }, 403],
      [`{"enabled": true, "x": "${'x'.repeat(70_000)}"}`, 413],
    ] as const) {
      it(`are not changed by ${JSON.stringify(body).slice(0, 40)}: ${status}`, async () => {
        assert.equal((await put(body, 'admin-of-p1')).status, status)
      })
    }

    it('are changed by JSON only, and of one tenant at a time', async () => {
      const form = await api.ask('/v1/audit', 'admin-of-p1', {
        method: 'PUT',
        body: 'enabled=true',
        headers: { 'content-type': 'text/plain' },
      })
      assert.equal(form.status, 415)
      assert.equal((await put({ enabled: true }, 'cloud-admin', '?project_id=*')).status, 400)
      assert.equal((await put({ enabled: true }, 'admin-of-p1', '?project_id=p2')).status, 403)
      assert.equal((await ask('/v1/audit?project_id=p1&domain_id=d1')).status, 404)
    })
  })

  describe('the integrity of the trail', () => {
    it('is for who may see all of it: the end of the chain, and a verification', async () => {
      assert.equal((await ask('/v1/integrity')).status, 403)
      const first = (await ask('/v1/integrity', 'cloud-viewer')).json() as {
        checkpoint: { position: number; link: string }
      }
      assert.ok(first.checkpoint.position > COUNT)
      const begun = await api.ask('/v1/integrity', 'cloud-viewer', { method: 'POST' })
      assert.equal(begun.status, 202)
      for (;;) {
        const { verification } = (await ask('/v1/integrity', 'cloud-viewer')).json() as {
          verification: { running: boolean; report?: { ok: boolean } }
        }
        if (verification.running) continue
        assert.equal(verification.report?.ok, true)
        break
      }
    })
  })

  it('the health says that all is well, to anybody', async () => {
    const answer = await api.ask('/v1/health')
    assert.deepEqual([answer.status, answer.json()], [200, { status: 'ok', store: 'ok' }])
  })

  it('metrics are in the format and by the names of Hermes', async () => {
    await api.ask('/v1/events')
    const { text, headers } = await api.ask('/metrics')
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    for (const line of text.trimEnd().split('\n')) {
      assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? [\d.e+-]+)$/)
    }
    assert.match(text, /hermes_request_duration_seconds_count\{handler="ListEvents"\} \d+/)
    assert.match(
      text,
      /httpmux_response_duration_seconds_bucket\{app="hermes",method="get",status="401",endpoint="\/v1\/events",le="\+Inf"\} \d+/,
    )
    assert.match(
      text,
      /httpmux_first_byte_seconds_count\{app="hermes",method="get",status="401",endpoint="\/v1\/events"\} \d+/,
    )
    assert.match(text, /\nhermes_requests_inflight 1\n/)
    assert.match(text, /\nhermes_logon_failures_count [1-9]\d*\n/)
    assert.match(text, /\nhermes_storage_errors_count \d+\n/)
    // Sums of buckets never fall.
    const buckets = [
      ...text.matchAll(/hermes_request_duration_seconds_bucket\{handler="ListEvents",le="[^"]+"\} (\d+)/g),
    ].map(([, count]) => Number(count))
    assert.deepEqual(
      buckets,
      [...buckets].sort((a, b) => a - b),
    )
  })
})

describe('Reads across projects', function () {
  this.timeout(60_000)
  it('are themselves on record, in the trail of who is read and of who reads', async () => {
    const api = await startAuditApi()
    try {
      await api.keep({ id: 'a' })
      const reads = async (token: string) => {
        const answer = await api.ask(
          '/v1/events?observer_type=service/bss/audit&shape=event&sort=time:asc&limit=100',
          token,
        )
        return (answer.json() as { events: CadfEvent[] }).events
      }
      await api.ask('/v1/events?outcome=success', 'viewer-of-p1')
      await api.ask('/v1/events?project_id=p1', 'viewer-of-p1')
      assert.equal((await reads('viewer-of-p1')).length, 0)
      for (const path of [
        '/v1/events?project_id=p1&outcome=success',
        '/v1/events/a?project_id=p1',
        '/v1/attributes/action?project_id=p1',
        '/v1/counts/action?project_id=p1',
        '/v1/histogram?project_id=p1',
        '/v1/events/download?project_id=p1',
        '/v1/events/export?project_id=p1',
        '/v1/events/feed?project_id=p1',
        '/v1/audit?project_id=p1',
        '/v1/events?domain_id=p1',
      ]) {
        assert.equal((await api.ask(path, 'cloud-viewer')).status, 200, path)
      }
      const seen = await reads('viewer-of-p1')
      assert.equal(seen.length, 10)
      const [first] = seen
      assert.equal(first?.initiator.name, 'cloud-viewer')
      assert.equal(first?.initiator.project_id, 'ops')
      assert.equal(first?.target.id, 'p1')
      assert.equal(first?.requestPath, '/v1/events?project_id=p1&outcome=success')
      assert.ok(!JSON.stringify(seen).includes('x-auth-token'))
      assert.equal((await reads('cloud-viewer')).length, 10)
      // All projects at once: on record with who reads.
      await api.ask('/v1/events?project_id=*', 'cloud-viewer')
      assert.equal((await reads('cloud-viewer')).length, 11)
      assert.equal((await reads('viewer-of-p1')).length, 10)
      // What is refused reads nothing.
      await api.ask('/v1/events?project_id=p1', 'viewer-of-p2')
      assert.equal((await reads('viewer-of-p1')).length, 10)
    } finally {
      await api.close()
    }
  })

  it('include the report of a verification, which may name events of anybody', async () => {
    const api = await startAuditApi()
    try {
      await api.keep({ id: 'a' })
      const integrity = async (init: RequestInit = {}) => {
        const answer = await api.ask('/v1/integrity', 'cloud-viewer', init)
        return answer.json() as { verification?: { report?: object } }
      }
      const reads = async (token: string) => {
        const answer = await api.ask('/v1/events?observer_type=service/bss/audit&shape=event&limit=100', token)
        return (answer.json() as { events: CadfEvent[] }).events
      }
      assert.equal((await integrity()).verification, undefined)
      assert.equal((await reads('cloud-viewer')).length, 0)
      let reports = 0
      if ((await integrity({ method: 'POST' })).verification?.report !== undefined) reports += 1
      await waitFor('the report', async () => {
        if ((await integrity()).verification?.report !== undefined) reports += 1
        return reports > 0
      })
      const seen = await reads('cloud-viewer')
      assert.equal(seen.length, reports)
      assert.deepEqual([seen[0]?.action, seen[0]?.outcome], ['read', 'success'])
      assert.equal(seen[0]?.initiator.name, 'cloud-viewer')
      assert.deepEqual([seen[0]?.target.id, seen[0]?.target.name], ['*', 'all projects'])
      assert.equal(seen[0]?.requestPath, '/v1/integrity')
      assert.equal((await reads('viewer-of-p1')).length, 0)
      api.trail.tell = () => Promise.reject(new OperatorError('AUDIT_STORE_AWAY', 'Gone.', { retryable: true }))
      const answer = await api.ask('/v1/integrity', 'cloud-viewer')
      assert.equal(answer.status, 503)
      assert.ok(!answer.text.includes('report'))
    } finally {
      await api.close()
    }
  })

  it('are not answered where they cannot be put on record', async () => {
    const api = await startAuditApi()
    try {
      const { trail } = api
      trail.tell = () => Promise.reject(Object.assign(new Error('full'), { code: 'AUDIT_STORE_FULL' }))
      const answer = await api.ask('/v1/events?project_id=p1', 'cloud-viewer')
      assert.equal(answer.status, 500)
      assert.ok(!answer.text.includes('events'))
    } finally {
      await api.close()
    }
  })
})
