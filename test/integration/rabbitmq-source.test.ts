import assert from 'node:assert/strict'
import type { ChannelModel, ConfirmChannel, GetMessage } from 'amqplib'
import type { Settlement } from '../../src/delivery/service'
import { systemClock } from '../../src/notification/rabbitmq/backoff'
import type { BindingGap } from '../../src/notification/rabbitmq/binding-watch'
import { BrokerConnection } from '../../src/notification/rabbitmq/connection'
import type { Incoming } from '../../src/notification/rabbitmq/consumer'
import { RabbitSource, type RabbitSourceSettings } from '../../src/notification/rabbitmq/source'
import { parseTransportUrl } from '../../src/notification/rabbitmq/transport-url'
import { type PrivateRabbit, sharedRabbit, uniqueName, until } from '../support/rabbitmq'

const KEY = 'notifications.info'
const ACCEPTED: Settlement = { outcome: 'accepted' }
const FLOW_FAILED: Settlement = {
  outcome: 'retry',
  countsAttempt: true,
  reason: { code: 'FLOW_ERROR', message: 'Qualys\nsaid no', nodeId: 'n1' },
}

describe('the RabbitMQ source against a real broker', function () {
  this.timeout(180_000)
  let broker: PrivateRabbit
  let admin: ChannelModel
  let channel: ConfirmChannel
  const open: Scene[] = []

  before(async () => {
    broker = await sharedRabbit()
  })
  beforeEach(async () => {
    admin = await broker.connect()
    channel = await admin.createConfirmChannel()
    channel.on('error', () => {})
  })
  afterEach(async () => {
    for (const scene of open.splice(0)) await scene.stop()
    await admin.close().catch(() => {})
  })

  /** A running source; `settles` says what becomes of a message. */
  class Scene {
    readonly queue: string
    readonly exchange: string
    readonly seen: Incoming[] = []
    readonly gaps: BindingGap[] = []
    readonly log: string[] = []
    readonly source: RabbitSource
    readonly connection: BrokerConnection
    settles: (incoming: Incoming) => Settlement | undefined = () => ACCEPTED
    #stopped = false

    constructor(settings: Partial<RabbitSourceSettings> = {}, url = broker.transportUrl()) {
      this.queue = settings.queue ?? uniqueName('osx')
      this.exchange = settings.exchanges?.[0] ?? uniqueName('neutron')
      const log = {
        info: (text: string) => this.log.push(`info ${text}`),
        warn: (text: string) => this.log.push(`warn ${text}`),
        error: (text: string) => this.log.push(`error ${text}`),
      }
      const backoff = { firstMs: 200, longestMs: 1000 }
      const surroundings = { clock: systemClock, log }
      this.connection = new BrokerConnection({ address: parseTransportUrl(url), backoff }, surroundings)
      this.source = new RabbitSource(
        this.connection,
        {
          queue: this.queue,
          type: 'classic',
          retryDelayMs: 300,
          asItIs: false,
          shared: false,
          exchanges: [this.exchange],
          routingKeys: [KEY],
          prefetch: 250,
          attempts: 3,
          ...settings,
        },
        {
          message: (incoming) => {
            if (incoming.body.toString().startsWith('gap ')) {
              this.gaps.push(JSON.parse(incoming.body.toString().slice(4)) as BindingGap)
              incoming.settle(ACCEPTED)
              return
            }
            this.seen.push(incoming)
            const settlement = this.settles(incoming)
            if (settlement !== undefined) setImmediate(() => incoming.settle(settlement))
          },
          changed: () => {},
          gapBody: (gap) => `gap ${JSON.stringify(gap)}`,
        },
        { ...surroundings, backoff },
      )
      open.push(this)
      this.source.start()
    }

    get bodies(): string[] {
      return this.seen.map((incoming) => incoming.body.toString())
    }

    consuming(): Promise<unknown> {
      return until('the source consumes', () => this.source.state.kind === 'consuming', 30_000)
    }

    bound(): Promise<unknown> {
      return until('every exchange is bound', () => this.source.missingExchanges.length === 0, 30_000)
    }

    async ready(): Promise<void> {
      await this.consuming()
      await this.bound()
    }

    async stop(drain = async () => {}): Promise<void> {
      if (this.#stopped) return
      this.#stopped = true
      await this.source.close(drain)
      await this.connection.close()
    }
  }

  const declare = (exchange: string, durable = false) => channel.assertExchange(exchange, 'topic', { durable })
  const publish = async (exchange: string, ...bodies: string[]) => {
    for (const body of bodies) channel.publish(exchange, KEY, Buffer.from(body), { persistent: true })
    await channel.waitForConfirms()
  }
  const depth = async (queue: string) => (await channel.checkQueue(queue)).messageCount
  const take = async (queue: string): Promise<GetMessage> => {
    const message = await until(`a message is in ${queue}`, () => channel.get(queue, { noAck: true }))
    return message
  }
  const renew = async () => {
    admin = await broker.connect()
    channel = await admin.createConfirmChannel()
    channel.on('error', () => {})
  }

  describe('its queue', () => {
    it('is durable, bound, and keeps what comes while nobody consumes', async () => {
      const exchange = uniqueName('neutron')
      await declare(exchange)
      const first = new Scene({ exchanges: [exchange] })
      await first.ready()
      await first.stop()
      await publish(exchange, 'while away')
      const second = new Scene({ queue: first.queue, exchanges: [exchange] })
      await until('it is received', () => second.bodies.includes('while away'))
      assert.deepEqual(second.gaps, [])
    })

    it('can be a quorum queue, which returns a message again and again without losing it', async () => {
      const scene = new Scene({ type: 'quorum' })
      await declare(scene.exchange)
      await scene.ready()
      let returns = 0
      scene.settles = () =>
        returns++ < 25
          ? { outcome: 'retry', countsAttempt: false, reason: { code: 'DEPLOYED', message: 'a deploy' } }
          : ACCEPTED
      await publish(scene.exchange, 'kept')
      await until('it is accepted at last', () => returns > 25)
      await scene.stop()
      assert.equal(await depth(scene.queue), 0)
      assert.equal(await depth(`${scene.queue}.dead-letter`), 0)
    })

    it('drops its oldest messages into the dead-letter queue when full, and counts them', async () => {
      const exchange = uniqueName('neutron')
      await declare(exchange)
      const first = new Scene({ exchanges: [exchange], maxMessages: 3 })
      await first.ready()
      await first.stop()
      await publish(exchange, 'm1', 'm2', 'm3', 'm4', 'm5')
      const second = new Scene({ queue: first.queue, exchanges: [exchange], maxMessages: 3 })
      await until('the rest is received', () => second.bodies.length === 3)
      assert.deepEqual(second.bodies, ['m3', 'm4', 'm5'])
      await until('dead letters are counted', () => second.source.deadLetters === 2)
      const dead = await take(`${first.queue}.dead-letter`)
      assert.equal(dead.content.toString(), 'm1')
    })

    it('is refused under a shared name, until it is asked for on purpose', async () => {
      const queue = 'notifications.info'
      await channel.assertQueue(queue, { durable: false })
      const refused = new Scene({ queue })
      await until('it is refused', () => refused.source.state.kind === 'failed')
      assert.ok(refused.source.state.kind === 'failed')
      assert.equal(refused.source.state.error.code, 'BUS_QUEUE_SHARED')
      await refused.stop()
      const asked = new Scene({ queue, shared: true })
      await asked.consuming()
      channel.sendToQueue(queue, Buffer.from('shared'))
      await until('it is received', () => asked.bodies.includes('shared'))
      await asked.stop()
      await channel.deleteQueue(queue)
    })

    it('names the argument in which an existing queue differs, and takes it as it is when told to', async () => {
      const queue = uniqueName('osx')
      await channel.assertQueue(queue, {
        durable: true,
        maxLength: 10,
        deadLetterExchange: '',
        deadLetterRoutingKey: `${queue}.dead-letter`,
        arguments: { 'x-queue-type': 'classic' },
      })
      const scene = new Scene({ queue, maxMessages: 5 })
      await declare(scene.exchange)
      await until('it is refused', () => scene.source.state.kind === 'failed')
      assert.ok(scene.source.state.kind === 'failed')
      const { error } = scene.source.state
      assert.equal(error.code, 'BUS_QUEUE_DIFFERS')
      assert.match(error.message, /exists with x-max-length 10, not 5/)
      assert.equal(error.retryable, false)
      await scene.stop()
      const asItIs = new Scene({ queue, maxMessages: 5, asItIs: true, exchanges: [scene.exchange] })
      await asItIs.ready()
      await publish(scene.exchange, 'x')
      await until('it is received', () => asItIs.bodies.includes('x'))
    })
  })

  describe('rights', () => {
    it('prints the command that grants what is missing, and that command is enough', async () => {
      const user = uniqueName('reader')
      await broker.addUser(user, 'reader-pw', { configure: '^$', write: '^$', read: '^$' })
      const exchange = uniqueName('neutron')
      await declare(exchange)
      const url = broker.transportUrl({ user, password: 'reader-pw' })
      const scene = new Scene({ exchanges: [exchange] }, url)
      await until('it is refused', () => scene.source.state.kind === 'failed')
      assert.ok(scene.source.state.kind === 'failed')
      const { error } = scene.source.state
      assert.equal(error.code, 'BUS_RIGHTS')
      assert.equal(error.retryable, false)
      const command = /rabbitmqctl (set_permissions .*)$/.exec(error.message)?.[1]
      assert.ok(command, error.message)
      const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? '')
      await broker.ctl(...words)
      await scene.ready()
      scene.settles = () => FLOW_FAILED
      await publish(exchange, 'handled')
      const dead = await take(`${scene.queue}.dead-letter`)
      assert.equal(dead.content.toString(), 'handled')
      assert.equal(scene.source.trouble, undefined)
    })

    it('says which exchange may not be bound and goes on with the others', async () => {
      const user = uniqueName('reader')
      const queue = uniqueName('osx')
      const [allowed, forbidden] = [uniqueName('neutron'), uniqueName('nova')]
      await broker.addUser(user, 'reader-pw', {
        configure: `^${queue}`,
        write: `^${queue}|amq.default`,
        read: `^${queue}|${allowed}`,
      })
      await declare(allowed)
      await declare(forbidden)
      const url = broker.transportUrl({ user, password: 'reader-pw' })
      const scene = new Scene({ queue, exchanges: [forbidden, allowed] }, url)
      await scene.consuming()
      await until('the refusal is shown', () => scene.source.trouble?.code === 'BUS_RIGHTS')
      assert.match(
        scene.source.trouble?.message ?? '',
        new RegExp(`bind the queue "${queue}" to the exchange "${forbidden}"`),
      )
      await until('the other is bound', () => scene.source.missingExchanges.join() === forbidden)
      await publish(allowed, 'through')
      await until('it is received', () => scene.bodies.includes('through'))
    })
  })

  describe('exchanges', () => {
    it('are never declared, and bound within a second of their appearance, with the gap on record', async () => {
      const scene = new Scene()
      await scene.consuming()
      await until('it waits', () => scene.log.some((line) => line.includes('waits for the exchanges')))
      // With other attributes than anyone would guess: had the source declared it, this would be refused.
      await channel.assertExchange(scene.exchange, 'topic', { durable: true, autoDelete: true })
      const appeared = Date.now()
      await scene.bound()
      // Looked for every half second; what is there already is looked at every five.
      assert.ok(Date.now() - appeared < 4500)
      await until('the gap is reported', () => scene.gaps.length === 1)
      const [gap] = scene.gaps
      assert.equal(gap?.exchange, scene.exchange)
      assert.equal(gap?.certain, true)
      assert.ok((gap?.from ?? 0) < appeared && (gap?.to ?? 0) >= appeared)
      await publish(scene.exchange, 'late')
      await until('it is received', () => scene.bodies.includes('late'))
    })

    it('are bound again after they were deleted and came back', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      await channel.deleteExchange(scene.exchange)
      await until('the loss is noticed', () => scene.source.missingExchanges.length === 1)
      await declare(scene.exchange)
      await scene.bound()
      await until('the gap is reported', () => scene.gaps.length === 1)
      await publish(scene.exchange, 'again')
      await until('it is received', () => scene.bodies.includes('again'))
    })

    it('that are still missing when the node closes leave a gap up to then', async () => {
      const scene = new Scene()
      await scene.consuming()
      await until('it waits', () => scene.log.some((line) => line.includes('waits for the exchanges')))
      await scene.stop()
      const next = new Scene({ queue: scene.queue, exchanges: [scene.exchange] })
      await until('the gap is received', () => next.gaps.length === 1)
      assert.equal(next.gaps[0]?.exchange, scene.exchange)
    })
  })

  describe('a message', () => {
    it('that failed comes back after the delay with its count, and ends in the dead-letter queue with the reason', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      scene.settles = () => FLOW_FAILED
      await publish(scene.exchange, 'poison')
      const dead = await take(`${scene.queue}.dead-letter`)
      assert.deepEqual(
        scene.seen.map((incoming) => [incoming.attempts, incoming.exchange, incoming.routingKey, incoming.redelivered]),
        [
          [0, scene.exchange, KEY, false],
          [1, scene.exchange, KEY, true],
          [2, scene.exchange, KEY, true],
        ],
      )
      const { headers } = dead.properties
      assert.equal(headers?.['x-osx-reason-code'], 'FLOW_ERROR')
      assert.equal(headers?.['x-osx-reason'], 'Qualys said no')
      assert.equal(headers?.['x-osx-node'], 'n1')
      assert.equal(headers?.['x-osx-attempts'], 3)
      assert.equal(headers?.['x-osx-exchange'], scene.exchange)
      assert.equal(headers?.['x-osx-routing-key'], KEY)
      assert.equal(dead.properties.deliveryMode, 2)
      await scene.stop()
      assert.equal(await depth(scene.queue), 0)
    })

    it('keeps its properties and headers, but for those that would route it elsewhere', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      const elsewhere = uniqueName('elsewhere')
      await channel.assertQueue(elsewhere)
      await scene.ready()
      scene.settles = () => ({ outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'no' } })
      channel.publish(scene.exchange, KEY, Buffer.from('x'), {
        contentType: 'application/json',
        messageId: 'm-1',
        correlationId: 'c-1',
        expiration: 60_000,
        CC: [elsewhere],
        headers: { kept: 'yes', nested: { deep: [1, 'two'] } },
      })
      await channel.waitForConfirms()
      const dead = await take(`${scene.queue}.dead-letter`)
      assert.equal(dead.properties.headers?.['kept'], 'yes')
      assert.deepEqual(dead.properties.headers?.['nested'], { deep: [1, 'two'] })
      assert.equal(dead.properties.messageId, 'm-1')
      assert.equal(dead.properties.correlationId, 'c-1')
      assert.equal(dead.properties.expiration, undefined)
      assert.equal(await depth(elsewhere), 0)
    })

    it('that nobody is to blame for goes back as it is', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      let first = true
      scene.settles = () => {
        if (!first) return ACCEPTED
        first = false
        return { outcome: 'retry', countsAttempt: false, reason: { code: 'DEPLOYED', message: 'a deploy' } }
      }
      await publish(scene.exchange, 'x')
      await until('it comes twice', () => scene.seen.length === 2)
      assert.equal(scene.seen[1]?.attempts, 0)
    })

    it('stays in the queue while its dead-letter queue is gone, which is made again', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      await channel.deleteQueue(`${scene.queue}.dead-letter`)
      scene.settles = () => ({ outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'no' } })
      await publish(scene.exchange, 'x')
      const dead = await until('the dead letter arrives', async () => {
        const probe = await admin.createChannel()
        probe.on('error', () => {})
        return probe.get(`${scene.queue}.dead-letter`, { noAck: true }).catch(() => undefined)
      })
      assert.equal(dead.content.toString(), 'x')
    })

    it('is never in flight more often than the prefetch says', async () => {
      const scene = new Scene({ prefetch: 7 })
      await declare(scene.exchange)
      await scene.ready()
      scene.settles = () => undefined
      await publish(scene.exchange, ...Array.from({ length: 30 }, (_, i) => `m${i}`))
      await until('the window is full', () => scene.seen.length === 7)
      assert.equal(scene.source.inFlight, 7)
      scene.settles = () => ACCEPTED
      for (const incoming of [...scene.seen]) incoming.settle(ACCEPTED)
      await until('all have come', () => scene.seen.length === 30)
    })
  })

  describe('after a fault', () => {
    it('a killed broker: it comes back, binds again what is gone, and tells of the gap', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      const durable = uniqueName('glance')
      await declare(durable, true)
      const other = new Scene({ exchanges: [durable] })
      await scene.ready()
      await other.ready()
      scene.settles = () => undefined
      await publish(scene.exchange, 'm1', 'm2')
      await until('both are in flight', () => scene.seen.length === 2)
      const [held] = scene.seen
      await broker.declarationsOnDisk()
      const killed = Date.now()
      await broker.kill()
      await until('the loss is noticed', () => scene.source.state.kind === 'connection')
      scene.settles = () => ACCEPTED
      await broker.start()
      await scene.consuming()
      await until('both are delivered again', () => scene.seen.length === 4)
      // A tag of the channel that died: must not be used on the new one.
      held?.settle(ACCEPTED)
      await until('it waits for the exchange that was not durable', () => scene.source.missingExchanges.length === 1)
      await renew()
      await declare(scene.exchange)
      await scene.bound()
      await until('the gap is reported', () => scene.gaps.length === 1)
      assert.equal(scene.gaps[0]?.certain, true)
      assert.ok(Math.abs((scene.gaps[0]?.from ?? 0) - killed) < 10_000)
      await publish(scene.exchange, 'm3')
      await until('it is received', () => scene.bodies.includes('m3'))
      assert.equal(scene.source.state.kind, 'consuming')

      // The exchange that was there at once may or may not have been gone: a possible gap.
      await until('the possible gap is reported', () => other.gaps.length === 1)
      assert.equal(other.gaps[0]?.certain, false)
      assert.equal(
        scene.log.filter((line) => /cannot be reached|Unexpected close/.test(line)).length,
        1,
        scene.log.join('\n'),
      )
    })

    it('a broker that was restarted while nobody consumed: the gap has no known beginning', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      await until('the boot mark is left', () => marked(admin, scene.queue))
      await scene.stop()
      await broker.declarationsOnDisk()
      await broker.restart()
      await renew()
      await declare(scene.exchange)
      const next = new Scene({ queue: scene.queue, exchanges: [scene.exchange] })
      // A gap that the first one put on record while it stopped may come as well, with its beginning.
      await until('the gap is reported', () => next.gaps.some(({ from }) => from === undefined))
    })

    it('a closed connection: it comes back without a gap, as the bindings are still there', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      await until('the boot mark is left', () => marked(admin, scene.queue))
      await broker.closeAllConnections()
      await until('the loss is noticed', () =>
        scene.log.some((line) => line.includes('CONNECTION') || line.includes('cannot be')),
      )
      await renew()
      await scene.ready()
      await publish(scene.exchange, 'after')
      await until('it is received', () => scene.bodies.includes('after'))
      assert.deepEqual(scene.gaps, [])
    })

    it('a deleted queue: it is made again, bound, and the gap is told', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      await channel.deleteQueue(scene.queue)
      await until('the gap is reported', () => scene.gaps.length === 1)
      assert.equal(scene.gaps[0]?.certain, true)
      await scene.ready()
      await publish(scene.exchange, 'after')
      await until('it is received', () => scene.bodies.includes('after'))
    })

    it('a channel that the broker closed: what was in flight comes again, the rest goes on', async () => {
      // The broker looks every 60 s for consumers that hold a message for more than 30 minutes; here it is sooner.
      const patience = (limitMs: number, everyMs: number) =>
        broker.evaluate(
          `application:set_env(rabbit, consumer_timeout, ${limitMs}), application:set_env(rabbit, channel_tick_interval, ${everyMs}).`,
        )
      await patience(500, 300)
      try {
        const scene = new Scene()
        await declare(scene.exchange)
        await scene.ready()
        scene.settles = (incoming) => (incoming.redelivered ? ACCEPTED : undefined)
        await publish(scene.exchange, 'held too long')
        await until('it comes again', () => scene.seen.length === 2, 30_000)
        assert.ok(
          scene.log.some((line) => /delivery acknowledgement on channel/.test(line)),
          scene.log.join('\n'),
        )
        assert.equal(scene.seen[1]?.redelivered, true)
        await scene.ready()
        await publish(scene.exchange, 'more')
        await until('it goes on', () => scene.seen.length >= 3)
        assert.deepEqual(scene.gaps, [])
      } finally {
        await patience(1_800_000, 60_000)
      }
    })

    it('a wrong password: it says so, and goes on when it is right', async () => {
      const user = uniqueName('user')
      await broker.addUser(user, 'right-password', { configure: '.*', write: '.*', read: '.*' })
      const scene = new Scene({}, broker.transportUrl({ user, password: 'wrong-password' }))
      await until('it is refused', () => {
        const { state } = scene.source
        return (
          state.kind === 'connection' &&
          state.state.kind === 'waiting' &&
          state.state.error.code === 'BUS_LOGIN_REFUSED'
        )
      })
      assert.doesNotMatch(scene.log.join(), /wrong-password/)
      await broker.ctl('change_password', user, 'wrong-password')
      await scene.consuming()
    })

    it('a missing virtual host: it says so, and goes on when it is there', async () => {
      const vhost = uniqueName('cloud')
      const scene = new Scene({}, broker.transportUrl({ vhost }))
      await until('it is refused', () => {
        const { state } = scene.source
        return (
          state.kind === 'connection' &&
          state.state.kind === 'waiting' &&
          state.state.error.code === 'BUS_VHOST_REFUSED'
        )
      })
      await broker.addVhost(vhost)
      await scene.consuming()
    })
  })

  describe('closing', () => {
    it('stops deliveries, lets the flow finish, and gives back the rest', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      scene.settles = () => undefined
      await publish(scene.exchange, 'm1', 'm2', 'm3')
      await until('they are in flight', () => scene.seen.length === 3)
      await scene.stop(async () => {
        await publish(scene.exchange, 'm4')
        scene.seen[1]?.settle(ACCEPTED)
      })
      assert.equal(scene.seen.length, 3)
      const left = [await take(scene.queue), await take(scene.queue), await take(scene.queue)]
      assert.deepEqual(
        left.map((message) => message.content.toString()),
        ['m1', 'm3', 'm4'],
      )
    })

    it('waits for what is just being put into the dead-letter and retry queues, so that nothing is there twice', async () => {
      const scene = new Scene({ retryDelayMs: 60_000 })
      await declare(scene.exchange)
      await scene.ready()
      scene.settles = () => undefined
      await publish(scene.exchange, 'dead', 'again')
      await until('they are in flight', () => scene.seen.length === 2)
      await scene.stop(async () => {
        scene.seen[0]?.settle({ outcome: 'dead-letter', reason: { code: 'BY_HAND', message: 'no' } })
        scene.seen[1]?.settle(FLOW_FAILED)
      })
      assert.equal(await depth(`${scene.queue}.dead-letter`), 1)
      assert.equal(await depth(`${scene.queue}.retry-60s`), 1)
      assert.equal(await depth(scene.queue), 0)
    })

    it('gives everything back while suspended and goes on after', async () => {
      const scene = new Scene()
      await declare(scene.exchange)
      await scene.ready()
      scene.settles = () => undefined
      await publish(scene.exchange, 'm1')
      await until('it is in flight', () => scene.seen.length === 1)
      scene.source.suspend()
      await until('it is back in the queue', async () => (await depth(scene.queue)) === 1)
      assert.equal(scene.source.state.kind, 'suspended')
      scene.settles = () => ACCEPTED
      scene.source.resume()
      await until('it comes again', () => scene.seen.length === 2)
    })
  })
})

async function marked(model: ChannelModel, queue: string): Promise<boolean> {
  const probe = await model.createChannel()
  probe.on('error', () => {})
  try {
    await probe.checkExchange(`${queue}.boot-mark`)
    await probe.close()
    return true
  } catch {
    return false
  }
}
