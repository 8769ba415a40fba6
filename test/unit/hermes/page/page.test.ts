import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import { demoDomains, demoProjects, demoUsers } from '../../../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../../../lab/pocket-cloud'
import { auditPage } from '../../../../src/hermes/page/page'
import { undiciClient } from '../../../../src/http/undici-client'
import { tokenOf } from '../../../support/pocket-calls'
import { type PlainServer, serveHandler } from '../../../support/request-of'

const TYPE = { 'content-type': 'application/json' }

describe('the server’s side of the audit page', () => {
  const http = undiciClient()
  let cloud: PocketCloud
  let server: PlainServer
  let now: number
  let trustProxy: boolean
  let told: string[]

  before(async () => {
    cloud = await startPocketCloud({ certificate: false })
  })
  after(async () => {
    await cloud.close()
    await http.close()
  })
  beforeEach(async () => {
    now = 1_000_000
    trustProxy = false
    told = []
    server = await open()
  })
  afterEach(async () => {
    cloud.faults.clear()
    await server.close()
  })

  async function open(): Promise<PlainServer> {
    const page = auditPage({
      keystone: ({ path, signal, ...rest }) =>
        http.request({ ...rest, url: `${cloud.urls.keystone}${path}`, ...(signal && { signal }) }),
      trustProxy,
      mayReadAll: ({ projectName }) => projectName === 'cloud-admin',
      clock: { now: () => now },
      onFailure: (text) => told.push(text),
    })
    return serveHandler((request, response) => {
      response.setHeader('access-control-allow-origin', '*')
      const target = (request.url ?? '').replace(/^\/audit/, '')
      page(request, response, { target, path: (target.split('?')[0] ?? '').replace(/^\/ui\/?/, '') })
    })
  }
  const logIn = (body: unknown, headers: Record<string, string> = {}) =>
    server.ask('POST', '/audit/ui/log-in', {
      headers: { ...TYPE, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const vera = { user: 'vera', userDomain: 'Default', password: 'vera-pocket' }
  const codeOf = (answer: { text: string }) => (JSON.parse(answer.text) as { error: { code: string } }).error.code

  describe('its files', () => {
    it('come with headers that let nothing else in, and nothing be kept', async () => {
      for (const path of ['/audit/ui/', '/audit/ui/?x=1', '/audit/ui/nothing', '/audit/ui/log-in']) {
        const { headers } = await server.ask('GET', path)
        const policy = String(headers['content-security-policy'])
        assert.match(policy, /default-src 'none'/)
        assert.match(policy, /script-src 'self'(?:;|$)/)
        assert.match(policy, /frame-ancestors 'none'/)
        assert.match(policy, /form-action 'none'/)
        assert.doesNotMatch(policy, /unsafe|data:|https?:|\*/)
        assert.equal(headers['x-content-type-options'], 'nosniff')
        assert.equal(headers['cache-control'], 'no-store')
        assert.equal(headers['referrer-policy'], 'no-referrer')
        assert.equal(headers['access-control-allow-origin'], undefined)
      }
    })

    it('are found with the slash, and without it the way to it', async () => {
      const page = await server.ask('GET', '/audit/ui/')
      assert.equal(page.status, 200)
      assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
      const head = await server.ask('HEAD', '/audit/ui/')
      assert.equal(head.text, '')
      assert.equal(head.headers['content-length'], page.headers['content-length'])
      for (const path of ['/audit/ui', '/audit/ui?a=b/']) {
        const moved = await server.ask('GET', path)
        assert.equal(moved.status, 308)
        assert.equal(moved.headers['location'], 'ui/')
      }
    })

    it('are those files only', async () => {
      for (const path of [
        'page.ts',
        '../page.ts',
        '..%2fpage.ts',
        'static/index.html',
        'constructor',
        '%00',
        '//etc/passwd',
      ]) {
        assert.equal((await server.ask('GET', `/audit/ui/${path}`)).status, 404, path)
      }
      assert.equal((await server.ask('PUT', '/audit/ui/index.html')).status, 405)
      const wrong = await server.ask('GET', '/audit/ui/log-in')
      assert.equal(wrong.status, 405)
      assert.equal(wrong.headers['allow'], 'POST')
      assert.equal((await server.ask('constructor', '/audit/ui/log-in')).status, 400)
      assert.equal((await server.ask('DELETE', '/audit/ui/log-in')).status, 405)
    })
  })

  describe('log-in with a password', () => {
    it('gives a token for the default project, a named one, one by id, and a domain', async () => {
      const partner = { user: 'dora', userDomain: 'partner', password: 'dora-pocket' }
      const cases: [object, object][] = [
        [vera, { kind: 'project', id: demoProjects.shop.id, name: 'shop', domain: 'Default' }],
        [
          { ...vera, scope: 'project', project: 'shop', projectDomain: 'Default' },
          { kind: 'project', id: demoProjects.shop.id, name: 'shop', domain: 'Default' },
        ],
        [
          { user: demoUsers.viktor.id, password: 'viktor-pocket', scope: 'project', project: demoProjects.depot.id },
          { kind: 'project', id: demoProjects.depot.id, name: 'depot', domain: 'partner' },
        ],
        [
          { ...partner, scope: 'domain', domain: 'partner' },
          { kind: 'domain', id: demoDomains.partner.id, name: 'partner' },
        ],
        [partner, { kind: 'unscoped' }],
      ]
      for (const [form, scope] of cases) {
        const answer = await logIn(form)
        assert.equal(answer.status, 200, answer.text)
        const body = JSON.parse(answer.text)
        assert.deepEqual(body.scope, scope)
        assert.ok(cloud.identity.find(body.token))
        assert.ok(Date.parse(body.expiresAt) > now)
      }
    })

    it('says of a wrong one nothing more than that', async () => {
      for (const form of [
        { ...vera, password: 'wrong' },
        { ...vera, user: 'nobody' },
        { ...vera, scope: 'project', project: 'archive', projectDomain: 'Default' },
        { ...vera, scope: 'domain', domain: 'partner' },
      ]) {
        const answer = await logIn(form)
        assert.equal(answer.status, 401)
        assert.equal(codeOf(answer), 'LOG_IN_REFUSED')
      }
    })

    it('is refused after five wrong ones from an address, saying when to come back', async () => {
      for (let i = 0; i < 5; i++) assert.equal((await logIn({ ...vera, password: `wrong ${i}` })).status, 401)
      const before = cloud.received.length
      const refused = await logIn(vera)
      assert.equal(refused.status, 429)
      assert.equal(refused.headers['retry-after'], '300')
      assert.equal(cloud.received.length, before, 'Keystone is not asked')
      now += 300_001
      assert.equal((await logIn(vera)).status, 200)
    })

    it('counts by the address that a trusted proxy names', async () => {
      trustProxy = true
      await server.close()
      server = await open()
      const from = (address: string) => ({ 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
      for (let i = 0; i < 5; i++) await logIn({ ...vera, password: 'wrong' }, from('192.0.2.7'))
      assert.equal((await logIn(vera, from('192.0.2.7'))).status, 429)
      // What the person's machine itself put in front counts for nothing.
      assert.equal((await logIn(vera, from('198.51.100.1, 192.0.2.7'))).status, 429)
      assert.equal((await logIn(vera, from('192.0.2.8'))).status, 200)
    })

    it('is refused where the password could be read on the way, before anything is read of it', async () => {
      const before = cloud.received.length
      const cases: [Record<string, string>, boolean][] = [
        [{ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'https' }, false],
        [{ 'x-forwarded-proto': 'https' }, false],
        [{ via: '1.1 proxy' }, false],
        [{ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'http' }, true],
        [{ 'x-forwarded-for': '192.0.2.7' }, true],
      ]
      for (const [headers, trusted] of cases) {
        trustProxy = trusted
        await server.close()
        server = await open()
        const answer = await logIn(vera, headers)
        assert.equal(answer.status, 403)
        assert.equal(codeOf(answer), 'TLS_REQUIRED')
      }
      assert.equal(cloud.received.length, before)
    })

    it('is refused to pages of other sites and to forms', async () => {
      assert.equal((await logIn(vera, { 'sec-fetch-site': 'cross-site' })).status, 403)
      assert.equal((await logIn(vera, { 'sec-fetch-site': 'same-site' })).status, 403)
      assert.equal((await logIn(vera, { 'content-type': 'text/plain' })).status, 415)
      assert.equal((await logIn('user=a', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415)
      assert.equal((await logIn(vera, { 'sec-fetch-site': 'same-origin' })).status, 200)
    })

    it('says what is wrong with what it cannot read', async () => {
      const cases: [unknown, number][] = [
        ['{', 400],
        ['[]', 400],
        ['null', 400],
        [{}, 400],
        [{ user: 'vera' }, 400],
        [{ user: 'vera', password: '' }, 400],
        [{ user: 7, password: 'x' }, 400],
        [{ user: { name: 'vera' }, password: 'x' }, 400],
        [{ ...vera, scope: 'system' }, 400],
        [{ ...vera, scope: 'project' }, 400],
        [{ ...vera, scope: 'domain', domain: ' ' }, 400],
        [{ user: 'v'.repeat(5000), password: 'x' }, 400],
        [`{"user": "${'v'.repeat(40_000)}"}`, 413],
      ]
      const before = cloud.received.length
      for (const [body, status] of cases) {
        const answer = await logIn(body)
        assert.equal(answer.status, status, JSON.stringify(body).slice(0, 80))
        assert.doesNotMatch(answer.text, /vvvv/)
      }
      assert.equal(cloud.received.length, before)
      assert.equal((await logIn(vera)).status, 200, 'none of them counts as an attempt')
    })

    it('passes on how long Keystone wants to be left alone, and tells the operator without the password', async () => {
      cloud.faults.add({
        service: 'keystone',
        method: 'POST',
        status: 503,
        headers: { 'retry-after': '17' },
        body: '{}',
      })
      const away = await logIn(vera)
      assert.equal(away.status, 503)
      assert.equal(away.headers['retry-after'], '17')
      cloud.faults.clear()
      cloud.faults.add({ service: 'keystone', method: 'POST', disconnect: 'before' })
      const cut = await logIn(vera)
      assert.equal(cut.status, 503)
      assert.ok(Number(cut.headers['retry-after']) > 0)
      cloud.faults.clear()
      cloud.faults.add({ service: 'keystone', method: 'POST', page: 'captive-portal' })
      assert.equal((await logIn(vera)).status, 503)
      assert.equal(told.length, 3)
      assert.doesNotMatch(told.join(), /vera-pocket/)
      cloud.faults.clear()
      assert.equal((await logIn(vera)).status, 200, 'none of them counts as a wrong password')
    })

    it('names the person’s machine to Keystone', async () => {
      await logIn({ ...vera, password: 'wrong' })
      assert.equal(cloud.received.at(-1)?.request.headers['x-forwarded-for'], '127.0.0.1')
      const initiator = cloud.keystoneNotifier.published.at(-1)?.payload['initiator'] as { host: { address: string } }
      assert.equal(initiator.host.address, '127.0.0.1')
    })
  })

  describe('a token', () => {
    const withToken = (method: string, path: string, token?: string) =>
      server.ask(method, `/audit/ui/${path}`, { headers: token === undefined ? {} : { 'x-auth-token': token } })

    it('tells whom it stands for', async () => {
      const { status, text } = await withToken('GET', 'session', await tokenOf(cloud, 'vera'))
      assert.equal(status, 200)
      const { token, ...session } = JSON.parse(text)
      assert.equal(token, undefined)
      assert.deepEqual(session.user, { id: demoUsers.vera.id, name: 'vera', domain: 'Default' })
      assert.deepEqual(session.roles, ['audit_viewer'])
      assert.equal(session.mayReadAll, false)
      const olga = await withToken('GET', 'session', await tokenOf(cloud, 'olga'))
      assert.equal(JSON.parse(olga.text).mayReadAll, true)
    })

    it('is refused when it is missing, no token, revoked, or has lost its role', async () => {
      const revoked = await tokenOf(cloud, 'viktor')
      cloud.identity.revoke(revoked)
      for (const token of [undefined, 'gAAAAbad', revoked, 'x'.repeat(9000)]) {
        const answer = await withToken('GET', 'session', token)
        assert.equal(answer.status, 401)
        assert.equal(codeOf(answer), 'TOKEN_REFUSED')
      }
      // A real Keystone answers this for a token whose role was taken away, even as the caller's own.
      cloud.faults.add({
        ...{ service: 'keystone', method: 'GET', status: 404 },
        body: '{"error":{"code":404,"message":"Could not find token: gAAAA","title":"Not Found"}}',
      })
      assert.equal((await withToken('GET', 'session', await tokenOf(cloud, 'vera'))).status, 401)
    })

    it('ends when the person logs out', async () => {
      const token = await tokenOf(cloud, 'vera')
      assert.equal((await withToken('POST', 'log-out')).status, 401)
      assert.equal((await withToken('POST', 'log-out', token)).status, 204)
      assert.equal(cloud.identity.find(token), undefined)
      assert.equal((await withToken('POST', 'log-out', token)).status, 204, 'what is over may end again')
    })
  })
})
