import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'mocha'
import type { Node, NodeAPI } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import type { QualysAccountNode } from '../../nodes/qualys-config/account'
import register from '../../nodes/qualys-config/qualys-config'
import { PLATFORMS } from '../../src/qualys/platforms'

const login = { username: 'pocket_ab1', password: 'qualys-pocket' }

describe('the qualys-config node', () => {
  let cloud: PocketCloud

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
  })
  afterEach(async () => {
    await helper.unload()
    await cloud.close()
  })

  const load = async (changes: Record<string, unknown> = {}, credentials: Record<string, string> = login) => {
    const flow = [{ id: 'account', type: 'qualys-config', platform: 'custom', url: cloud.urls.qualys, ...changes }]
    await helper.load(register, flow as TestFlows, { account: credentials })
    return helper.getNode('account') as unknown as QualysAccountNode
  }
  const post = (path: string, body: unknown) =>
    helper
      .request()
      .post(path)
      .send(body as object)
      .then(({ status, body: answer }) => ({ status, answer: answer as Record<string, unknown> }))
  const asked = () => cloud.received.filter(({ request }) => request.service === 'qualys').length

  it('offers its account to other nodes', async () => {
    const node = await load()
    const answer = await node.service?.once({ api: 'list', params: { action: 'list' } })
    assert.equal(answer?.kind, 'ok')
  })

  const unusable: Record<string, [Record<string, unknown>, Record<string, string>]> = {
    'plain http to another machine': [{ url: 'http://qualysapi.qualys.com' }, login],
    'no address': [{ url: '' }, login],
    'a path that is none': [{ pathLaunch: 'https://evil.example/' }, login],
    'no password': [{}, { username: 'pocket_ab1' }],
  }
  for (const [what, [changes, credentials]] of Object.entries(unusable)) {
    it(`says so, exists and offers nothing with ${what}`, async () => {
      const node = await load(changes, credentials)
      assert.equal(node.service, undefined)
      const { args } = (node as unknown as { error: { args: string[][] } }).error
      assert.equal(args.length, 1)
    })
  }

  describe('in its dialog', () => {
    it('offers the platforms', async () => {
      await load()
      const { body } = await helper.request().get('/qualys-config/platforms')
      assert.deepEqual(body, PLATFORMS)
    })

    it('tests what was typed, deployed or not, and lists the option profiles', async () => {
      await load()
      const { status, answer } = await post('/qualys-config/test', {
        id: 'new',
        platform: 'custom',
        url: cloud.urls.qualys,
        ...login,
      })
      assert.equal(status, 200)
      assert.deepEqual(
        (answer['profiles'] as { title: string }[]).map(({ title }) => title),
        ['fast & light', 'Initial Options', 'Open ports'],
      )
      assert.equal((answer['limits'] as { limit: number }).limit, 300)
    })

    it('says what is wrong with the login and shows no password', async () => {
      await load()
      const { status, answer } = await post('/qualys-config/test', {
        platform: 'custom',
        url: cloud.urls.qualys,
        ...{ username: 'pocket_ab1', password: 'not the right one' },
      })
      assert.equal(status, 400)
      assert.equal(answer['code'], 'QUALYS_REFUSED')
      assert.match(String(answer['message']), /Bad Login\/Password/)
      assert.doesNotMatch(String(answer['message']), /not the right one/)
    })

    it('uses the stored password for the deployed address and user', async () => {
      await load()
      const fields = { id: 'account', platform: 'custom', url: cloud.urls.qualys, username: login.username }
      assert.equal((await post('/qualys-config/test', { ...fields, password: '__PWRD__' })).status, 200)
    })

    it('sends the stored password nowhere else', async () => {
      await load({ url: 'https://qualysapi.example.net' })
      const fields = { id: 'account', platform: 'custom', username: login.username, password: '__PWRD__' }
      const { status, answer } = await post('/qualys-config/test', { ...fields, url: cloud.urls.qualys })
      assert.equal(status, 400)
      assert.match(String(answer['message']), /Type the password/)
      const other = await post('/qualys-config/test', {
        ...fields,
        url: 'https://qualysapi.example.net',
        username: 'x',
      })
      assert.equal(other.status, 400)
      assert.equal(asked(), 0)
    })

    it('lets a refused account go on after a test that succeeds', async () => {
      const node = await load()
      cloud.faults.add({ service: 'qualys', page: 'qualys-2000', times: 1 })
      assert.equal((await node.service?.once({ api: 'list', params: { action: 'list' } }))?.kind, 'stop')
      assert.ok(node.service?.stopped)
      const fields = { id: 'account', platform: 'custom', url: cloud.urls.qualys, username: login.username }
      await post('/qualys-config/test', { ...fields, password: '__PWRD__' })
      assert.equal(node.service.stopped, undefined)
    })

    it('lists the option profiles of the deployed account', async () => {
      await load()
      const { status, answer } = await post('/qualys-config/option-profiles', { id: 'account' })
      assert.equal(status, 200)
      assert.equal((answer['profiles'] as unknown[]).length, 3)
    })

    it('says that an account is not deployed', async () => {
      await load()
      for (const body of [{ id: 'other' }, {}, { id: 7 }]) {
        const { status, answer } = await post('/qualys-config/option-profiles', body)
        assert.equal(status, 400)
        assert.equal(answer['code'], 'QUALYS_CONFIG')
      }
    })

    it('guards each endpoint by a permission, and takes secrets by POST only', () => {
      const routes: [method: string, path: string, permission: string][] = []
      const route = (method: string) => (path: string, guard: string) => routes.push([method, path, guard])
      register({
        nodes: { registerType: () => {} },
        httpAdmin: { get: route('GET'), post: route('POST') },
        auth: { needsPermission: (permission: string) => permission },
      } as unknown as NodeAPI)
      assert.deepEqual(routes, [
        ['GET', '/qualys-config/platforms', 'qualys-config.read'],
        ['POST', '/qualys-config/test', 'qualys-config.write'],
        ['POST', '/qualys-config/option-profiles', 'qualys-config.read'],
      ])
    })
  })

  it('ends its waiting when it is closed', async () => {
    const node = await load()
    const { service } = node
    cloud.faults.add({ service: 'qualys', page: 'qualys-1965' })
    const reading = service?.read({ api: 'list', params: { action: 'list' } })
    const failed = assert.rejects(reading ?? Promise.resolve(), { code: /QUALYS_CLOSED|HTTP_ABORTED/ })
    await (node as unknown as Node & { close(): Promise<void> }).close()
    await failed
  })
})
