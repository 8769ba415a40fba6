import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { HttpRequest } from '../../../src/http/client'
import { HttpError } from '../../../src/http/http-error'
import type { KeystoneAuth } from '../../../src/openstack/auth'
import { type KeystoneSessionOptions, keystoneSession, type Service } from '../../../src/openstack/session'
import { type FakeAnswer, fakeClock, fakeHttp } from '../../support/fake-http'

const recording = (name: string) => JSON.parse(readFileSync(`test/fixtures/recordings/rest/${name}.json`, 'utf8'))
const NEUTRON: Service = { name: 'Neutron', type: 'network', version: 'v2.0' }
const credential: KeystoneAuth = {
  method: 'application_credential',
  credential: { id: 'c1' },
  secret: 'very-secret',
}
const start = Date.parse('2026-11-21T08:00:00Z')
const hour = 3_600_000

/** Keystone that gives out `token-1`, `token-2`, …, and a service that is asked through the session. */
function cloud(
  options: {
    auth?: KeystoneAuth
    lifeMs?: number
    keystoneClock?: () => number
    login?: (request: HttpRequest, number: number) => FakeAnswer | undefined
    service?: (request: HttpRequest, number: number) => FakeAnswer
    session?: Partial<KeystoneSessionOptions>
  } = {},
) {
  const clock = fakeClock(start)
  const catalog = recording('keystone-auth-password').body.token.catalog
  let logins = 0
  let calls = 0
  const http = fakeHttp((request) => {
    if (!request.url.endsWith('/v3/auth/tokens')) {
      calls += 1
      return options.service?.(request, calls) ?? { json: {} }
    }
    logins += 1
    const other = options.login?.(request, logins)
    if (other !== undefined) return other
    const now = (options.keystoneClock ?? clock.now)()
    return {
      status: 201,
      headers: { 'x-subject-token': `token-${logins}`, date: new Date(now).toUTCString() },
      json: {
        token: {
          issued_at: new Date(now).toISOString(),
          expires_at: new Date(now + (options.lifeMs ?? hour)).toISOString(),
          user: { name: 'watcher' },
          project: { id: 'p1', name: 'ops' },
          roles: [{ name: 'reader' }],
          catalog,
        },
      },
    }
  })
  const notices: string[] = []
  const session = keystoneSession({
    authUrl: 'http://keystone:5000/v3',
    auth: options.auth ?? credential,
    interface: 'public',
    region: 'RegionOne',
    http,
    clock,
    onNotice: (text) => notices.push(text),
    ...options.session,
  })
  const get = (path = '/ports') => session.request(NEUTRON, { method: 'GET', path })
  const tokensUsed = () => http.requests.flatMap((request) => request.headers?.['x-auth-token'] ?? [])
  return { clock, http, session, get, notices, tokensUsed, logins: () => logins }
}

describe('A Keystone session', () => {
  it('logs in with an application credential as the real Keystone was asked, without a scope', async () => {
    const { http, get } = cloud()
    await get()
    const recorded = recording('keystone-auth-application-credential').request
    const sent = JSON.parse(http.requests[0]?.body ?? '')
    assert.equal(http.requests[0]?.method, 'POST')
    assert.deepEqual(sent.auth.identity.methods, recorded.body.auth.identity.methods)
    assert.deepEqual(sent.auth.identity.application_credential, { id: 'c1', secret: 'very-secret' })
    assert.equal('scope' in sent.auth, false)
  })

  it('logs in with a password as the real Keystone was asked', async () => {
    const { body } = recording('keystone-auth-password').request
    const { http, get } = cloud({
      auth: {
        method: 'password',
        user: { name: 'admin', domain: { id: 'default' } },
        password: '<redacted>',
        scope: { project: { name: 'admin', domain: { id: 'default' } } },
      },
    })
    await get()
    assert.deepEqual(JSON.parse(http.requests[0]?.body ?? ''), body)
  })

  it('asks the endpoint of the catalogue, with the version appended', async () => {
    const { http, get } = cloud()
    await get('/ports?limit=1')
    assert.equal(http.requests[1]?.url, 'http://127.0.0.1:9696/v2.0/ports?limit=1')
  })

  it('asks an endpoint that was set by hand; a version in it stays', async () => {
    const { http, get } = cloud({ session: { endpoints: { network: 'https://edge/network/v2.0/' } } })
    await get()
    assert.equal(http.requests[1]?.url, 'https://edge/network/v2.0/ports')
  })

  it('keeps one token until its last tenth, and at least until a minute before its end', async () => {
    const { clock, get, logins } = cloud()
    await get()
    clock.advance(hour * 0.9 - 1000)
    await get()
    assert.equal(logins(), 1)
    clock.advance(2000)
    await get()
    assert.equal(logins(), 2)
  })

  it('renews a token of five minutes a minute before its end, and one of a minute at half its life', async () => {
    for (const [lifeMs, renewAfter] of [
      [300_000, 240_000],
      [60_000, 30_000],
    ] as const) {
      const { clock, get, logins } = cloud({ lifeMs })
      await get()
      clock.advance(renewAfter - 1000)
      await get()
      assert.equal(logins(), 1)
      clock.advance(1500)
      await get()
      assert.equal(logins(), 2)
    }
  })

  it("reckons with the server's clock, and reports one that is far off", async () => {
    const { clock, get, logins, notices } = cloud({ keystoneClock: () => start - 2 * hour })
    await get()
    clock.advance(hour / 2)
    await get()
    assert.equal(logins(), 1, 'by our own clock that token was over before it came')
    assert.match(notices.join(), /7200 s behind/)
  })

  it('fetches one token however many ask at once', async () => {
    const { get, logins } = cloud()
    await Promise.all(Array.from({ length: 50 }, () => get()))
    assert.equal(logins(), 1)
  })

  it('turns a storm of fifty 401 into one login', async () => {
    const { get, logins, tokensUsed } = cloud({
      service: (request) =>
        request.headers?.['x-auth-token'] === 'token-1'
          ? { status: 401, json: { error: { message: 'expired' } } }
          : { json: { ports: [] } },
    })
    const answers = await Promise.all(Array.from({ length: 50 }, () => get()))
    assert.ok(answers.every((answer) => answer.status === 200))
    assert.equal(logins(), 2, 'the first, and one for all')
    assert.equal(tokensUsed().length, 100)
  })

  it('stops at the second 401, and does not log in for each further request', async () => {
    const { get, logins, clock } = cloud({
      service: () => ({ status: 401, json: recording('neutron-bad-token').body }),
    })
    await assert.rejects(get(), { code: 'OPENSTACK_UNAUTHORIZED', message: /requires authentication/ })
    assert.equal(logins(), 2)
    for (let i = 0; i < 5; i += 1) await assert.rejects(get(), { code: 'OPENSTACK_UNAUTHORIZED' })
    assert.equal(logins(), 2)
    clock.advance(61_000)
    await assert.rejects(get(), { code: 'OPENSTACK_UNAUTHORIZED' })
    assert.equal(logins(), 3)
  })

  it('does not log in again at 403', async () => {
    const { get, logins } = cloud({ service: () => ({ status: 403, json: { NeutronError: { message: 'no' } } }) })
    await assert.rejects(get(), {
      code: 'OPENSTACK_FORBIDDEN',
      retryable: false,
      message: /answered 403: no\. .*access rules/,
    })
    assert.equal(logins(), 1)
  })

  describe('when Keystone refuses the login', () => {
    const refusing = () =>
      cloud({ login: () => ({ status: 401, json: recording('keystone-auth-wrong-password').body }) })

    it('asks ever more rarely, as accounts get locked', async () => {
      const { get, logins, clock } = refusing()
      await assert.rejects(get(), { code: 'KEYSTONE_LOGIN_REFUSED', message: /Check id and secret/ })
      await assert.rejects(get(), { message: /The next login is tried in 2\d s/ })
      assert.equal(logins(), 1)
      const waits: number[] = []
      for (let last = clock.now(); logins() < 9; clock.advance(500)) {
        const before = logins()
        await assert.rejects(get(), { code: 'KEYSTONE_LOGIN_REFUSED' })
        if (logins() === before) continue
        waits.push(Math.round((clock.now() - last) / 1000))
        last = clock.now()
      }
      // With the dice in the middle, three quarters of 30 s, 60 s, … up to 15 minutes.
      assert.deepEqual(waits, [23, 45, 90, 180, 360, 675, 675, 675])
    })

    it('shows neither the secret nor the body that carried it', async () => {
      const { get } = cloud({
        login: (request) => ({ status: 401, json: { error: { message: `you sent very-secret in ${request.body}` } } }),
      })
      await assert.rejects(get(), (error: Error) => !error.message.includes('very-secret'))
    })

    it('names the second factor', async () => {
      const { get } = cloud({ login: () => ({ status: 401, headers: { 'openstack-auth-receipt': 'r' }, json: {} }) })
      await assert.rejects(get(), { message: /second factor/ })
    })
  })

  describe('when Keystone is away', () => {
    it('tries a few times, then waits a little before the next login', async () => {
      const { get, logins, clock } = cloud({
        login: () => {
          throw new HttpError('HTTP_CONNECT', 'no connection', { sent: false, retryable: true })
        },
      })
      await assert.rejects(get(), { retryable: true })
      const first = logins()
      assert.ok(first >= 3 && first <= 9, `${first} logins`)
      await assert.rejects(get(), { retryable: true })
      clock.advance(60_000)
      await assert.rejects(get(), { retryable: true })
      assert.ok(logins() > first)
    })

    it('does not lose a token that is still good while it is being renewed', async () => {
      const { get, clock, tokensUsed } = cloud({
        login: (_request, number) => (number === 1 ? undefined : { status: 503, text: 'down' }),
      })
      await get()
      clock.advance(hour * 0.95)
      await get()
      assert.deepEqual(tokensUsed(), ['token-1', 'token-1'])
    })

    it('waits as long as Retry-After asks', async () => {
      const { get, clock } = cloud({
        login: (_request, number) => (number > 1 ? undefined : { status: 429, headers: { 'retry-after': '7' } }),
      })
      await get()
      assert.deepEqual(clock.waits, [7000])
    })
  })

  describe('when the service is away', () => {
    it('repeats reading calls a few times', async () => {
      const { get, clock } = cloud({ service: (_request, call) => (call < 3 ? { status: 503 } : { json: { a: 1 } }) })
      assert.equal((await get()).text, '{"a":1}')
      assert.deepEqual(clock.waits, [250, 500])
    })
    it('gives up with an error that says it can be tried later', async () => {
      const { get, http } = cloud({ service: () => ({ status: 500, text: '<h1>Internal Server Error</h1>' }) })
      await assert.rejects(get(), {
        code: 'OPENSTACK_UNAVAILABLE',
        retryable: true,
        message: /500: Internal Server Error/,
      })
      assert.equal(http.requests.length, 4)
    })
    it('never repeats a changing call that may have arrived', async () => {
      const { session, http } = cloud({
        service: () => {
          throw new HttpError('HTTP_INTERRUPTED', 'cut', { sent: true, retryable: true })
        },
      })
      await assert.rejects(session.request(NEUTRON, { method: 'POST', path: '/ports', body: '{}' }), {
        code: 'HTTP_INTERRUPTED',
      })
      assert.equal(http.requests.length, 2)
    })
  })

  it('tells as whom it is logged in', async () => {
    const { session } = cloud()
    assert.deepEqual(await session.identity(), {
      user: 'watcher',
      project: 'ops',
      projectId: 'p1',
      roles: ['reader'],
      keystone: 'http://keystone:5000/v3',
      notices: [],
      seesAllProjects: false,
    })
    const told = cloud({ session: { seesAllProjects: true } })
    assert.equal((await told.session.identity()).seesAllProjects, true)
  })

  it('reports a /v2.0 address once', async () => {
    const { get, notices, http } = cloud({ session: { authUrl: 'http://keystone:5000/v2.0/' } })
    await get()
    await get()
    assert.equal(http.requests[0]?.url, 'http://keystone:5000/v3/auth/tokens')
    assert.equal(notices.length, 1)
  })

  it('refuses a token without an end, and an answer that is no token', async () => {
    for (const answer of [
      { status: 201, headers: { 'x-subject-token': 't' }, json: { token: {} } },
      { status: 201, json: { token: { expires_at: '2026-11-21T09:00:00Z' } } },
      { status: 302, headers: { location: 'https://sso/' } },
    ]) {
      await assert.rejects(cloud({ login: () => answer }).get(), { code: 'KEYSTONE_ANSWER' })
    }
  })
})
