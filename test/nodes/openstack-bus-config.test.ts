import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import helper from 'node-red-node-test-helper'
import register from '../../nodes/openstack-bus-config/openstack-bus-config'
import { BrokerConnection } from '../../src/notification/rabbitmq/connection'
import { freePort } from '../support/free-port'

helper.init(require.resolve('node-red'))

describe('openstack-bus-config', () => {
  let dead: Server | undefined

  beforeEach(() => helper.startServer())
  afterEach(async () => {
    dead?.close()
    dead = undefined
    await helper.unload()
    await helper.stopServer()
  })

  const serviceOf = (id: string): unknown => (helper.getNode(id) as unknown as { service: unknown }).service
  const load = (config: object, credentials: object = {}) =>
    helper.load(register, [{ id: 'bus', type: 'openstack-bus-config', ...config }], { bus: credentials })
  const ask = async (path: string, asked: object) => {
    const { body } = await helper.request().post(`/openstack-bus-config/${path}`).send(asked).expect(200)
    return body as {
      hosts?: { host: string; ok: boolean; text: string; code?: string }[]
      error?: string
      code?: string
    }
  }

  it('offers a connection to where its transport URL says, without opening it', async () => {
    await load({ by: 'url' }, { url: 'rabbit://u:p@ctl1,u:p@ctl2:5673/cloud?ssl=1' })
    const service = serviceOf('bus')
    assert.ok(service instanceof BrokerConnection)
    assert.deepEqual(service.address, {
      hosts: [
        { hostname: 'ctl1', port: 5672, username: 'u', password: 'p' },
        { hostname: 'ctl2', port: 5673, username: 'u', password: 'p' },
      ],
      vhost: 'cloud',
      tls: true,
      ignoredOptions: [],
    })
    assert.equal(service.state.kind, 'closed')
  })

  it('offers a connection to the hosts of its fields', async () => {
    await load({ by: 'fields', hosts: 'ctl1, ctl2:5673', username: 'u', vhost: '', useTls: true }, { password: 'p:/@' })
    const service = serviceOf('bus')
    assert.ok(service instanceof BrokerConnection)
    assert.deepEqual(service.address, {
      hosts: [
        { hostname: 'ctl1', port: 5671, username: 'u', password: 'p:/@' },
        { hostname: 'ctl2', port: 5673, username: 'u', password: 'p:/@' },
      ],
      vhost: '/',
      tls: true,
      ignoredOptions: [],
    })
  })

  const unusable: [string, object, object][] = [
    ['no transport URL', { by: 'url' }, {}],
    ['a transport URL that cannot be read', { by: 'url' }, { url: 'kafka://u:secret-word@ctl1' }],
    ['no hosts', { by: 'fields', hosts: '' }, { password: 'secret-word' }],
    ['a TLS configuration that is not there', { by: 'url', tls: 'gone' }, { url: 'amqps://u:secret-word@ctl1' }],
  ]
  for (const [what, config, credentials] of unusable) {
    it(`with ${what} says so, offers nothing and takes nothing down`, async () => {
      await load(config, credentials)
      assert.equal(serviceOf('bus'), undefined)
      const { error } = helper.getNode('bus') as unknown as { error: { args: unknown[][] } }
      assert.equal(error.args.length, 1)
      assert.doesNotMatch(String(error.args[0]), /secret-word/)
    })
  }

  it('tests what is in the dialog, host by host, with the stored secret where the dialog has none', async () => {
    const port = await freePort()
    await load({ by: 'url' }, { url: `amqp://u:stored-secret@127.0.0.1:${port}/` })
    const answer = await ask('test', { id: 'bus', by: 'url', url: '__PWRD__' })
    assert.deepEqual(answer.hosts, [
      {
        host: `127.0.0.1:${port}`,
        ok: false,
        text: `RabbitMQ at 127.0.0.1:${port} cannot be reached (ECONNREFUSED).`,
        code: 'BUS_UNREACHABLE',
      },
    ])
  })

  it('answers a test of something that is no broker', async () => {
    dead = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const port = await freePort()
    await new Promise<void>((resolve) => dead?.listen(port, '127.0.0.1', resolve))
    await load({ by: 'url' }, { url: 'amqp://u:p@ctl1/' })
    const answer = await ask('test', {
      id: 'bus',
      by: 'fields',
      hosts: `127.0.0.1:${port}`,
      username: 'u',
      password: 'p',
    })
    assert.equal(answer.hosts?.[0]?.ok, false)
  })

  it('asks to deploy first when it shall look for exchanges on a bus that only the editor knows', async () => {
    await load({ by: 'url' }, { url: 'rabbit://u:p@127.0.0.1' })
    for (const id of ['only-in-the-editor', '_ADD_', '']) {
      const { code, error } = await ask('exchanges', { id })
      assert.deepEqual([code, /not deployed yet/.test(error ?? '')], ['BUS_CONFIG', true], `${id}: ${error}`)
    }
  })

  it('says in the test what is wrong with the address', async () => {
    await load({ by: 'url' }, {})
    const answer = await ask('test', { id: 'bus', by: 'url', url: 'rabbit://u:secret-word@' })
    assert.equal(answer.code, 'TRANSPORT_URL')
    assert.doesNotMatch(answer.error ?? '', /secret-word/)
  })
})
