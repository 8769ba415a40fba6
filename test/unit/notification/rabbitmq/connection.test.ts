import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { ChannelModel, Options } from 'amqplib'
import {
  BrokerConnection,
  type ConnectionState,
  type ConnectionUser,
  type Link,
} from '../../../../src/notification/rabbitmq/connection'
import { parseTransportUrl } from '../../../../src/notification/rabbitmq/transport-url'
import { HandClock } from './clock'

class Model extends EventEmitter {
  readonly connection = { serverProperties: { product: 'RabbitMQ', version: '3.10.8' } }
  closed = false
  close(): Promise<void> {
    this.closed = true
    this.emit('close')
    return Promise.resolve()
  }
}

/** A broker that answers as the test says. */
function scene(url: string) {
  const clock = new HandClock()
  const lines: string[] = []
  const dialled: string[] = []
  const models: Model[] = []
  let answer: () => Model | Error = () => new Model()
  const connection = new BrokerConnection(
    { address: parseTransportUrl(url) },
    {
      clock,
      log: {
        info: (text) => lines.push(`info ${text}`),
        warn: (text) => lines.push(`warn ${text}`),
        error: (text) => lines.push(`error ${text}`),
      },
      connect: (options: Options.Connect) => {
        dialled.push(
          `${options.protocol}://${options.username}:${options.password}@${options.hostname}:${options.port}`,
        )
        const result = answer()
        if (result instanceof Error) return Promise.reject(result)
        models.push(result)
        return Promise.resolve(result as unknown as ChannelModel)
      },
    },
  )
  const links: Link[] = []
  const lost: string[] = []
  const states: ConnectionState[] = []
  const user: ConnectionUser = {
    connected: (link) => links.push(link),
    lost: (error) => lost.push(error.code),
    connectionState: (state) => states.push(state),
  }
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    clock,
    lines,
    dialled,
    models,
    connection,
    user,
    links,
    lost,
    states,
    settled,
    answers: (next: () => Model | Error) => {
      answer = next
    },
  }
}

const refusedConnection = () =>
  Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5672'), { code: 'ECONNREFUSED' })

describe('the connection to a broker', () => {
  it('opens with its first user and closes with its last', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    assert.equal(s.dialled.length, 0)
    const one = s.connection.use(s.user)
    const two = s.connection.use({ ...s.user })
    await s.settled()
    assert.deepEqual(s.dialled, ['amqp://u:p@ctl1:5672'])
    assert.equal(s.links.length, 2)
    one()
    two()
    await s.settled()
    assert.equal(s.models[0]?.closed, true)
    assert.equal(s.connection.state.kind, 'closed')
  })

  it('tells a later user of the link that is there', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    s.connection.use(s.user)
    await s.settled()
    const links: Link[] = []
    s.connection.use({ connected: (link) => links.push(link), lost: () => {} })
    assert.equal(links.length, 1)
    assert.equal(s.dialled.length, 1)
  })

  it('goes from host to host, each with its own credentials', async () => {
    const s = scene('rabbit://a:1@ctl1,b:2@ctl2,c:3@ctl3/')
    s.clock.chance = 0
    s.answers(refusedConnection)
    s.connection.use(s.user)
    await s.settled()
    for (let i = 0; i < 3; i++) {
      s.clock.pass(0)
      await s.settled()
    }
    // It began with a host by chance.
    assert.deepEqual(s.dialled, [
      'amqp://b:2@ctl2:5672',
      'amqp://c:3@ctl3:5672',
      'amqp://a:1@ctl1:5672',
      'amqp://b:2@ctl2:5672',
    ])
  })

  it('logs a state once and counts its repeats', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    s.answers(refusedConnection)
    s.connection.use(s.user)
    await s.settled()
    for (let i = 0; i < 4; i++) {
      s.clock.pass(60_000)
      await s.settled()
    }
    s.answers(() => new Model())
    s.clock.pass(60_000)
    await s.settled()
    assert.deepEqual(s.lines, [
      'warn RabbitMQ at ctl1:5672 cannot be reached (ECONNREFUSED).',
      'info connected to RabbitMQ 3.10.8 at ctl1:5672 after 5 failed attempts (before that, the same 5 times)',
    ])
  })

  it('tries a wrong password slowly and says that a person must act', async () => {
    const s = scene('rabbit://u:hunter22@ctl1/')
    s.answers(
      () => new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - hunter22"'),
    )
    s.connection.use(s.user)
    await s.settled()
    assert.deepEqual(s.clock.waits, [45_000])
    const state = s.states.at(-1)
    assert.ok(state?.kind === 'waiting')
    assert.equal(state.error.retryable, false)
    assert.equal(state.error.code, 'BUS_LOGIN_REFUSED')
    assert.doesNotMatch(s.lines.join(), /hunter22/)
  })

  it('tries a missing virtual host slowly and names it', async () => {
    const s = scene('rabbit://u:p@ctl1/nope')
    s.answers(() => new Error('Expected ConnectionOpenOk; got <ConnectionClose channel:0>'))
    s.connection.use(s.user)
    await s.settled()
    assert.deepEqual(s.clock.waits, [45_000])
    assert.match(s.lines[0] ?? '', /virtual host "nope"/)
  })

  it('makes the link again after a loss and tells its users both', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    s.connection.use(s.user)
    await s.settled()
    s.models[0]?.emit('error', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    s.models[0]?.emit('close')
    assert.deepEqual(s.lost, ['BUS_UNREACHABLE'])
    s.clock.pass(1000)
    await s.settled()
    assert.equal(s.links.length, 2)
  })

  it('takes a close without an error for a loss too', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    s.connection.use(s.user)
    await s.settled()
    s.models[0]?.emit('close')
    assert.equal(s.lost.length, 1)
  })

  it('waits with closing for its users, but not for ever', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    const release = s.connection.use(s.user)
    await s.settled()
    let closed = false
    void s.connection.close().then(() => {
      closed = true
    })
    await s.settled()
    assert.equal(closed, false)
    release()
    await s.settled()
    assert.equal(closed, true)

    const t = scene('rabbit://u:p@ctl1/')
    t.connection.use(t.user)
    await t.settled()
    void t.connection.close(8000)
    t.clock.pass(8000)
    await t.settled()
    assert.equal(t.models[0]?.closed, true)
  })

  it('closes what opens after its users have gone', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    const release = s.connection.use(s.user)
    release()
    await s.settled()
    assert.equal(s.models[0]?.closed, true)
    assert.equal(s.links.length, 0)
  })

  it('shows that the broker has raised an alarm', async () => {
    const s = scene('rabbit://u:p@ctl1/')
    s.connection.use(s.user)
    await s.settled()
    s.models[0]?.emit('blocked', 'low on memory')
    assert.deepEqual(s.states.at(-1), { kind: 'blocked', reason: 'low on memory' })
    s.models[0]?.emit('unblocked')
    assert.equal(s.states.at(-1)?.kind, 'connected')
  })
})
