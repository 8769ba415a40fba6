import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import type { Node } from 'node-red'
import helper, { type TestFlows } from 'node-red-node-test-helper'
import registerAccount from '../../nodes/keystone-config/keystone-config'
import register from '../../nodes/openstack-request/openstack-request'
import { type LocalServer, serve } from '../support/http-server'
import { statusCalls } from '../support/status-calls'
import { waitFor } from '../support/wait-for'

interface Received {
  readonly payload: unknown
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly parts?: { id: string; index: number; count: number; type: string; parts?: unknown }
  readonly other?: unknown
}
type Failed = Received & { readonly retryAfter?: number; readonly error: { code: string; message: string } }
interface Asked {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

describe('the openstack-request node', () => {
  let cloud: LocalServer
  let asked: Asked[]
  let answer: (asked: Asked) => { status?: number; headers?: Record<string, string>; json?: unknown }
  let received: Received[]
  let failed: Failed[]

  before(async () => {
    helper.init(require.resolve('node-red'))
    await helper.startServer()
  })
  after(async () => {
    await helper.stopServer()
  })
  beforeEach(async () => {
    asked = []
    answer = () => ({ json: { ok: true } })
    cloud = await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (request.url === '/v3/auth/tokens') {
          const expires_at = new Date(Date.now() + 3_600_000).toISOString()
          const catalog = ['compute', 'identity', 'compute'].map((type) => ({
            type,
            endpoints: [{ interface: 'public', region: 'one', url: `${cloud.url}/${type}/v2.1` }],
          }))
          response.writeHead(201, { 'x-subject-token': 'gAAAA-secret-token' })
          response.end(JSON.stringify({ token: { expires_at, catalog, user: { name: 'w' } } }))
          return
        }
        const call = {
          method: request.method ?? '',
          url: request.url ?? '',
          body: Buffer.concat(chunks).toString(),
          headers: request.headers,
        }
        asked.push(call)
        const { status = 200, headers = {}, json } = answer(call)
        response.writeHead(status, headers).end(json === undefined ? '' : JSON.stringify(json))
      })
    })
  })
  afterEach(async () => {
    await helper.unload()
    await cloud.close()
  })

  async function start(config: object = {}): Promise<Node> {
    const flow = [
      { id: 'tab', type: 'tab' },
      { id: 'account', type: 'keystone-config', authUrl: `${cloud.url}/v3`, applicationCredential: 'c' },
      {
        id: 'request',
        z: 'tab',
        type: 'openstack-request',
        account: 'account',
        service: 'compute',
        serviceType: 'str',
        method: 'GET',
        path: '/servers',
        pathType: 'str',
        wires: [['out']],
        ...config,
      },
      { id: 'out', z: 'tab', type: 'helper' },
      { id: 'n-catch', z: 'tab', type: 'catch', scope: ['request'], wires: [['failed']] },
      { id: 'failed', z: 'tab', type: 'helper' },
    ] as TestFlows
    await helper.load([registerAccount, register] as never, flow, { account: { secret: 'secret' } })
    received = []
    failed = []
    helper.getNode('out').on('input', (msg) => received.push(msg as unknown as Received))
    helper.getNode('failed').on('input', (msg) => failed.push(msg as unknown as Failed))
    return helper.getNode('request') as Node
  }
  const outcome = () => waitFor('an outcome', () => received[0] ?? failed[0])
  const statuses = (node: Node) =>
    statusCalls<{ fill: string; shape: string; text: string }>(node).map(
      ([{ fill, shape, text }]) => `${fill} ${shape} ${text}`,
    )

  it('answers in payload, statusCode and headers, and keeps the rest of the message', async () => {
    answer = () => ({ headers: { 'x-openstack-request-id': 'req-7' }, json: { servers: [] } })
    const node = await start({ path: '/servers/{event.target.id}', query: 'project_id={event.target.id}&limit=1' })
    node.receive({ other: 'kept', event: { target: { id: 'a&b' } } } as never)
    await outcome()
    assert.deepEqual(received[0]?.payload, { servers: [] })
    assert.equal(received[0]?.statusCode, 200)
    assert.equal(received[0]?.headers['x-openstack-request-id'], 'req-7')
    assert.equal(received[0]?.other, 'kept')
    assert.equal(asked[0]?.url, '/compute/v2.1/servers/a%26b?project_id=a%26b&limit=1')
    assert.ok(statuses(node).includes('green dot answered 200'))
  })

  it('takes everything from the message where the dialog says so', async () => {
    const node = await start({
      ...{ service: 'to', serviceType: 'msg', method: 'msg', changes: true, path: 'at', pathType: 'msg' },
      ...{ query: 'q', queryType: 'msg', headers: 'h', headersType: 'msg', body: 'b', bodyType: 'msg' },
    })
    node.receive({
      ...{ to: 'identity', method: 'patch', at: '/projects/p', q: { a: [1, 2] }, h: { 'X-Own': 'y' } },
      ...{ b: { project: { enabled: false } }, headers: { cookie: 'not this' } },
    } as never)
    await outcome()
    assert.deepEqual(failed, [])
    const [call] = asked
    assert.equal(`${call?.method} ${call?.url}`, 'PATCH /identity/v2.1/projects/p?a=1&a=2')
    assert.equal(call?.body, '{"project":{"enabled":false}}')
    assert.equal(call?.headers['x-own'], 'y')
    assert.equal(call?.headers.cookie, undefined)
  })

  it('evaluates JSON and expressions', async () => {
    const node = await start({
      ...{ method: 'POST', changes: true, path: '"/servers/" & $string(n)', pathType: 'jsonata' },
      ...{ query: '{"a": true}', queryType: 'json', body: '{"reboot": null}', bodyType: 'json' },
      ...{ headers: '{"x-a": "b"}', headersType: 'json', microversion: '2.79' },
    })
    node.receive({ n: 7 } as never)
    await outcome()
    assert.deepEqual(failed, [])
    assert.equal(asked[0]?.url, '/compute/v2.1/servers/7?a=true')
    assert.equal(asked[0]?.body, '{"reboot":null}')
    assert.equal(asked[0]?.headers['x-a'], 'b')
    assert.equal(asked[0]?.headers['openstack-api-version'], 'compute 2.79')
  })

  it('changes nothing unless that is ticked, and shows so', async () => {
    const node = await start({ method: 'DELETE', path: '/servers/x' })
    assert.ok(statuses(node).includes('red dot changing calls are off'))
    node.receive({} as never)
    await outcome()
    assert.equal(failed[0]?.error.code, 'REQUEST_CHANGES_OFF')
    assert.deepEqual(asked, [])
  })

  it('lets no message lead it away from its service', async () => {
    const node = await start({ path: 'at', pathType: 'msg' })
    for (const at of [`${cloud.url}/identity/v3/users`, '//127.0.0.1/x', '/../../identity/v3/users', '/%2e%2e/x', 7]) {
      failed.length = 0
      node.receive({ at } as never)
      await outcome()
      assert.equal(failed[0]?.error.code, 'REQUEST_PATH')
    }
    assert.deepEqual(asked, [])
  })

  const pages = ({ url }: Asked) => {
    const second = url.includes('marker=')
    const next = [{ rel: 'next', href: `${cloud.url}/compute/v2.1/servers?marker=b` }]
    return { json: second ? { servers: [{ id: 'c' }] } : { servers: [{ id: 'a' }, { id: 'b' }], servers_links: next } }
  }

  it('sends the items of all pages as one array', async () => {
    answer = pages
    const node = await start({ paging: 'array' })
    node.receive({} as never)
    await outcome()
    assert.deepEqual(received[0]?.payload, [{ id: 'a' }, { id: 'b' }, { id: 'c' }])
  })

  it('sends the items of all pages as a sequence, numbered, with nothing shared between the messages', async () => {
    answer = pages
    const node = await start({ paging: 'sequence' })
    node.receive({ other: { of: 'each' }, parts: { id: 'outer', index: 0 } } as never)
    await waitFor('three messages', () => (received.length === 3 ? true : undefined))
    assert.deepEqual(
      received.map(({ payload, parts }) => [(payload as { id: string }).id, parts?.index, parts?.count, parts?.type]),
      [
        ['a', 0, 3, 'array'],
        ['b', 1, 3, 'array'],
        ['c', 2, 3, 'array'],
      ],
    )
    assert.equal(new Set(received.map(({ parts }) => parts?.id)).size, 1)
    assert.deepEqual(received[0]?.parts?.parts, { id: 'outer', index: 0 })
    assert.notEqual(received[0]?.other, received[1]?.other)
  })

  it('tells a catch node what the service answered, and when it may be asked again', async () => {
    answer = () => ({ status: 503, headers: { 'retry-after': '60' }, json: { message: 'busy gAAAA-secret-token' } })
    const node = await start()
    node.receive({ statusCode: 200 } as never)
    await outcome()
    const [{ error, statusCode, retryAfter } = {} as Failed] = failed
    assert.deepEqual([error.code, statusCode, retryAfter], ['OPENSTACK_UNAVAILABLE', 503, 60])
    assert.doesNotMatch(JSON.stringify(failed), /gAAAA-secret-token/)
    assert.ok(statuses(node).includes('red ring OPENSTACK_UNAVAILABLE'))
    answer = () => ({ status: 403, json: { message: 'no' } })
    failed.length = 0
    node.receive({ retryAfter: 60 } as never)
    await outcome()
    assert.deepEqual([failed[0]?.error.code, failed[0]?.statusCode], ['OPENSTACK_FORBIDDEN', 403])
    assert.equal(failed[0]?.retryAfter, undefined)
    assert.ok(statuses(node).includes('red dot OPENSTACK_FORBIDDEN'))
  })

  it('goes on with a missing resource where that is ticked', async () => {
    answer = () => ({ status: 404, json: {} })
    const node = await start({ missing: true })
    node.receive({ payload: 'before' } as never)
    await outcome()
    assert.deepEqual([received[0]?.payload, received[0]?.statusCode], [null, 404])
  })

  it('refuses more than its limit', async () => {
    answer = () => ({ json: { servers: [{ id: 'x'.repeat(200_000) }] } })
    const node = await start({ maxMegabytes: '0.1' })
    node.receive({} as never)
    await outcome()
    assert.equal(failed[0]?.error.code, 'REQUEST_TOO_LARGE')
  })

  it('says that it has no account', async () => {
    const node = await start({ account: '' })
    assert.ok(statuses(node).includes('red dot no account'))
    node.receive({} as never)
    await outcome()
    assert.equal(failed[0]?.error.code, 'REQUEST_NO_ACCOUNT')
  })

  it('tells its dialog the types of the catalogue', async () => {
    await start()
    const ask = (account: unknown) => helper.request().post('/openstack-request/types').send({ account })
    assert.deepEqual((await ask('account').expect(200)).body, { types: ['compute', 'identity'] })
    for (const other of ['request', 'nothing', {}]) {
      const { types, problem } = (await ask(other).expect(200)).body
      assert.deepEqual([types, problem.code], [[], 'REQUEST_NO_ACCOUNT'])
    }
  })
})
