import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { NodeAPI } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import register from '../../nodes/audit-api/audit-api'
import { auditApiSettings, withoutVersion } from '../../nodes/audit-api/settings'
import registerAccount from '../../nodes/keystone-config/keystone-config'
import type { AuditFilter } from '../../src/audit/model'
import { OperatorError } from '../../src/errors/operator-error'
import { TOKENS } from '../support/audit-api'
import { deploy } from '../support/deploy'
import { fakeStoreConfig } from '../support/fake-store-config'
import { type FakeTrail, fakeTrail } from '../support/fake-trail'
import { type LocalServer, serve } from '../support/http-server'
import { waitFor } from '../support/wait-for'

describe('the audit-api node', () => {
  let keystone: LocalServer
  let asked: { token: string; by: string }[]
  let trail: FakeTrail
  let filters: AuditFilter[]
  let hold: Promise<void> | undefined
  /** Of the runtime at hand; the helper puts it behind no server. */
  let httpNode: RequestListener & { readonly _router: { readonly stack: readonly unknown[] } }
  let server: LocalServer

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    asked = []
    filters = []
    hold = undefined
    server = await serve((request, response) => httpNode(request, response))
    keystone = await serve((request, response) => {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      const user = { id: 'u', name: 'u' }
      if (request.method === 'POST') {
        const catalog = [
          { type: 'identity', endpoints: [{ interface: 'public', region: 'one', url: `${keystone.url}/v3` }] },
        ]
        response.writeHead(201, { 'x-subject-token': 'service' })
        response.end(JSON.stringify({ token: { expires_at, user, catalog } }))
        return
      }
      const token = String(request.headers['x-subject-token'])
      asked.push({ token, by: String(request.headers['x-auth-token']) })
      const known = TOKENS[token]
      response.writeHead(known === undefined ? 404 : 200)
      response.end(JSON.stringify(known === undefined ? {} : { token: { expires_at, user, ...known } }))
    })
    trail = fakeTrail({
      async list({ filter }) {
        filters.push(filter)
        await hold
        return { events: [], total: 0 }
      },
    })
  })
  afterEach(async () => {
    await helper.unload()
    await server.close()
    await keystone.close()
  })

  const capture = (RED: NodeAPI) => {
    httpNode = RED.httpNode as unknown as typeof httpNode
  }
  const types = () =>
    [capture, registerAccount, fakeStoreConfig((id) => (id === 'none' ? undefined : trail)), register] as never
  const node = (more: object = {}) => ({
    id: 'api',
    z: 'tab',
    type: 'audit-api',
    store: 'store',
    account: 'account',
    path: '/audit',
    ...more,
  })
  const flow = (...nodes: object[]) =>
    [
      { id: 'tab', type: 'tab' },
      { id: 'account', type: 'keystone-config', authUrl: `${keystone.url}/v3`, applicationCredential: 'c' },
      { id: 'store', type: 'audit-store-config' },
      ...nodes,
    ] as TestFlows

  async function start(...nodes: object[]): Promise<void> {
    await helper.load(types(), flow(...(nodes.length === 0 ? [node()] : nodes)), { account: { secret: 'secret' } })
  }
  const ask = (path: string, token?: string) =>
    fetch(`${server.url}${path}`, token === undefined ? {} : { headers: { 'x-auth-token': token } })
  /** Every call of a method of a node: the helper spies on what all nodes share. */
  const callsOf = <A>(method: 'status' | 'warn' | 'error', id: string): A[] => {
    const spy = (helper.getNode(id) as unknown as Record<string, { thisValues: { id: string }[]; args: [A][] }>)[method]
    return (spy?.args ?? []).filter((_, n) => spy?.thisValues[n]?.id === id).map(([argument]) => argument)
  }
  const statusOf = (id = 'api') => {
    const shown = callsOf<{ fill: string; shape: string; text: string }>('status', id).at(-1)
    return shown === undefined ? '' : `${shown.fill} ${shown.shape} ${shown.text}`
  }

  it('serves the API at its path, with links to it', async () => {
    await start()
    const versions = (await (await ask('/audit/')).json()) as { versions: { links: { href: string }[] }[] }
    assert.equal(versions.versions[0]?.links[0]?.href, `${server.url}/audit/v1/`)
    assert.equal((await ask('/audit/v1/events')).status, 401)
    const answer = await ask('/audit/v1/events', 'viewer-of-p1')
    assert.deepEqual([answer.status, await answer.json()], [200, { events: [], total: 0 }])
    assert.equal((await ask('/audit/none')).status, 404)
    assert.equal((await ask('/v1/events')).status, 404)
    assert.equal(statusOf(), 'green dot serving /audit')
  })

  it('reads the tenants of the store’s cloud unless another is named, and lets tokens check themselves', async () => {
    await start()
    await ask('/audit/v1/events', 'viewer-of-p1')
    assert.deepEqual(filters[0]?.scope, { tenants: ['p1'], cloud: 'lab' })
    assert.deepEqual(asked, [{ token: 'viewer-of-p1', by: 'viewer-of-p1' }])
  })

  it('may check tokens in the account’s name, for another cloud', async () => {
    await start(node({ validate: 'account', cloud: 'other' }))
    await ask('/audit/v1/events', 'viewer-of-p1')
    assert.deepEqual(asked, [{ token: 'viewer-of-p1', by: 'service' }])
    assert.deepEqual(filters[0]?.scope, { tenants: ['p1'], cloud: 'other' })
  })

  it('lets cloud admins read all projects where they are named, and nobody where not', async () => {
    await start(node(), node({ id: 'two', path: '/two', adminProject: 'cloud_admin', adminDomain: 'Default' }))
    assert.equal((await ask('/audit/v1/events?project_id=*', 'cloud-viewer')).status, 403)
    assert.equal((await ask('/two/v1/events?project_id=*', 'cloud-viewer')).status, 200)
  })

  it('takes the operator’s policy over Hermes’', async () => {
    await start(node({ policy: '{"project_viewer": "rule:project_scope and role:member"}' }))
    assert.equal((await ask('/audit/v1/events', 'member-of-p1')).status, 200)
    assert.equal((await ask('/audit/v1/events', 'viewer-of-p1')).status, 403)
  })

  it('serves the page beside the API unless that is off', async () => {
    await start(node(), node({ id: 'two', path: '/two', page: false }))
    const page = await ask('/audit/ui/')
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    assert.equal((await ask('/two/ui/')).status, 404)
  })

  it('serves metrics only where they are wanted', async () => {
    await start(node(), node({ id: 'two', path: '/two', metrics: true }))
    assert.equal((await ask('/audit/metrics')).status, 404)
    assert.equal((await ask('/two/metrics')).status, 200)
  })

  it('shows events in the older shape, and limits requests, as it is told', async () => {
    await start(node({ shape: 'old', perSecond: '1', burst: '3' }))
    const statuses = []
    for (let n = 0; n < 5; n++) statuses.push((await ask('/audit/v1/events', 'viewer-of-p1')).status)
    assert.ok(statuses.includes(429), statuses.join())
  })

  it('says that the version is no part of the path, and leaves it out', async () => {
    await start(node({ path: 'audit/v1/' }))
    assert.equal((await ask('/audit/v1')).status, 200)
    assert.equal(statusOf(), 'green dot serving /audit')
    const warned = callsOf<string>('warn', 'api').join()
    assert.match(warned, /\/v1/)
  })

  it('is a red dot where another node has the path, and takes over when that one goes', async () => {
    await start(node(), node({ id: 'two', adminProject: 'x' }))
    assert.equal(statusOf('api'), 'green dot serving /audit')
    assert.equal(statusOf('two'), 'red dot path in use')
    await deploy(flow(node({ id: 'two', adminProject: 'x' })), 'nodes')
    await waitFor('the second to serve', () => statusOf('two') === 'green dot serving /audit')
    assert.equal((await ask('/audit/v1')).status, 200)
  })

  it('is given back its path in each deploy, and leaves nothing behind', async () => {
    await start()
    const before = httpNode._router.stack.length
    for (let n = 0; n < 5; n++) {
      await deploy(flow(node({ name: `n${n}` })), n % 2 === 0 ? 'full' : 'nodes')
      await waitFor('the API', async () => (await ask('/audit/v1')).status === 200)
    }
    assert.equal(httpNode._router.stack.length, before)
    await deploy(flow(), 'full')
    await waitFor('nothing to be there', async () => (await ask('/audit/v1')).status === 404)
  })

  it('answers what it has begun before it closes', async () => {
    let release = () => {}
    hold = new Promise((resolve) => {
      release = resolve
    })
    await start()
    const answer = ask('/audit/v1/events', 'viewer-of-p1')
    await waitFor('the question to the store', () => filters.length === 1)
    const closed = helper.unload()
    setTimeout(release, 100)
    assert.equal((await answer).status, 200)
    await closed
    await helper.load(types(), flow())
  })

  for (const [what, more, shown] of [
    ['no store', { store: '' }, 'red dot no store'],
    ['a store that is gone', { store: 'gone' }, 'red dot no store'],
    ['no account', { account: '' }, 'red dot no account'],
    ['a path of blanks', { path: '/a b' }, 'red dot AUDIT_API_SETTING'],
    ['a path that goes up', { path: '/a/../b' }, 'red dot AUDIT_API_SETTING'],
    ['a policy that is no JSON', { policy: '{' }, 'red dot POLICY_SYNTAX'],
    ['a policy that cannot be understood', { policy: '{"a": "role:"}' }, 'red dot POLICY_SYNTAX'],
    ['a policy that refers to nothing', { policy: '{"a": "rule:b"}' }, 'red dot POLICY_RULE'],
    ['an address of another kind', { publicUrl: 'ftp://x' }, 'red dot AUDIT_API_SETTING'],
    ['a shape that is none', { shape: 'round' }, 'red dot AUDIT_API_SETTING'],
    ['a limit that is no number', { perSecond: 'many' }, 'red dot AUDIT_API_SETTING'],
  ] as const) {
    it(`with ${what} says so, and the rest goes on`, async () => {
      await start(node(more), node({ id: 'two', path: '/two' }))
      assert.equal(statusOf(), shown)
      assert.equal((await ask('/two/v1')).status, 200)
    })
  }

  it('without a store or account answers 503 to whoever has a token', async () => {
    await start(node({ store: '' }), node({ id: 'two', path: '/two', account: '' }))
    for (const path of ['/audit/v1/events', '/two/v1/events']) {
      const answer = await ask(path, 'viewer-of-p1')
      assert.equal(answer.status, 503)
      assert.notEqual(answer.headers.get('retry-after'), null)
    }
  })

  it('shows the store’s trouble, and that it is over', async () => {
    await start()
    trail.trouble(new OperatorError('AUDIT_STORE_AWAY', 'away', { retryable: true }))
    assert.equal(statusOf(), 'red ring AUDIT_STORE_AWAY')
    trail.trouble(new OperatorError('AUDIT_STORE_DAMAGED', 'damaged'))
    assert.equal(statusOf(), 'red dot AUDIT_STORE_DAMAGED')
    assert.equal((await ask('/audit/v1/health')).status, 503)
    trail.trouble(undefined)
    assert.equal(statusOf(), 'green dot serving /audit')
  })

  it('says that Node-RED serves no HTTP nodes where that is so', async () => {
    helper.settings({ httpNodeRoot: false } as never)
    try {
      await start()
      assert.equal(statusOf(), 'red dot httpNodeRoot is false')
    } finally {
      helper.settings({})
    }
  })

  it('says that httpNodeAuth asks every caller, too', async () => {
    helper.settings({ httpNodeAuth: { user: 'u', pass: 'p' } } as never)
    try {
      await start()
      assert.match(callsOf<string>('warn', 'api').join(), /httpNodeAuth/)
      assert.equal(statusOf(), 'green dot serving /audit')
    } finally {
      helper.settings({})
    }
  })

  it('tells the dialog where Node-RED serves', async () => {
    await start()
    const answer = await helper.request().get('/audit-api/server').expect(200)
    assert.deepEqual(answer.body, { root: '/', auth: false })
  })
})

describe('the settings of audit-api', () => {
  for (const [written, path, stripped] of [
    ['/audit', '/audit', false],
    ['audit/', '/audit', false],
    ['/audit/v1', '/audit', true],
    ['/audit/v1/', '/audit', true],
    ['//a//b', '/a/b', false],
    ['/', '', false],
    ['/v1', '', true],
    ['/v10', '/v10', false],
  ] as const) {
    it(`take "${written}" as "${path}"`, () => assert.deepEqual(withoutVersion(written), { path, stripped }))
  }

  it('take the /v1 off a public address, too', () => {
    assert.equal(
      auditApiSettings({ publicUrl: 'https://x.example/audit/v1/' } as never).publicUrl,
      'https://x.example/audit',
    )
  })

  it('have no limit with 0', () => {
    assert.equal(auditApiSettings({ perSecond: '0' } as never).rate, undefined)
    assert.deepEqual(auditApiSettings({} as never).rate, { perSecond: 20, burst: 200 })
  })
})
