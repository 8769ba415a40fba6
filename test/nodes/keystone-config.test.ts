import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import { adminEndpoints } from '../../nodes/keystone-config/admin'
import register from '../../nodes/keystone-config/keystone-config'
import type { ServiceNode } from '../../nodes/shared/config-node'
import { NEUTRON } from '../../src/openstack/neutron/paging'
import type { KeystoneSession } from '../../src/openstack/session'
import { type Certificates, makeCertificates } from '../support/certificates'
import { type LocalServer, serve } from '../support/http-server'
import { neutronWorld } from '../support/neutron-world'

const registerTls = require(require.resolve('@node-red/nodes/core/network/05-tls.js'))
const registerProxy = require(require.resolve('@node-red/nodes/core/network/06-httpproxy.js'))

/** Keystone and Neutron in one server; keeps the bodies of logins. */
async function startCloud(tls?: { cert: string; key: string }) {
  const neutron = neutronWorld()
  const logins: unknown[] = []
  const roles = [{ name: 'admin' }]
  const server: LocalServer = await serve((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      if (request.url !== '/v3/auth/tokens') {
        const { status = 200, json } = neutron.answer({ method: 'GET', url: `http://x${request.url}` })
        response.writeHead(status).end(JSON.stringify(json))
        return
      }
      const body = JSON.parse(text)
      logins.push(body.auth.identity)
      if (text.includes('wrong')) {
        response.writeHead(401).end(JSON.stringify({ error: { message: 'no: wrong' } }))
        return
      }
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      const catalog = [{ type: 'network', endpoints: [{ interface: 'public', region: 'one', url: server.url }] }]
      response.writeHead(201, { 'x-subject-token': 'gAAAAtoken' })
      response.end(
        JSON.stringify({
          token: { expires_at, catalog, roles, user: { name: 'watcher' }, project: { id: 'p', name: 'ops' } },
        }),
      )
    })
  }, tls)
  return { server, logins, roles }
}

describe('the keystone-config node', () => {
  let cloud: Awaited<ReturnType<typeof startCloud>>
  let certificates: Certificates

  before(async () => {
    certificates = makeCertificates()
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
    certificates.remove()
  })
  beforeEach(async () => {
    cloud = await startCloud()
  })
  afterEach(async () => {
    await helper.unload()
    await cloud.server.close()
  })

  async function start(config: object = {}, credentials: object = { secret: 's3cret' }, more: object[] = []) {
    const account = {
      id: 'account',
      type: 'keystone-config',
      authUrl: `${cloud.server.url}/v3`,
      applicationCredential: 'c',
    }
    const flow = [...more, { ...account, ...config }] as TestFlows
    await helper.load([registerTls, registerProxy, register] as never, flow, { account: credentials } as never)
    return helper.getNode('account') as Node & ServiceNode<KeystoneSession>
  }
  const ports = (node: ServiceNode<KeystoneSession>) => node.service.request(NEUTRON, { method: 'GET', path: '/ports' })

  it('offers a session that logs in with the application credential', async () => {
    const node = await start()
    assert.equal((await ports(node)).status, 200)
    assert.deepEqual(cloud.logins, [
      { methods: ['application_credential'], application_credential: { id: 'c', secret: 's3cret' } },
    ])
  })

  it('logs in with a password', async () => {
    const config = { authType: 'password', user: 'u', project: 'p', applicationCredential: '' }
    await ports(await start(config, { password: 'pw' }))
    const user = { name: 'u', domain: { name: 'Default' }, password: 'pw' }
    assert.deepEqual(cloud.logins, [{ methods: ['password'], password: { user } }])
  })

  it('exists also when something is missing, and every request says what', async () => {
    const node = await start({}, {})
    await assert.rejects(ports(node), { code: 'KEYSTONE_CONFIGURATION', message: /no secret/ })
    await assert.rejects(node.service.identity(), { code: 'KEYSTONE_CONFIGURATION' })
  })

  it('warns once about a /v2.0 address, and uses v3', async () => {
    const node = await start({ authUrl: `${cloud.server.url}/v2.0/` })
    await ports(node)
    await ports(node)
    const warnings = (node.warn as unknown as { args: [string][] }).args.map(([text]) => text)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /\/v3 is used instead/)
  })

  it('reaches https with a private CA through the tls-config node, and not without it', async () => {
    const secure = await startCloud(certificates.server)
    try {
      const authUrl = `${secure.server.url}/v3`
      const tls = { id: 'tls', type: 'tls-config', ca: `${certificates.directory}/ca.pem`, verifyservercert: true }
      assert.equal((await ports(await start({ authUrl, tls: 'tls' }, undefined, [tls]))).status, 200)
      await helper.unload()
      await assert.rejects(ports(await start({ authUrl })), { code: 'HTTP_TLS', message: /TLS configuration/ })
    } finally {
      await secure.server.close()
    }
  })

  it('refuses to go on without a TLS configuration or proxy that was chosen and is gone', async () => {
    const node = await start({ tls: 'gone', proxy: 'gone' })
    await assert.rejects(ports(node), { code: 'HTTP_CONFIGURATION', message: /TLS configuration.*proxy/ })
    assert.deepEqual(cloud.logins, [])
  })

  it('goes through the http proxy node', async () => {
    const asked: string[] = []
    const proxy = await serve((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`)
      response.writeHead(503).end()
    })
    try {
      const config = { id: 'proxy', type: 'http proxy', url: proxy.url, noproxy: [] }
      const flow = [
        config,
        {
          id: 'account',
          type: 'keystone-config',
          authUrl: 'http://k.invalid/v3',
          applicationCredential: 'c',
          proxy: 'proxy',
        },
      ] as TestFlows
      const credentials = { account: { secret: 's' }, proxy: { username: 'me', password: 'it' } }
      await helper.load([registerProxy, register] as never, flow, credentials as never)
      await assert.rejects(ports(helper.getNode('account') as never), { code: 'KEYSTONE_UNAVAILABLE' })
      assert.equal(asked[0], `POST http://k.invalid/v3/auth/tokens Basic ${Buffer.from('me:it').toString('base64')}`)
    } finally {
      await proxy.close()
    }
  })

  describe('connection test of the dialog', () => {
    const fields = () => ({
      authUrl: `${cloud.server.url}/v3`,
      authType: 'application_credential',
      applicationCredential: 'c',
    })
    const test = (body: object) => helper.request().post('/keystone-config/test').send(body)

    it('tells as whom, where Neutron is, and what the account sees', async () => {
      await start()
      const { body } = await test({ fields: fields(), secrets: { secret: 'typed' } }).expect(200)
      assert.deepEqual(body, {
        user: 'watcher',
        project: 'ops',
        projectId: 'p',
        roles: ['admin'],
        keystone: `${cloud.server.url}/v3`,
        notices: [],
        seesAllProjects: true,
        network: `${cloud.server.url}/v2.0`,
        problems: [],
      })
      assert.equal(JSON.stringify(body).includes('gAAAA'), false)
    })

    it('takes the stored secret where the editor shows only a placeholder', async () => {
      await start()
      await test({ id: 'account', fields: fields(), secrets: { secret: '__PWRD__', password: '' } }).expect(200)
      assert.deepEqual(cloud.logins, [
        { methods: ['application_credential'], application_credential: { id: 'c', secret: 's3cret' } },
      ])
    })

    it('says what is wrong, without the secret', async () => {
      await start()
      const { body } = await test({ fields: fields(), secrets: { secret: 'wrong-secret' } }).expect(400)
      assert.equal(body.code, 'KEYSTONE_LOGIN_REFUSED')
      assert.doesNotMatch(body.message, /wrong-secret/)
      const empty = await test({}).expect(400)
      assert.equal(empty.body.code, 'KEYSTONE_CONFIGURATION')
    })

    it('shows an account that sees its own project only', async () => {
      cloud.roles.splice(0, 1, { name: 'reader' })
      await start()
      const { body } = await test({ fields: fields(), secrets: { secret: 's' } }).expect(200)
      assert.equal(body.seesAllProjects, false)
    })
  })

  describe('import box of the dialog', () => {
    it('reads a clouds.yaml', async () => {
      await start()
      const text = 'clouds: {a: {auth: {auth_url: "http://k", username: u, password: p}}}'
      const { body } = await helper.request().post('/keystone-config/import').send({ text }).expect(200)
      assert.equal(body.accounts[0].fields.user, 'u')
      assert.deepEqual(body.accounts[0].secrets, { password: 'p' })
    })
    it('refuses anything else', async () => {
      await start()
      for (const body of [{}, { text: 'hello' }, { text: { a: 1 } }]) {
        await helper.request().post('/keystone-config/import').send(body).expect(400)
      }
    })
  })

  it('lets only those test and import who may change accounts', () => {
    const guarded: Record<string, unknown> = {}
    const RED = {
      auth: { needsPermission: (permission: string) => permission },
      httpAdmin: { post: (path: string, guard: unknown) => Object.assign(guarded, { [path]: guard }) },
    }
    adminEndpoints(RED as never, () => assert.fail('opened'))
    assert.deepEqual(guarded, {
      '/keystone-config/import': 'keystone-config.write',
      '/keystone-config/test': 'keystone-config.write',
    })
  })

  it('is written so that secrets never go to the browser', () => {
    const html = readFileSync('nodes/keystone-config/keystone-config.html', 'utf8')
    assert.match(html, /credentials: \{\s+password: \{ type: 'password' \},\s+secret: \{ type: 'password' \},\s+\}/)
  })
})
