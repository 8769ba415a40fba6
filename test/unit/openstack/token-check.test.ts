import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { HttpError } from '../../../src/http/http-error'
import { keystoneSession } from '../../../src/openstack/session'
import { tokenChecker } from '../../../src/openstack/token-check'
import { type FakeAnswer, type FakeClock, fakeClock, fakeHttp } from '../../support/fake-http'

const token = (clock: FakeClock, lifeMs = 3_600_000) => ({
  token: {
    user: { id: 'u1', name: 'ada', domain: { id: 'default', name: 'Default' } },
    project: { id: 'p1', name: 'web', domain: { id: 'd1', name: 'Shop' } },
    roles: [{ id: 'r1', name: 'audit_viewer' }],
    expires_at: new Date(clock.now() + lifeMs).toISOString(),
    is_admin_project: false,
  },
})

describe('A token', () => {
  function checker(answer: (number: number) => FakeAnswer | Promise<FakeAnswer>, by: 'itself' | 'account' = 'itself') {
    const clock = fakeClock()
    let asked = 0
    const http = fakeHttp((request) => {
      if (request.method === 'POST') {
        const catalog = [
          { type: 'identity', endpoints: [{ interface: 'public', region: 'one', url: 'http://keystone:5000/v3' }] },
        ]
        const expires_at = new Date(clock.now() + 36_000_000).toISOString()
        const body = { token: { expires_at, catalog, user: { name: 'service' } } }
        return { status: 201, headers: { 'x-subject-token': 'service-token' }, json: body }
      }
      asked += 1
      return answer(asked)
    })
    const session = keystoneSession({
      authUrl: 'http://keystone:5000/v3',
      auth: { method: 'application_credential', credential: { id: 'c' }, secret: 'secret' },
      interface: 'public',
      region: '',
      http,
      clock,
    })
    const checks = (more: object = {}) => tokenChecker({ session, by, clock, ...more })
    return { clock, http, checks, asked: () => asked }
  }

  it('is asked for at Keystone with itself, and tells who it stands for', async () => {
    const { clock, http, checks } = checker(() => ({ json: token(clock) }))
    const verdict = await checks().check('gAAAA-one')
    assert.ok(verdict.valid)
    const { expiresAt, ...facts } = verdict.facts
    assert.equal(expiresAt, clock.now() + 3_600_000)
    assert.deepEqual(facts, {
      userId: 'u1',
      userName: 'ada',
      userDomainId: 'default',
      userDomainName: 'Default',
      projectId: 'p1',
      projectName: 'web',
      projectDomainId: 'd1',
      projectDomainName: 'Shop',
      roles: ['audit_viewer'],
      system: false,
      isAdminProject: false,
    })
    const [request] = http.requests
    assert.equal(request?.url, 'http://keystone:5000/v3/auth/tokens?nocatalog')
    assert.equal(request?.headers?.['x-auth-token'], 'gAAAA-one')
    assert.equal(request?.headers?.['x-subject-token'], 'gAAAA-one')
  })

  it("can be asked for in the account's name instead", async () => {
    const { clock, http, checks } = checker(() => ({ json: token(clock) }), 'account')
    assert.ok((await checks().check('gAAAA-one')).valid)
    const request = http.requests.at(-1)
    assert.equal(request?.headers?.['x-auth-token'], 'service-token')
    assert.equal(request?.headers?.['x-subject-token'], 'gAAAA-one')
  })

  it('is believed for less than a minute, so that a revocation counts within one', async () => {
    let revoked = false
    const { clock, checks, asked } = checker(() => (revoked ? { status: 404 } : { json: token(clock) }))
    const tokens = checks()
    await tokens.check('t')
    revoked = true
    clock.advance(49_000)
    assert.ok((await tokens.check('t')).valid)
    assert.ok(tokens.knows('t'))
    assert.equal(asked(), 1)
    clock.advance(10_000)
    assert.ok(!tokens.knows('t'))
    assert.ok(!(await tokens.check('t')).valid)
  })

  it('is not believed beyond its expiry, by Keystone’s clock', async () => {
    const { clock, checks, asked } = checker(() => ({
      // Keystone's clock is ten minutes ahead of this machine's.
      headers: { date: new Date(clock.now() + 600_000).toUTCString() },
      json: token(clock, 620_000),
    }))
    const tokens = checks()
    assert.ok((await tokens.check('t')).valid)
    clock.advance(21_000)
    await tokens.check('t')
    assert.equal(asked(), 2)
  })

  it('that has expired is none, whatever Keystone answers', async () => {
    const { clock, checks } = checker(() => ({ json: token(clock, -1) }))
    assert.ok(!(await checks().check('t')).valid)
  })

  for (const status of [401, 403, 404]) {
    it(`that Keystone answers with ${status} is not valid, and that is believed for some seconds`, async () => {
      const { clock, checks, asked } = checker(() => ({ status }))
      const tokens = checks()
      assert.ok(!(await tokens.check('t')).valid)
      assert.ok(!(await tokens.check('t')).valid)
      assert.equal(asked(), 1)
      clock.advance(6_000)
      await tokens.check('t')
      assert.equal(asked(), 2)
    })
  }

  it('that the account may not check is nobody’s fault but the operator’s', async () => {
    const { checks } = checker(() => ({ status: 403, json: { error: { message: 'not allowed' } } }), 'account')
    await assert.rejects(checks().check('t'), { code: 'OPENSTACK_FORBIDDEN' })
  })

  it('that the account finds unknown is not valid', async () => {
    const { checks } = checker(() => ({ status: 404 }), 'account')
    assert.ok(!(await checks().check('t')).valid)
  })

  it('cannot be judged while Keystone is away, which is not remembered', async () => {
    let away: 'status' | 'connection' | undefined = 'status'
    const { clock, checks } = checker(() => {
      if (away === 'connection') throw new HttpError('HTTP_CONNECT', 'no connection', { sent: false })
      return away === 'status' ? { status: 503, headers: { 'retry-after': '7' } } : { json: token(clock) }
    })
    const tokens = checks()
    await assert.rejects(tokens.check('t'), { code: 'KEYSTONE_UNAVAILABLE', retryAfterMs: 7000 })
    away = 'connection'
    await assert.rejects(tokens.check('t'), { code: 'HTTP_CONNECT' })
    away = undefined
    assert.ok((await tokens.check('t')).valid)
  })

  it('is asked for once, however many requests come with it at the same time', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const { clock, checks, asked } = checker(async () => {
      await held
      return { json: token(clock) }
    })
    const tokens = checks()
    const all = Promise.all(Array.from({ length: 20 }, () => tokens.check('t')))
    release()
    assert.equal((await all).filter(({ valid }) => valid).length, 20)
    assert.equal(asked(), 1)
  })

  it('that was not used for long makes room for others', async () => {
    const { clock, checks, asked } = checker(() => ({ json: token(clock) }))
    const tokens = checks({ capacity: 2 })
    for (const each of ['a', 'b', 'a', 'c']) await tokens.check(each)
    assert.deepEqual(
      ['a', 'b', 'c'].map((each) => tokens.knows(each)),
      [true, false, true],
    )
    assert.equal(asked(), 3)
  })

  for (const [what, text] of [
    ['line breaks', 'a\r\nx-admin: yes'],
    ['blanks', 'a b'],
    ['letters beyond ASCII', 'tökén'],
    ['10 kB', 'a'.repeat(10_000)],
    ['nothing', ''],
  ] as const) {
    it(`of ${what} is nobody’s, without a question`, async () => {
      const { checks, http } = checker(() => ({ json: {} }))
      assert.deepEqual(await checks().check(text), { valid: false })
      assert.equal(http.requests.length, 0)
    })
  }

  it('without a user in Keystone’s answer is an answer of something else', async () => {
    const { checks } = checker(() => ({ json: { token: { expires_at: 'x' } } }))
    await assert.rejects(checks().check('t'), { code: 'KEYSTONE_ANSWER' })
  })

  it('may be for the system, or for a domain, or for nothing', async () => {
    const scopes = [{ system: { all: true } }, { domain: { id: 'd1', name: 'Shop' } }, {}]
    const { clock, checks } = checker((number) => {
      const { project: _project, ...rest } = token(clock).token
      return { json: { token: { ...rest, ...scopes[number - 1] } } }
    })
    const tokens = checks()
    const found = []
    for (const each of ['a', 'b', 'c']) {
      const verdict = await tokens.check(each)
      if (verdict.valid) found.push([verdict.facts.system, verdict.facts.domainId, verdict.facts.projectId])
    }
    assert.deepEqual(found, [
      [true, undefined, undefined],
      [false, 'd1', undefined],
      [false, undefined, undefined],
    ])
  })
})
