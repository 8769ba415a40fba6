import assert from 'node:assert/strict'
import type { HttpRequest } from '../../../../src/http/client'
import { HttpError } from '../../../../src/http/http-error'
import { type AskedCall, readCall } from '../../../../src/openstack/request/call'
import { type PerformOptions, perform } from '../../../../src/openstack/request/perform'
import { keystoneSession } from '../../../../src/openstack/session'
import { type FakeAnswer, fakeClock, fakeHttp } from '../../../support/fake-http'

const catalog = [
  ['compute', 'http://nova/v2.1'],
  ['volumev3', 'http://cinder/v3/p1'],
  ['load-balancer', 'http://octavia'],
  ['identity', 'http://keystone'],
  ['image', 'http://glance'],
  ['own', 'http://own/api/'],
].map(([type, url]) => ({ type, endpoints: [{ interface: 'public', region: 'one', url }] }))

/** A cloud whose services answer as the function says; `logins` counts the tokens. */
function cloud(answer: (request: HttpRequest, number: number) => FakeAnswer) {
  let logins = 0
  let calls = 0
  const http = fakeHttp((request) => {
    if (!request.url.endsWith('/auth/tokens')) {
      calls += 1
      return answer(request, calls)
    }
    logins += 1
    return {
      status: 201,
      headers: { 'x-subject-token': `gAAA-token-${logins}` },
      json: { token: { expires_at: '2026-11-21T09:00:00Z', issued_at: '2026-11-21T08:00:00Z', catalog } },
    }
  })
  const clock = fakeClock()
  const session = keystoneSession({
    authUrl: 'http://keystone/v3',
    auth: { method: 'application_credential', credential: { id: 'c' }, secret: 's3cret-of-it' },
    interface: 'public',
    region: '',
    http,
    clock,
  })
  const ask = (call: Partial<AskedCall>, options: Partial<PerformOptions> = {}) =>
    perform(
      session,
      readCall({
        service: 'compute',
        method: 'GET',
        path: '/servers',
        query: undefined,
        headers: undefined,
        body: undefined,
        microversion: '',
        changes: true,
        ...call,
      }),
      { paged: false, collection: '', maxBytes: 1_000_000, missingIsAnswer: false, ...options },
    )
  const urls = () => http.requests.filter(({ url }) => !url.endsWith('/auth/tokens')).map(({ url }) => url)
  return { ask, urls, http, clock, logins: () => logins }
}
const items = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ id: `i${from + at}` }))

describe('A call to a service', () => {
  it("goes to the catalogue's endpoint, whatever the type is called there", async () => {
    const { ask, urls } = cloud(() => ({ json: {} }))
    await ask({ query: 'all_tenants=1' })
    await ask({ service: 'block-storage', path: '/volumes' })
    await ask({ service: 'load-balancer', path: '/v2/lbaas/loadbalancers' })
    await ask({ service: 'identity', path: '/projects' })
    await ask({ service: 'own', path: '/things' })
    assert.deepEqual(urls(), [
      'http://nova/v2.1/servers?all_tenants=1',
      'http://cinder/v3/p1/volumes',
      'http://octavia/v2/lbaas/loadbalancers',
      'http://keystone/v3/projects',
      'http://own/api/things',
    ])
    await assert.rejects(ask({ service: 'dns', path: '/zones' }), { code: 'KEYSTONE_CATALOG' })
  })

  it('sends headers and body, and the account’s token with them', async () => {
    const { ask, http } = cloud(() => ({ status: 202, text: '' }))
    const answer = await ask({ method: 'POST', path: '/servers', body: { a: 1 }, microversion: '2.79' })
    const { headers, body } = http.requests.at(-1) ?? {}
    assert.equal(headers?.['x-auth-token'], 'gAAA-token-1')
    assert.equal(headers?.['openstack-api-version'], 'compute 2.79')
    assert.equal(headers?.['content-type'], 'application/json')
    assert.equal(body, '{"a":1}')
    assert.deepEqual(answer, { status: 202, headers: {}, payload: null })
  })

  it('leaves tokens and cookies out of the headers that it answers', async () => {
    const headers = { 'x-subject-token': 'secret', 'set-cookie': 'secret', 'x-openstack-request-id': 'req-1' }
    const { ask } = cloud(() => ({ headers, text: 'plain' }))
    assert.deepEqual(await ask({}), { status: 200, headers: { 'x-openstack-request-id': 'req-1' }, payload: 'plain' })
  })

  it('replaces a refused token once, and only once', async () => {
    const once = cloud(({ headers }) => (headers?.['x-auth-token'] === 'gAAA-token-1' ? { status: 401 } : { json: 1 }))
    assert.equal((await once.ask({ method: 'DELETE', path: '/servers/x' })).payload, 1)
    const never = cloud(() => ({ status: 401 }))
    await assert.rejects(never.ask({}), { code: 'OPENSTACK_UNAUTHORIZED' })
    assert.equal(never.logins(), 2)
  })

  for (const [status, code, retryable] of [
    [400, 'OPENSTACK_REFUSED', false],
    [403, 'OPENSTACK_FORBIDDEN', false],
    [404, 'OPENSTACK_NOT_FOUND', false],
    [409, 'OPENSTACK_REFUSED', false],
    [429, 'OPENSTACK_UNAVAILABLE', true],
    [500, 'OPENSTACK_UNAVAILABLE', true],
    [503, 'OPENSTACK_UNAVAILABLE', true],
  ] as const) {
    it(`fails with ${code} at ${status}, ${retryable ? 'to be tried again' : 'for good'}`, async () => {
      const { ask } = cloud(() => ({ status, json: { itemNotFound: { message: 'said so' } } }))
      await assert.rejects(ask({}), (error: Error & { code?: string; retryable?: boolean; status?: number }) => {
        assert.deepEqual([error.code, error.retryable, error.status], [code, retryable, status])
        assert.match(error.message, /^Nova: GET \/servers answered \d+: said so/)
        return true
      })
    })
  }

  it('waits as long as Retry-After says before it asks again, and tells who gave up how long it should be', async () => {
    const { ask, clock } = cloud((_, number) =>
      number === 1 ? { status: 429, headers: { 'retry-after': '7' } } : { json: {} },
    )
    await ask({})
    assert.deepEqual(clock.waits, [7000])
    const long = cloud(() => ({ status: 503, headers: { 'retry-after': '120' } }))
    await assert.rejects(long.ask({}), { code: 'OPENSTACK_UNAVAILABLE', retryAfterMs: 120_000 })
    assert.deepEqual(long.clock.waits, [])
    assert.equal(long.urls().length, 1)
  })

  it('does not repeat what changes something', async () => {
    const { ask, urls } = cloud(() => ({ status: 503 }))
    await assert.rejects(ask({ method: 'DELETE', path: '/servers/x' }), { code: 'OPENSTACK_UNAVAILABLE' })
    assert.equal(urls().length, 1)
  })

  it('says that nobody knows, where the answer to a POST was lost', async () => {
    const lost = () => {
      throw new HttpError('HTTP_INTERRUPTED', 'cut', { sent: true, retryable: true })
    }
    await assert.rejects(cloud(lost).ask({ method: 'POST', body: {} }), { code: 'REQUEST_UNCLEAR', retryable: false })
    await assert.rejects(cloud(lost).ask({ method: 'DELETE', path: '/x' }), {
      code: 'HTTP_INTERRUPTED',
      retryable: true,
    })
  })

  it('shows neither token nor secret in an error', async () => {
    const { ask } = cloud(({ headers }) => ({ status: 400, text: `no: ${headers?.['x-auth-token']} password=abcdef` }))
    await assert.rejects(ask({}), (error: Error) => !/gAAA-token|abcdef/.test(error.message))
  })

  it('takes 404 for an answer where that is asked for, and only 404', async () => {
    const { ask } = cloud(({ url }) => ({ status: url.endsWith('gone') ? 404 : 403 }))
    const options = { missingIsAnswer: true }
    assert.deepEqual(await ask({ path: '/gone' }, options), { status: 404, headers: {}, payload: null })
    await assert.rejects(ask({ path: '/no' }, options), { code: 'OPENSTACK_FORBIDDEN' })
  })

  it('begins only with what changes something', async () => {
    let begun = 0
    const begin = () => {
      begun += 1
    }
    const { ask } = cloud(() => ({ json: {} }))
    await ask({}, { begin })
    assert.equal(begun, 0)
    await ask({ method: 'PUT', body: {} }, { begin })
    assert.equal(begun, 1)
  })
})

describe('The pages of a listing', () => {
  const paged = { paged: true }
  const parameters = (request: HttpRequest) => new URL(request.url).searchParams
  const from = (request: HttpRequest) => Number(parameters(request).get('marker')?.slice(1) ?? -1) + 1

  for (const [style, links] of [
    ['servers_links', (href: string | null) => (href === null ? {} : { servers_links: [{ rel: 'next', href }] })],
    ['links with next', (href: string | null) => ({ links: { self: 'x', next: href } })],
    ['a list of links', (href: string | null) => ({ links: href === null ? [] : [{ rel: 'next', href }] })],
    ['a bare next', (href: string | null) => (href === null ? {} : { next: href })],
  ] as const) {
    it(`are followed by ${style}`, async () => {
      const { ask, urls } = cloud((request) => {
        const at = from(request)
        const to = Math.min(at + 2, 5)
        const href = to < 5 ? `https://inside.example:1/v2.1/servers?limit=2&marker=i${to - 1}` : null
        return { json: { servers: items(at, to), ...links(href) } }
      })
      assert.deepEqual((await ask({ query: 'limit=2' }, paged)).payload, items(0, 5))
      assert.deepEqual(urls(), [
        'http://nova/v2.1/servers?limit=2',
        'http://nova/v2.1/servers?limit=2&marker=i1',
        'http://nova/v2.1/servers?limit=2&marker=i3',
      ])
    })
  }

  it('are followed by marker where the service sends no links and a limit was asked for', async () => {
    const { ask, urls } = cloud((request) => ({
      json: { things: items(from(request), Math.min(from(request) + 2, 4)) },
    }))
    assert.deepEqual(
      (await ask({ service: 'own', path: '/things', query: { limit: 2, a: 'b' } }, paged)).payload,
      items(0, 4),
    )
    assert.deepEqual(urls(), [
      'http://own/api/things?limit=2&a=b',
      'http://own/api/things?limit=2&a=b&marker=i1',
      'http://own/api/things?limit=2&a=b&marker=i3',
    ])
  })

  it('end where a service that sent links sends none, also with a full page', async () => {
    const { ask, urls } = cloud((request) => {
      const at = from(request)
      const next =
        at === 0 ? { servers_links: [{ rel: 'next', href: 'http://nova/v2.1/servers?limit=2&marker=i1' }] } : {}
      return { json: { servers: items(at, at + 2), ...next } }
    })
    assert.equal(((await ask({ query: 'limit=2' }, paged)).payload as unknown[]).length, 4)
    assert.equal(urls().length, 2)
  })

  it('are an error as a whole when one of them fails, repeats or leads elsewhere', async () => {
    const link = (href: string) => ({ json: { servers: items(0, 2), servers_links: [{ rel: 'next', href }] } })
    const next = 'http://nova/v2.1/servers?marker=i1'
    const failing = cloud((request) => (parameters(request).has('marker') ? { status: 500 } : link(next)))
    await assert.rejects(failing.ask({}, paged), { code: 'OPENSTACK_UNAVAILABLE' })
    await assert.rejects(cloud(() => link(next)).ask({}, paged), { code: 'OPENSTACK_PAGING', message: /never end/ })
    for (const href of ['http://nova/v2.1/flavors?marker=i1', 'http://nova/v2.1/servers', ':']) {
      await assert.rejects(cloud(() => link(href)).ask({}, paged), {
        code: 'OPENSTACK_PAGING',
        message: /elsewhere|somewhere/,
      })
    }
    const cut = cloud(() => ({ json: { projects: items(0, 2), links: { next: null }, truncated: true } }))
    await assert.rejects(cut.ask({ service: 'identity', path: '/projects' }, paged), { code: 'OPENSTACK_PAGING' })
  })

  it('begin again once when the item that they go on from was deleted', async () => {
    let gone = 1
    const { ask } = cloud((request) => {
      if (!parameters(request).has('marker')) {
        return {
          json: { servers: items(0, 2), servers_links: [{ rel: 'next', href: 'http://x/v2.1/servers?marker=i1' }] },
        }
      }
      gone -= 1
      return gone >= 0 ? { status: 404 } : { json: { servers: items(2, 3) } }
    })
    assert.equal(((await ask({}, paged)).payload as unknown[]).length, 3)
    gone = 5
    await assert.rejects(ask({}, { ...paged, missingIsAnswer: true }), { code: 'OPENSTACK_PAGING', retryable: true })
  })

  it('stay together below the limit of bytes', async () => {
    const { ask } = cloud((request) => {
      const at = from(request)
      return { json: { servers: [{ id: `i${at}`, text: 'x'.repeat(500) }] } }
    })
    await assert.rejects(ask({ query: 'limit=1' }, { ...paged, maxBytes: 2000 }), {
      code: 'REQUEST_TOO_LARGE',
      retryable: false,
    })
  })

  it('are those of the list that is named, where an answer has several', async () => {
    const { ask } = cloud(() => ({ json: { volumes: items(0, 1), others: items(0, 2) } }))
    assert.deepEqual((await ask({}, { ...paged, collection: 'others' })).payload, items(0, 2))
    await assert.rejects(ask({}, paged), { code: 'OPENSTACK_ANSWER' })
    await assert.rejects(ask({}, { ...paged, collection: 'nothing' }), { code: 'OPENSTACK_ANSWER' })
  })
})
