import assert from 'node:assert/strict'
import type { Link } from '../../../../src/notification/rabbitmq/connection'
import {
  checkQueueName,
  declarations,
  type QueueSettings,
  queueNames,
  rightsNeeded,
} from '../../../../src/notification/rabbitmq/topology'

const settings = (changes: Partial<QueueSettings> = {}): QueueSettings => ({
  queue: 'osx.cloud1',
  type: 'quorum',
  retryDelayMs: 30_000,
  asItIs: false,
  shared: false,
  exchanges: ['neutron'],
  routingKeys: ['notifications.info'],
  ...changes,
})
const linkTo = (major: number, minor: number) => ({ version: [major, minor] }) as unknown as Link
const argumentsOf = (queue: string, changes: Partial<QueueSettings>, version: [number, number] = [3, 13]) =>
  declarations(settings(changes), linkTo(...version)).find(({ name }) => name === queue)?.options.arguments as Record<
    string,
    unknown
  >

describe('the queues of a source', () => {
  it('are named after the queue', () => {
    assert.deepEqual(queueNames(settings()), {
      main: 'osx.cloud1',
      deadLetter: 'osx.cloud1.dead-letter',
      retry: 'osx.cloud1.retry-30s',
      bootMark: 'osx.cloud1.boot-mark',
    })
    assert.equal(queueNames(settings({ retryDelayMs: 1500 })).retry, 'osx.cloud1.retry-1500ms')
  })

  it('are durable, and drop their oldest messages into the dead-letter queue', () => {
    for (const { options } of declarations(settings(), linkTo(3, 10))) assert.equal(options.durable, true)
    assert.deepEqual(argumentsOf('osx.cloud1', { type: 'classic', maxMessages: 10, maxBytes: 1000 }), {
      'x-queue-type': 'classic',
      'x-max-length': 10,
      'x-max-length-bytes': 1000,
      'x-overflow': 'drop-head',
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'osx.cloud1.dead-letter',
    })
  })

  it('have a dead-letter queue that is limited too and drops for good', () => {
    assert.deepEqual(argumentsOf('osx.cloud1.dead-letter', { type: 'classic', maxMessages: 10 }), {
      'x-queue-type': 'classic',
      'x-max-length': 10,
      'x-overflow': 'drop-head',
    })
  })

  it('have a retry queue that gives back after the delay', () => {
    assert.deepEqual(argumentsOf('osx.cloud1.retry-30s', { maxMessages: 10 }), {
      'x-queue-type': 'quorum',
      'x-message-ttl': 30_000,
      'x-dead-letter-exchange': '',
      'x-dead-letter-routing-key': 'osx.cloud1',
      'x-overflow': 'reject-publish',
      'x-dead-letter-strategy': 'at-least-once',
    })
  })

  it('have no delivery limit: before RabbitMQ 4 none is the default, and -1 would lose the first message returned', () => {
    for (const queue of ['osx.cloud1', 'osx.cloud1.dead-letter', 'osx.cloud1.retry-30s']) {
      assert.equal(argumentsOf(queue, {}, [3, 10])['x-delivery-limit'], undefined)
      assert.equal(argumentsOf(queue, {}, [4, 0])['x-delivery-limit'], -1)
      assert.equal(argumentsOf(queue, { type: 'classic' }, [4, 0])['x-delivery-limit'], undefined)
    }
  })

  const names: [string, Partial<QueueSettings>, string | undefined][] = [
    ['osx.cloud1', {}, undefined],
    ['notifications-audit', {}, undefined],
    ['my.notifications.info', {}, undefined],
    ['', {}, 'BUS_QUEUE_NAME'],
    ['  ', {}, 'BUS_QUEUE_NAME'],
    ['amq.mine', {}, 'BUS_QUEUE_NAME'],
    ['q'.repeat(250), {}, 'BUS_QUEUE_NAME'],
    ['notifications', {}, 'BUS_QUEUE_SHARED'],
    ['notifications.info', {}, 'BUS_QUEUE_SHARED'],
    ['notifications.error', {}, 'BUS_QUEUE_SHARED'],
    ['versioned_notifications.info', {}, 'BUS_QUEUE_SHARED'],
    ['notifications.info', { asItIs: true }, 'BUS_QUEUE_SHARED'],
    ['notifications.info', { shared: true }, undefined],
  ]
  for (const [queue, changes, code] of names) {
    const shown = queue.length > 40 ? `${queue.length} letters` : JSON.stringify(queue)
    it(`named ${shown} ${JSON.stringify(changes)} are ${code === undefined ? 'allowed' : `refused: ${code}`}`, () => {
      const check = () => checkQueueName(settings({ queue, ...changes }))
      if (code === undefined) check()
      else assert.throws(check, { code })
    })
  }

  it('need no more rights than they use', () => {
    assert.deepEqual(rightsNeeded(settings({ asItIs: true }), 'u', '/'), {
      user: 'u',
      vhost: '/',
      configure: '^(osx\\.cloud1\\.dead-letter|osx\\.cloud1\\.retry-30s|osx\\.cloud1\\.boot-mark)$',
      write: '^(osx\\.cloud1|osx\\.cloud1\\.dead-letter|osx\\.cloud1\\.retry-30s|amq\\.default)$',
      read: '^(osx\\.cloud1|osx\\.cloud1\\.retry-30s|neutron)$',
    })
    assert.equal(
      rightsNeeded(settings({ queue: 'notifications.info', shared: true }), 'u', '/').read,
      '^(notifications\\.info|notifications\\.info\\.retry-30s)$',
    )
  })
})
