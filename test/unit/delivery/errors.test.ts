import assert from 'node:assert/strict'
import type { Settlement } from '../../../src/delivery/service'
import { OperatorError } from '../../../src/errors/operator-error'
import { World } from './world'

const failure = (nodeId: string, message: string, code = 'FLOW_ERROR'): Settlement => ({
  outcome: 'retry',
  reason: { code, message, nodeId },
  countsAttempt: true,
})

describe('an error', () => {
  it('that a node ends with makes the delivery go back, and counts an attempt', () => {
    const world = new World()
    const it = world.open(world.source())
    world.doneWithError('a', it.message, new Error('no such host'))
    world.clock.turn()
    assert.deepEqual(it.settlement, failure('a', 'no such host'))
  })

  it('waits for the other branches', () => {
    const world = new World()
    const it = world.open(world.source())
    const other = world.pass('source', 'b', { ...it.message })
    world.doneWithError('a', it.message, 'text only')
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('b', other)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, failure('a', 'text only'))
  })

  it('that a handler throws ends its message', () => {
    const world = new World()
    const it = world.open(world.source())
    world.tracker.hops.failed(it.message, world.node('a'), new Error('thrown'), true)
    world.clock.turn()
    assert.deepEqual(it.settlement, failure('a', 'thrown'))
  })

  it('that a node merely reports stands, though the node goes on and completes', () => {
    const world = new World()
    const it = world.open(world.source())
    world.tracker.hops.failed(it.message, world.node('a'), 'ENOTFOUND', false)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('a', it.message)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, failure('a', 'ENOTFOUND'))
  })

  it('of our own carries its code, and says whether trying again can help', () => {
    const world = new World()
    const source = world.source()
    const settle = (error: unknown) => {
      const it = world.open(source)
      world.doneWithError('a', it.message, error)
      world.clock.turn()
      return it.settlement
    }
    assert.deepEqual(
      settle(new OperatorError('SERVICE_DOWN', 'Down.', { retryable: true })),
      failure('a', 'Down.', 'SERVICE_DOWN'),
    )
    assert.deepEqual(settle(new OperatorError('NOT_A_BATCH', 'Wrong shape.')), {
      outcome: 'dead-letter',
      reason: { code: 'NOT_A_BATCH', message: 'Wrong shape.', nodeId: 'a' },
    })
    assert.deepEqual(settle(new OperatorError('UNEXPECTED', 'A bug.')), failure('a', 'A bug.', 'UNEXPECTED'))
  })

  it('is fit for a status and a log: one line, no secrets', () => {
    const world = new World()
    const it = world.open(world.source())
    world.doneWithError('a', it.message, new Error('amqp://guest:geheim@host failed\n\u001b[31mforged line'))
    world.clock.turn()
    assert.ok(it.settlement?.outcome === 'retry')
    assert.equal(it.settlement.reason.message, 'amqp://guest:<redacted>@host failed \\u001b[31mforged line')
  })
})

describe('a catch node', () => {
  for (const [ticked, expected] of [
    [false, failure('a', 'x')],
    [true, { outcome: 'accepted' }],
  ] as const) {
    it(`${ticked ? 'handles' : 'does not handle'} the error it receives if the source ${ticked ? 'ticks' : 'does not tick'} it`, () => {
      const world = new World()
      const it = world.open(world.source({ caughtErrorsCountAsHandled: ticked }))
      world.done('a', it.message, 'x')
      world.tracker.hops.failed(it.message, world.node('a'), 'x', false)
      const caught = { ...it.message, error: { source: { id: 'a' } } }
      world.tracker.hops.received(caught, world.node('catch'))
      world.tracker.hops.caught(caught, 'a', 'x')
      world.clock.advance(10)
      assert.equal(it.settlement, undefined)
      world.done('catch', caught)
      world.clock.advance(10)
      assert.deepEqual(it.settlement, expected)
    })
  }

  it('takes back only the error it received: the same at another node stands', () => {
    const world = new World()
    const it = world.open(world.source({ caughtErrorsCountAsHandled: true }))
    const other = world.pass('source', 'b', { ...it.message })
    world.doneWithError('a', it.message, 'x')
    world.tracker.hops.caught(it.message, 'a', 'x')
    world.doneWithError('b', other, 'y')
    world.clock.turn()
    assert.deepEqual(it.settlement, failure('b', 'y'))
  })

  it('takes back one error of several at the same node', () => {
    const world = new World()
    const it = world.open(world.source({ caughtErrorsCountAsHandled: true }))
    const second = world.pass('source', 'a', { ...it.message })
    world.doneWithError('a', it.message, 'x')
    world.doneWithError('a', second, 'x')
    world.tracker.hops.caught({ ...it.message }, 'a', 'x')
    world.clock.turn()
    assert.deepEqual(it.settlement, failure('a', 'x'))
  })

  it('is proof of an error that nobody else has told', () => {
    const world = new World()
    const it = world.open(world.source())
    world.tracker.hops.caught({ ...it.message }, 'config node', { message: 'lost' })
    world.done('a', it.message)
    world.clock.turn()
    assert.equal(it.settlement?.outcome, 'retry')
  })

  it('sees one error though its two reports come in the other order', () => {
    const world = new World()
    const it = world.open(world.source({ caughtErrorsCountAsHandled: true }))
    world.tracker.hops.failed(it.message, world.node('a'), 'x', false)
    world.tracker.hops.caught({ ...it.message }, 'a', 'x')
    world.done('a', it.message, 'x')
    world.clock.turn()
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })
})
