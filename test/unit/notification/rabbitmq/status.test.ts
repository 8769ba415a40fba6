import assert from 'node:assert/strict'
import { showRabbitSource } from '../../../../nodes/openstack-notification-in/rabbitmq-status'
import type { NodeStatus } from '../../../../nodes/shared/status'
import { OperatorError } from '../../../../src/errors/operator-error'
import type { RabbitSource } from '../../../../src/notification/rabbitmq/source'

const shown = (source: Partial<Record<keyof RabbitSource, unknown>>, paused?: string, lateSends = 0): string => {
  let look = ''
  const say = (colour: string) => (text: string) => {
    look = `${colour}: ${text}`
  }
  const status: NodeStatus = {
    connecting: say('yellow ring'),
    ready: say('green dot'),
    busy: say('blue dot'),
    healing: say('red ring'),
    attention: say('red dot'),
    clear: () => {},
  }
  const idle = {
    state: { kind: 'consuming' },
    settings: { prefetch: 250 },
    inFlight: 0,
    deadLetters: 0,
    missingExchanges: [],
    trouble: undefined,
  }
  showRabbitSource({ ...idle, ...source } as unknown as RabbitSource, status, paused, 10_000, lateSends)
  return look
}
const refused = (code: string, retryable: boolean) => new OperatorError(code, 'A sentence.', { retryable })
const waiting = (error: OperatorError) => ({ kind: 'connection', state: { kind: 'waiting', error, retryAt: 13_400 } })

describe('the status of a RabbitMQ source', () => {
  const looks: [string, string, Parameters<typeof shown>[0], string?][] = [
    ['nothing to do', 'green dot: consuming', {}],
    ['messages in the flow', 'blue dot: 12/250 in flight', { inFlight: 12 }],
    ['dead letters', 'blue dot: 12/250 in flight, 3 dead-lettered', { inFlight: 12, deadLetters: 3 }],
    ['an exchange that is not there', 'yellow ring: waits for octavia', { missingExchanges: ['octavia'] }],
    ['an exchange not there, but work', 'blue dot: 1/250 in flight', { inFlight: 1, missingExchanges: ['octavia'] }],
    ['a missing right for one exchange', 'red dot: right missing, see log', { trouble: refused('BUS_RIGHTS', false) }],
    ['a sink that is away', 'red ring: paused: syslog away', { inFlight: 250 }, 'syslog away'],
    ['a sink that stays away', 'red ring: suspended: syslog away', { state: { kind: 'suspended' } }, 'syslog away'],
    [
      'an opening connection',
      'yellow ring: connecting',
      { state: { kind: 'connection', state: { kind: 'connecting' } } },
    ],
    [
      'a broker that is away',
      'red ring: broker away, next try in 4 s',
      { state: waiting(refused('BUS_UNREACHABLE', true)) },
    ],
    ['a wrong password', 'red dot: login refused', { state: waiting(refused('BUS_LOGIN_REFUSED', false)) }],
    [
      'a missing virtual host',
      'red dot: virtual host refused',
      { state: waiting(refused('BUS_VHOST_REFUSED', false)) },
    ],
    [
      'an alarm of the broker',
      'red ring: broker alarm: low on memory',
      { state: { kind: 'connection', state: { kind: 'blocked', reason: 'low on memory' } } },
    ],
    ['queues being declared', 'yellow ring: preparing the queue', { state: { kind: 'preparing' } }],
    [
      'a queue that differs',
      'red dot: queue differs, see log',
      { state: { kind: 'failed', error: refused('BUS_QUEUE_DIFFERS', false), retryAt: 0 } },
    ],
    [
      'a cancelled consumer',
      'red ring: queue missing, next try in 1 s',
      { state: { kind: 'failed', error: refused('BUS_MISSING', true), retryAt: 10_900 } },
    ],
    [
      'an error without a short name',
      'red ring: A sentence., next try in 0 s',
      { state: { kind: 'failed', error: refused('BUS_CHANNEL', true), retryAt: 0 } },
    ],
  ]
  it('tells of messages that the flow sent too late', () => {
    assert.equal(shown({ deadLetters: 1 }, undefined, 7), 'green dot: consuming, 1 dead-lettered, 7 sent late')
  })
  for (const [what, look, source, paused] of looks) {
    it(`with ${what} is ${look}`, () => assert.equal(shown(source, paused), look))
  }
})
