import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type ChannelModel, type ConsumeMessage, connect } from 'amqplib'
import { demoId } from '../../lab/demo/cloud'
import { type PocketCloud, startPocketCloud } from '../../lab/pocket-cloud'
import { ask, neutronAs, passwordOf } from '../support/pocket-calls'
import { type PrivateRabbit, startRabbit } from '../support/rabbitmq'
import { openEnvelope, recordedLines } from '../support/recorded-neutron'

const created = (body: object) => ({
  security_group_rule: { security_group_id: demoId('group web'), direction: 'ingress', protocol: 'tcp', ...body },
})

describe('What the pocket cloud’s Neutron publishes', () => {
  let cloud: PocketCloud | undefined
  afterEach(async () => {
    await cloud?.close()
    cloud = undefined
  })

  describe('to a real RabbitMQ', () => {
    let rabbit: PrivateRabbit
    let connection: ChannelModel
    before(async function () {
      this.timeout(120_000)
      rabbit = await startRabbit()
    })
    after(() => rabbit.stop())

    async function consume(url: string): Promise<ConsumeMessage[]> {
      connection = await connect(url)
      const channel = await connection.createChannel()
      const messages: ConsumeMessage[] = []
      await channel.consume('notifications.info', (message) => {
        if (message !== null) messages.push(message)
      })
      return messages
    }
    async function until(messages: readonly unknown[], count: number): Promise<void> {
      const end = Date.now() + 20_000
      while (messages.length < count) {
        if (Date.now() > end) throw new Error(`Only ${messages.length} of ${count} messages came.`)
        await wait(20)
      }
    }

    it('arrives in the shared queue with the recorded properties and envelope', async () => {
      const [recorded] = recordedLines()
      cloud = await startPocketCloud({ certificate: false, notifications: { rabbitmq: { url: rabbit.url() } } })
      const messages = await consume(rabbit.url())
      const alice = await neutronAs(cloud, 'alice')
      const rule = created({ port_range_min: 21, port_range_max: 21, description: 'żółw ☃' })
      assert.equal((await alice('POST', '/v2.0/security-group-rules', rule)).status, 201)
      await until(messages, 2)
      const [start, end] = messages as [ConsumeMessage, ConsumeMessage]
      assert.deepEqual([start.fields.exchange, start.fields.routingKey], [recorded?.exchange, recorded?.routingKey])
      const { contentType, contentEncoding, deliveryMode, priority, headers } = start.properties
      assert.deepEqual(
        {
          content_type: contentType,
          content_encoding: contentEncoding,
          headers,
          delivery_mode: deliveryMode,
          priority,
        },
        recorded?.properties,
      )
      const { messageId, timestamp, type, appId } = start.properties
      assert.deepEqual([messageId, timestamp, type, appId], [undefined, undefined, undefined, undefined])
      assert.equal(openEnvelope(start.content.toString()).event_type, 'security_group_rule.create.start')
      const text = end.content.toString()
      assert.deepEqual(Object.keys(openEnvelope(text)).sort(), Object.keys(openEnvelope(recorded?.body ?? '')).sort())
      // ASCII throughout, escaped once for each of the two JSON texts.
      assert.match(text, /^\{"oslo\.version": "2\.0", "oslo\.message": "\{\\"message_id\\": /)
      assert.match(text, /\\\\u017c\\\\u00f3\\\\u0142w \\\\u2603/)
      await connection.close()
    })

    it('goes through an exchange that is not durable, so declaring it otherwise is refused', async () => {
      cloud = await startPocketCloud({ certificate: false, notifications: { rabbitmq: { url: rabbit.url() } } })
      const other = await connect(rabbit.url())
      const channel = await other.createChannel()
      channel.on('error', () => {})
      await assert.rejects(channel.assertExchange('neutron', 'topic', { durable: true }), /406.*durable/)
      await other.close()
    })

    it('waits while the broker is away, as oslo does, and goes out when it is back', async function () {
      this.timeout(120_000)
      cloud = await startPocketCloud({ certificate: false, notifications: { rabbitmq: { url: rabbit.url() } } })
      const alice = await neutronAs(cloud, 'alice')
      await rabbit.kill()
      let answered = false
      const pending = alice('POST', '/v2.0/security-group-rules', created({ port_range_min: 23, port_range_max: 23 }))
      void pending.then(() => {
        answered = true
      })
      await wait(700)
      assert.equal(answered, false)
      await rabbit.start()
      assert.equal((await pending).status, 201)
      const messages = await consume(rabbit.url())
      await until(messages, 2)
      assert.deepEqual(
        messages.map((message) => openEnvelope(message.content.toString()).event_type),
        ['security_group_rule.create.start', 'security_group_rule.create.end'],
      )
      await connection.close()
    })

    it('has Keystone’s beside it, in an exchange that is there once Keystone has something to tell', async () => {
      cloud = await startPocketCloud({ certificate: false, notifications: { rabbitmq: { url: rabbit.url() } } })
      const exchanges = () => rabbit.ctl('list_exchanges', 'name', 'durable')
      assert.doesNotMatch(await exchanges(), /^keystone\b/m)
      const messages = await consume(rabbit.url())
      // Nobody has accepted what the tests before this one left in the shared queue.
      const left = () => messages.filter(({ fields }) => fields.exchange === 'neutron').length
      await until(messages, 2)
      const before = left()
      const body = { auth: { identity: passwordOf('alice', 'wrong') } }
      assert.equal((await ask('POST', `${cloud.urls.keystone}/auth/tokens`, { body })).status, 401)
      await until(messages, before + 1)
      assert.match(await exchanges(), /^keystone\tfalse$/m)
      const [failed] = messages.slice(before) as [ConsumeMessage]
      assert.deepEqual([failed.fields.exchange, failed.fields.routingKey], ['keystone', 'notifications.info'])
      const message = openEnvelope(failed.content.toString())
      assert.deepEqual([message.event_type, message.payload['outcome']], ['identity.authenticate', 'failure'])
      assert.deepEqual(
        Object.keys(message).filter((name) => name.startsWith('_context_')),
        [],
      )
      await connection.close()
    })
  })

  describe('to a log file', () => {
    let folder: string
    let logFile: string
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'pocket-log-'))
      logFile = join(folder, 'neutron.log')
    })
    afterEach(() => rm(folder, { recursive: true, force: true }))

    const notification =
      /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (\d+) INFO oslo\.messaging\.notification\.(\S+) (\[None req-[0-9a-f-]{36} [0-9a-f]{32} [0-9a-f]{32} - - - -\]) (\{.*\})$/

    it('has the recorded line form, among the service’s ordinary lines', async () => {
      const recorded = (await readFile(join(__dirname, '../fixtures/recordings/log-driver/neutron.log'), 'utf8')).split(
        '\n',
      )
      const like = recorded.find((line) => line.includes('notification.security_group_rule.create.end')) ?? ''
      const bare = JSON.parse(notification.exec(like)?.[5] ?? '') as object
      cloud = await startPocketCloud({ certificate: false, notifications: { logFile } })
      const alice = await neutronAs(cloud, 'alice')
      await alice('POST', '/v2.0/security-group-rules', created({ port_range_min: 21, port_range_max: 21 }))
      const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n')
      assert.equal(lines.length, 3)
      const [, , , type, , json] = notification.exec(lines[1] ?? '') ?? []
      assert.equal(type, 'security_group_rule.create.end')
      const message = JSON.parse(json ?? '') as { event_type: string }
      assert.deepEqual(Object.keys(message), Object.keys(bare))
      assert.equal(message.event_type, type)
      assert.match(
        lines[2] ?? '',
        / INFO neutron\.wsgi \[None req-.*"POST \/v2\.0\/security-group-rules HTTP\/1\.1" status: 201 /,
      )
    })

    it('goes on in a new file when the old one was renamed', async () => {
      cloud = await startPocketCloud({ certificate: false, notifications: { logFile } })
      const alice = await neutronAs(cloud, 'alice')
      await alice('GET', '/v2.0/ports')
      await rename(logFile, `${logFile}.1`)
      await alice('GET', '/v2.0/networks')
      assert.match(await readFile(`${logFile}.1`, 'utf8'), /GET \/v2\.0\/ports/)
      assert.match(await readFile(logFile, 'utf8'), /^[^\n]*GET \/v2\.0\/networks[^\n]*\n$/)
    })
  })
})
