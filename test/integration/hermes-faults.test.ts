import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'mocha'
import type { VerifyReport } from '../../src/audit/chain/model'
import type { Page, StoredEvent } from '../../src/audit/model'
import type { AuditStore } from '../../src/audit/store'
import { OperatorError } from '../../src/errors/operator-error'
import { hermesApi } from '../../src/hermes/api'
import type { HermesOptions } from '../../src/hermes/model'
import { defaultRules } from '../../src/hermes/policy/defaults'
import { compilePolicy } from '../../src/hermes/policy/policy'
import type { TokenChecker } from '../../src/openstack/token-check'
import type { TokenFacts } from '../../src/openstack/token-facts'
import { type AuditApi, startAuditApi } from '../support/audit-api'
import { fakeTrail } from '../support/fake-trail'
import { serve } from '../support/http-server'
import { waitFor } from '../support/wait-for'

describe('The audit API in trouble', function () {
  this.timeout(60_000)
  let api: AuditApi
  const closing: (() => Promise<unknown>)[] = []

  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  describe('with Keystone', () => {
    beforeEach(async () => {
      api = await startAuditApi()
      closing.push(() => api.close())
      await api.keep(...Array.from({ length: 30 }, (_, n) => ({ id: `event-${n}` })))
    })

    for (const broken of [503, 500, 429, 502, 'dropped'] as const) {
      it(`that answers ${broken}: 503 and when to come again, not 401, and well again at once`, async () => {
        api.keystone.broken = broken
        const answer = await api.ask('/v1/events', 'viewer-of-p1')
        assert.equal(answer.status, 503)
        assert.equal(answer.headers.get('retry-after'), broken === 'dropped' ? '10' : '3')
        assert.ok(api.troubles.length > 0)
        assert.ok(!api.troubles.join().includes('viewer-of-p1'))
        api.keystone.broken = undefined
        assert.equal((await api.ask('/v1/events', 'viewer-of-p1')).status, 200)
      })
    }

    it('away: whoever was let in a moment ago still is, and what needs no token is answered', async () => {
      assert.equal((await api.ask('/v1/events', 'viewer-of-p1')).status, 200)
      api.keystone.broken = 503
      assert.equal((await api.ask('/v1/events', 'viewer-of-p1')).status, 200)
      assert.equal((await api.ask('/v1/events')).status, 401)
      for (const path of ['/v1', '/v1/health', '/v1/openapi.json']) assert.equal((await api.ask(path)).status, 200)
    })

    it('asks it once for many requests at a time, and not at all for what can be no token', async () => {
      await Promise.all(Array.from({ length: 25 }, () => api.ask('/v1/events', 'viewer-of-p1')))
      assert.equal(api.keystone.asked.length, 1)
      await api.ask('/v1/events', 'x'.repeat(9000))
      assert.equal(api.keystone.asked.length, 1)
    })
  })

  it('ends an export whose token is revoked, so that nobody takes a part for the whole', async () => {
    let now = Date.now()
    const revoked = new Set<string>()
    const tokens: TokenChecker = {
      knows: () => false,
      check: async (token) => (revoked.has(token) ? { valid: false } : { valid: true, facts: VIEWER }),
    }
    let portions = 0
    const store = {
      async *export() {
        for (; portions < 1000; portions++) {
          if (portions === 3) revoked.add('t')
          now += 25_000
          yield [storedEvent(portions)]
        }
      },
    }
    const url = await served({ tokens, clock: { now: () => now } }, store as Partial<AuditStore>)
    // The connection may break before what came first was read.
    await assert.rejects(async () => {
      const answer = await fetch(`${url}/v1/events/export`, { headers: { 'x-auth-token': 't' } })
      await answer.text()
    })
    assert.ok(portions < 10)
  })

  for (const path of ['/v1/events?limit=5000', '/v1/events/download']) {
    it(`ends a long list, too: ${path}`, async () => {
      let now = Date.now()
      let good = true
      const tokens: TokenChecker = {
        knows: () => false,
        check: async () => (good ? { valid: true, facts: VIEWER } : { valid: false }),
      }
      const pages = pagesOf(100_000)
      let calls = 0
      const list: AuditStore['list'] = (request) => {
        calls += 1
        if (calls === 3) good = false
        now += 4_000
        return pages.list(request)
      }
      const url = await served({ tokens, clock: { now: () => now } }, { list })
      await assert.rejects(async () => {
        const answer = await fetch(`${url}${path}`, { headers: { 'x-auth-token': 't' } })
        await answer.text()
      })
      assert.ok(calls < 6, `${calls}`)
    })
  }

  it('lets an export wait for a Keystone that is restarted, and go on', async () => {
    let now = Date.now()
    let asked = 0
    const tokens: TokenChecker = {
      knows: () => false,
      check: async () => {
        asked += 1
        if (asked === 3 || asked === 4) throw new OperatorError('KEYSTONE_UNAVAILABLE', 'away', { retryable: true })
        return { valid: true, facts: VIEWER }
      },
    }
    const store: Partial<AuditStore> = {
      async *export() {
        for (let portion = 0; portion < 5; portion += 1) {
          now += 25_000
          yield [storedEvent(portion)]
        }
      },
    }
    const url = await served({ tokens, clock: { now: () => now } }, store)
    const answer = await fetch(`${url}/v1/events/export`, { headers: { 'x-auth-token': 't' } })
    assert.equal((await answer.text()).trimEnd().split('\n').length, 5)
    assert.ok(asked > 5)
  })

  it('answers 401 to the next page once the token has expired, and the page after with a new one goes on', async () => {
    let good = 'old'
    const tokens: TokenChecker = {
      knows: () => false,
      check: async (token) => (token === good ? { valid: true, facts: VIEWER } : { valid: false }),
    }
    const url = await served({ tokens }, pagesOf(25))
    const ask = (path: string, token: string) => fetch(`${url}${path}`, { headers: { 'x-auth-token': token } })
    const first = (await (await ask('/v1/events?limit=10&cursor=first', 'old')).json()) as { next: string }
    good = 'new'
    const next = first.next.slice(url.length)
    assert.equal((await ask(next, 'old')).status, 401)
    const second = (await (await ask(next, 'new')).json()) as { events: { id: string }[] }
    assert.equal(second.events[0]?.id, 'e10')
  })

  describe('with the store', () => {
    for (const [code, status, retry] of [
      ['AUDIT_TOO_DEEP', 400, null],
      ['AUDIT_TOO_WIDE', 400, null],
      ['AUDIT_BAD_CURSOR', 400, null],
      ['AUDIT_TOO_SLOW', 503, '30'],
      ['AUDIT_STORE_AWAY', 503, '10'],
      ['AUDIT_STORE_BUSY', 503, '10'],
      ['AUDIT_STORE_CLOSED', 503, '10'],
      ['AUDIT_STORE_DAMAGED', 503, '10'],
    ] as const) {
      it(`that rejects with ${code}: ${status}, without its inner words`, async () => {
        const troubles: string[] = []
        const fail = () => Promise.reject(new OperatorError(code, 'The file /secret/path is broken.'))
        const url = await served({ onTrouble: (text) => troubles.push(text) }, { list: fail, get: fail })
        for (const path of ['/v1/events?errors=json', '/v1/events/x?errors=json']) {
          const answer = await fetch(`${url}${path}`, { headers: { 'x-auth-token': 't' } })
          assert.equal(answer.status, status)
          assert.equal(answer.headers.get('retry-after'), retry)
          const problem = (await answer.json()) as { code: string; detail: string; hint?: string }
          assert.equal(problem.code, code)
          if (status === 503) assert.ok(!problem.detail.includes('/secret/'))
          else assert.ok((problem.hint ?? '').length > 0)
        }
        assert.equal(troubles.length, status === 503 ? 2 : 0)
      })
    }

    it('that throws something else: 500, and the text for the operator only', async () => {
      const troubles: string[] = []
      const list = () => Promise.reject(new TypeError('x of undefined (password=hunter2)'))
      const url = await served({ onTrouble: (text) => troubles.push(text) }, { list })
      const answer = await fetch(`${url}/v1/events`, { headers: { 'x-auth-token': 't' } })
      assert.equal(answer.status, 500)
      assert.ok(!(await answer.text()).includes('undefined'))
      assert.match(troubles[0] ?? '', /x of undefined/)
      assert.ok(!troubles[0]?.includes('hunter2'))
    })

    it('that breaks in the middle of a long list cuts the connection', async () => {
      const pages = pagesOf(5000)
      let calls = 0
      const list: AuditStore['list'] = (request) => {
        calls += 1
        return calls < 3 ? pages.list(request) : Promise.reject(new OperatorError('AUDIT_STORE_AWAY', 'away'))
      }
      const url = await served({}, { list })
      await assert.rejects(async () => {
        const answer = await fetch(`${url}/v1/events?limit=5000`, { headers: { 'x-auth-token': 't' } })
        await answer.text()
      })
    })

    it('that cannot begin an export says so, instead of an empty file', async () => {
      const busy = () => Promise.reject(new OperatorError('AUDIT_STORE_BUSY', 'busy'))
      const store: Partial<AuditStore> = { export: () => ({ [Symbol.asyncIterator]: () => ({ next: busy }) }) }
      const url = await served({}, store)
      const answer = await fetch(`${url}/v1/events/export?format=jsonl`, { headers: { 'x-auth-token': 't' } })
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('content-disposition'), null)
    })

    for (const code of ['AUDIT_STORE_DAMAGED', 'AUDIT_STORE_FULL']) {
      it(`that cannot be written to (${code}) can still be verified`, async () => {
        const checkpoint = () => Promise.reject(new OperatorError(code, 'The file /secret/path is broken.'))
        const report: VerifyReport = {
          ok: false,
          events: 7,
          retired: 0,
          findings: [],
          strength: 'accidents',
          writers: [],
        }
        const url = await served(
          { policy: compilePolicy(defaultRules({ name: '', domain: '' }), { 'trail:verify': '@' }) },
          { checkpoint, verify: () => Promise.resolve(report) },
        )
        const ask = (method: string) => fetch(`${url}/v1/integrity`, { method, headers: { 'x-auth-token': 't' } })
        assert.equal((await ask('POST')).status, 202)
        const found = (await (await ask('GET')).json()) as Record<string, unknown>
        assert.equal(found['checkpoint_trouble'], code)
        assert.deepEqual((found['verification'] as { report: unknown }).report, report)
      })
    }

    it('that cannot put on record who reads a report shows where something is wrong, and names no event', async () => {
      const full = () => Promise.reject(new OperatorError('AUDIT_STORE_FULL', 'The disk is full.'))
      const report: VerifyReport = {
        ok: false,
        events: 7,
        retired: 0,
        findings: [
          { kind: 'changed', writer: 'w', position: 3, id: 'of-p7', text: 'Event of-p7 was rewritten.' },
          { kind: 'changed', writer: 'w', position: 5, to: 6, text: 'Event of-p8 or event of-p9 was rewritten.' },
        ],
        strength: 'accidents',
        writers: [],
      }
      const trail = fakeTrail({ checkpoint: full, verify: () => Promise.resolve(report) })
      trail.tell = full
      const policy = compilePolicy(defaultRules({ name: '', domain: '' }), { 'trail:verify': '@' })
      const url = await served({ trail, policy }, {})
      const ask = (method: string) => fetch(`${url}/v1/integrity`, { method, headers: { 'x-auth-token': 't' } })
      assert.equal((await ask('POST')).status, 202)
      const text = await (await ask('GET')).text()
      assert.ok(!text.includes('of-p'), text)
      const { verification } = JSON.parse(text) as { verification: { report: VerifyReport } }
      assert.deepEqual(
        verification.report.findings.map(({ kind, writer, position, to }) => ({ kind, writer, position, to })),
        [
          { kind: 'changed', writer: 'w', position: 3, to: undefined },
          { kind: 'changed', writer: 'w', position: 5, to: 6 },
        ],
      )
      assert.match(verification.report.findings[1]?.text ?? '', /rows 5 to 6.*changed.*not named/i)
    })

    it('that is in trouble or absent: the health is 503, and so is everything that needs it', async () => {
      const trail = fakeTrail({})
      trail.trouble(new OperatorError('AUDIT_STORE_FULL', 'full'))
      const full = await served({ trail }, {})
      const health = await fetch(`${full}/v1/health`)
      assert.deepEqual(
        [health.status, await health.json()],
        [503, { status: 'unavailable', store: 'AUDIT_STORE_FULL' }],
      )
      const none = await served({ trail: undefined }, {})
      assert.equal((await fetch(`${none}/v1/health`)).status, 503)
      const answer = await fetch(`${none}/v1/events`, { headers: { 'x-auth-token': 't' } })
      assert.equal(answer.status, 503)
      assert.notEqual(answer.headers.get('retry-after'), null)
      assert.equal((await fetch(`${none}/v1`)).status, 200)
    })
  })

  describe('with clients', () => {
    for (const path of ['/v1/events/export', '/v1/events/export?format=csv', '/v1/events?limit=2000']) {
      it(`that all ask for much at a time hold up nothing else: ${path}`, async () => {
        let inTurn = 0
        let most = 0
        let over = false
        const sample = () => {
          most = Math.max(most, inTurn)
          inTurn = 0
          if (!over) setImmediate(sample)
        }
        const counted = (events: readonly StoredEvent[]) =>
          events.map((event) => ({
            ...event,
            get body() {
              inTurn += 1
              return event.body
            },
          }))
        const pages = pagesOf(2000)
        const store: Partial<AuditStore> = {
          async list(request) {
            const page = await pages.list(request)
            return { ...page, events: counted(page.events) }
          },
          async *export() {
            for (let n = 0; n < 2000; n += 200) {
              yield counted(Array.from({ length: 200 }, (_, at) => storedEvent(n + at)))
            }
          },
        }
        const url = await served({}, store)
        const ask = async () => (await fetch(`${url}${path}`, { headers: { 'x-auth-token': 't' } })).text()
        setImmediate(sample)
        const texts = await Promise.all(Array.from({ length: 8 }, ask))
        over = true
        assert.equal(new Set(texts).size, 1)
        assert.ok((texts[0]?.length ?? 0) > 50_000)
        // A piece of 50 events, whose bodies may be read more than once each.
        assert.ok(most > 0 && most <= 200, `${most} in one turn`)
      })
    }

    it('that are gone stops an export, and waits for slow ones instead of filling the memory', async () => {
      let made = 0
      let ended = false
      const store = {
        async *export() {
          try {
            for (; made < 100_000; made++) yield [storedEvent(made, 'x'.repeat(10_000))]
          } finally {
            ended = true
          }
        },
      }
      const url = await served({}, store as Partial<AuditStore>)
      const request = get(`${url}/v1/events/export`, { headers: { 'x-auth-token': 't' } })
      const [response] = (await once(request, 'response')) as [IncomingMessage]
      response.pause()
      // As much as sockets hold on both sides, then no more.
      let last = -1
      await waitFor(
        'the export to be held',
        () => {
          const held = made > 0 && made === last
          last = made
          return held
        },
        { everyMs: 200 },
      )
      assert.ok(made < 50_000, `${made} made`)
      response.destroy()
      await waitFor('the end of the export', () => ended)
    })

    it('that send an endless address get 414, as far as Node lets them', async () => {
      const { api: own } = apiOver({}, pagesOf(1))
      const server = createServer({ maxHeaderSize: 1_000_000 }, (request, response) =>
        own.handle(request, response, { base: '', target: request.url ?? '/' }),
      )
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(async () => {
        server.closeAllConnections()
        server.close()
      })
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const answer = await fetch(`${url}/v1/events?search=${'x'.repeat(65_536)}`, { headers: { 'x-auth-token': 't' } })
      assert.equal(answer.status, 414)
      const long = await fetch(`${url}/v1/events?search=${'x'.repeat(12_000)}`, { headers: { 'x-auth-token': 't' } })
      assert.equal(long.status, 400)
      // Node itself, with what it takes by default.
      const usual = await served({}, pagesOf(1))
      assert.equal((await fetch(`${usual}/v1/events?search=${'x'.repeat(65_536)}`)).status, 431)
    })

    it('that ask too often get 429 and when to come again; others do not notice', async () => {
      let now = 1_000_000
      const tokens: TokenChecker = {
        knows: (token) => token !== 'bad',
        check: async (token) => (token === 'bad' ? { valid: false } : { valid: true, facts: VIEWER }),
      }
      const url = await served({ tokens, clock: { now: () => now }, rate: { burst: 20, perSecond: 2 } }, pagesOf(1))
      const ask = (token?: string, path = '/v1/events') =>
        fetch(`${url}${path}`, token === undefined ? {} : { headers: { 'x-auth-token': token } })
      for (let n = 0; n < 20; n++) assert.equal((await ask('one')).status, 200)
      const refused = await ask('one')
      assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1'])
      assert.equal((await ask('two')).status, 200)
      now += 1000
      assert.deepEqual(
        [(await ask('one')).status, (await ask('one')).status, (await ask('one')).status],
        [200, 200, 429],
      )
      // Downloads cost more.
      assert.deepEqual(
        [
          (await ask('three', '/v1/events/download')).status,
          (await ask('three', '/v1/events/download')).status,
          (await ask('three', '/v1/events/download')).status,
        ],
        [200, 200, 429],
      )
      // Without a good token an address has a few tries, which others of the address do not pay for.
      const tries = []
      for (let n = 0; n < 8; n++) tries.push((await ask(n % 2 === 0 ? 'bad' : undefined)).status)
      assert.equal(tries[0], 401)
      assert.equal(tries.at(-1), 429)
      assert.equal((await ask('four')).status, 200)
      const other = await served({ tokens, clock: { now: () => now }, rate: { burst: 20, perSecond: 2 } }, pagesOf(1))
      const nameless = []
      for (let n = 0; n < 6; n++) nameless.push((await fetch(`${other}/v1/events`)).status)
      assert.deepEqual(nameless, [401, 401, 401, 401, 429, 429])
      // What needs no token is not counted.
      assert.equal((await ask(undefined, '/v1/health')).status, 200)
    })
  })

  it('lets requests in flight end when it closes, and cuts those that do not', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const pages = pagesOf(3)
    const { url, api: own } = await servedApi(
      {},
      {
        list: async (request) => {
          await held
          return pages.list(request)
        },
        get: () => new Promise(() => {}),
      },
    )
    const ask = (path: string) => fetch(`${url}${path}`, { headers: { 'x-auth-token': 't' } })
    const slow = ask('/v1/events')
    await waitFor('the request', () => own.underWay === 1)
    const closed = own.close(30_000)
    release()
    assert.equal((await slow).status, 200)
    await closed
    const endless = ask('/v1/events/x')
    await waitFor('the request', () => own.underWay === 1)
    const cut = assert.rejects(endless)
    await own.close(10)
    await cut
  })

  function apiOver(options: Partial<HermesOptions>, store: Partial<AuditStore>) {
    const own = hermesApi({
      trail: fakeTrail(store),
      tokens: { knows: () => true, check: async () => ({ valid: true, facts: VIEWER }) },
      policy: compilePolicy(defaultRules({ name: '', domain: '' })),
      cloud: 'one',
      shape: 'flat',
      metrics: false,
      ...options,
    })
    return { api: own }
  }

  async function servedApi(options: Partial<HermesOptions>, store: Partial<AuditStore>) {
    const { api: own } = apiOver(options, store)
    const server = await serve((request, response) =>
      own.handle(request, response, { base: '', target: request.url ?? '/' }),
    )
    closing.push(() => server.close())
    return { url: server.url, api: own }
  }

  async function served(options: Partial<HermesOptions>, store: Partial<AuditStore>): Promise<string> {
    return (await servedApi(options, store)).url
  }
})

const VIEWER: TokenFacts = {
  userId: 'u1',
  projectId: 'p1',
  roles: ['audit_viewer'],
  system: false,
  expiresAt: Number.POSITIVE_INFINITY,
}

function storedEvent(n: number, filling = '') {
  return {
    cloud: 'one',
    id: `e${n}`,
    phase: 'final' as const,
    time: 1_790_000_000_000_000 + n,
    body: JSON.stringify({ id: `e${n}`, filling }),
    notification: {},
    tenants: ['p1'],
    sequence: n + 1,
  }
}

/** A store of so many events, of which pages can be had. */
function pagesOf(count: number): Pick<AuditStore, 'list'> {
  return {
    async list({ offset = 0, after, limit }): Promise<Page> {
      const from = after === undefined ? offset : Number(after)
      const events = Array.from({ length: Math.max(0, Math.min(limit, count - from)) }, (_, n) => storedEvent(from + n))
      return { events, total: count, cursor: String(from + events.length) }
    },
  }
}
