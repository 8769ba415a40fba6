import assert from 'node:assert/strict'
import { World } from './world'

describe('a delivery', () => {
  it('is accepted when the last node has completed, and not before the next turn', () => {
    const world = new World()
    const it = world.open(world.source())
    const next = world.pass('a', 'b', it.message)
    world.done('a', it.message)
    world.clock.turn()
    assert.deepEqual(it.settlements, [])
    world.done('b', next)
    assert.deepEqual(it.settlements, [])
    world.clock.turn()
    assert.deepEqual(it.settlements, [{ outcome: 'accepted' }])
  })

  it('waits for every branch', () => {
    const world = new World()
    const it = world.open(world.source())
    const left = world.pass('a', 'b', it.message)
    const right = world.pass('a', 'c', { ...it.message })
    world.done('a', it.message)
    world.done('b', left)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('c', right)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('goes on if a node sends in the same turn after it has completed', () => {
    const world = new World()
    const it = world.open(world.source())
    world.done('a', it.message)
    const next = world.pass('a', 'b', it.message)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('b', next)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('takes a second done of a node for nothing, even with another message of it at that node', () => {
    const world = new World()
    const it = world.open(world.source(), 'split')
    const first = world.pass('split', 'queue', { ...it.message, part: 1 })
    const second = world.pass('split', 'queue', { ...it.message, part: 2 })
    world.done('split', it.message)
    world.done('queue', first)
    world.done('queue', first)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('queue', second)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('follows a message object that two nodes hold at once', () => {
    const world = new World()
    const it = world.open(world.source(), 'link call')
    world.tracker.hops.received(it.message, world.node('link in'))
    world.done('link in', it.message)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('link call', it.message)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('follows the second of its message objects to two nodes after the first is done with', () => {
    const world = new World()
    const it = world.open(world.source())
    const second = world.pass('a', 'b', { ...it.message })
    world.done('a', it.message)
    const onward = world.pass('b', 'c', second)
    world.done('b', second)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('c', onward)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('counts a message that a node receives without a wire', () => {
    const world = new World()
    const it = world.open(world.source())
    const copy = { ...it.message }
    world.tracker.hops.received(copy, world.node('complete'))
    world.done('a', it.message)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('complete', copy)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('does not settle before its source has sent all of it', () => {
    const world = new World()
    const settled: unknown[] = []
    const delivery = world.source().open((settlement) => settled.push(settlement))
    world.done('a', world.pass('source', 'a', { _delivery: delivery.token }))
    world.clock.advance(10)
    assert.deepEqual(settled, [])
    delivery.sent()
    delivery.sent()
    world.clock.advance(10)
    assert.deepEqual(settled, [{ outcome: 'accepted' }])
  })

  it('is accepted in the next turn if the source is wired to nothing', () => {
    const world = new World()
    world.wireless.add('source')
    const settled: unknown[] = []
    world
      .source()
      .open((settlement) => settled.push(settlement))
      .sent()
    world.clock.turn()
    assert.deepEqual(settled, [{ outcome: 'accepted' }])
  })

  it('is counted as in flight until it settles', () => {
    const world = new World()
    const source = world.source()
    const it = world.open(source)
    assert.equal(source.inFlight, 1)
    world.done('a', it.message)
    world.clock.turn()
    assert.equal(source.inFlight, 0)
  })

  it('keeps apart from other deliveries, and messages without a token change nothing', () => {
    const world = new World()
    const source = world.source()
    const one = world.open(source)
    const two = world.open(source)
    const stranger = world.pass('a', 'b', { payload: 1 })
    world.done('b', stranger)
    world.done('a', one.message)
    world.clock.turn()
    assert.deepEqual(one.settlement, { outcome: 'accepted' })
    assert.equal(two.settlement, undefined)
  })

  it('survives a listener that throws', () => {
    const world = new World()
    const source = world.source()
    const delivery = source.open(() => {
      throw new Error('listener')
    })
    const other = world.open(source)
    world.done('a', world.pass('source', 'a', { _delivery: delivery.token }))
    delivery.sent()
    world.done('a', other.message)
    world.clock.turn()
    assert.deepEqual(other.settlement, { outcome: 'accepted' })
    assert.match(String(world.faults[0]), /listener/)
  })
})

describe('a wire', () => {
  it('counts from the moment something is sent on it, however late another palette lets the receiver be found', () => {
    const world = new World()
    const it = world.open(world.source())
    const wire = world.wire('a', 'b', it.message)
    world.tracker.hops.announced(wire)
    world.node('b')
    world.done('a', it.message)
    world.clock.advance(60_000)
    assert.equal(it.settlement, undefined)
    world.tracker.hops.claimed(wire)
    world.tracker.hops.received(wire.msg, world.node('b'))
    world.done('b', wire.msg)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('to a disabled node is taken back after a second', () => {
    const world = new World()
    const it = world.open(world.source())
    world.off.add('disabled')
    world.tracker.hops.announced(world.wire('a', 'disabled', it.message))
    world.done('a', it.message)
    world.clock.advance(900)
    assert.equal(it.settlement, undefined)
    world.clock.advance(700)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('to a node that should run and does not is an error', () => {
    const world = new World()
    const it = world.open(world.source())
    world.tracker.hops.announced(world.wire('a', 'broken', it.message))
    world.done('a', it.message)
    world.clock.advance(1600)
    assert.deepEqual(it.settlement, {
      outcome: 'retry',
      reason: {
        code: 'NODE_NOT_RUNNING',
        message: 'node "broken" has not started, so the message went nowhere.',
        nodeId: 'broken',
      },
      countsAttempt: true,
    })
  })

  it('may carry a clone: the receiver is recognised by it', () => {
    const world = new World()
    const it = world.open(world.source())
    const wire = world.wire('a', 'b', it.message)
    world.node('b')
    world.tracker.hops.announced(wire)
    wire.msg = { ...it.message }
    world.tracker.hops.claimed(wire)
    world.tracker.hops.received(wire.msg, world.node('b'))
    world.done('a', it.message)
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('b', wire.msg)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it("is the same wire after another palette's hook has put another object in the message's place", () => {
    const world = new World()
    const it = world.open(world.source())
    const wire = world.wire('a', 'b', it.message)
    world.tracker.hops.announced(wire)
    world.tracker.hops.claimed(wire)
    const replaced = { ...it.message }
    world.tracker.hops.received(replaced, world.node('b'))
    world.done('a', it.message)
    world.done('b', replaced)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })
})

describe('where another palette delays onSend', () => {
  it('a delivery is not taken for finished before its messages are heard of', () => {
    const world = new World()
    const settled: unknown[] = []
    const delivery = world.source().open((settlement) => settled.push(settlement))
    delivery.sent()
    world.clock.advance(500)
    const message = world.pass('source', 'a', { _delivery: delivery.token })
    world.done('a', message)
    world.clock.advance(500)
    const next = world.pass('a', 'b', message)
    world.clock.advance(3000)
    assert.deepEqual(settled, [])
    world.done('b', next)
    world.clock.advance(3000)
    assert.deepEqual(settled, [{ outcome: 'accepted' }])
  })
})

describe('a source that had nothing to send', () => {
  it('does not slow down the others', () => {
    const world = new World()
    world
      .source()
      .open(() => {})
      .sent()
    const it = world.open(world.source())
    world.done('a', it.message)
    world.clock.turn()
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('has its delivery accepted all the same', () => {
    const world = new World()
    const settled: unknown[] = []
    world
      .source()
      .open((settlement) => settled.push(settlement))
      .sent()
    world.clock.advance(1000)
    assert.deepEqual(settled, [{ outcome: 'accepted' }])
  })
})

describe('a message sent with a settled token', () => {
  it('is counted and reported to the source with the node that sent it', () => {
    const world = new World()
    const late: unknown[] = []
    const it = world.open(world.source({ onLateSend: (total, nodeId) => late.push([total, nodeId]) }))
    world.done('a', it.message)
    world.clock.turn()
    world.pass('a', 'b', it.message)
    world.pass('a', 'b', it.message)
    assert.deepEqual(late, [
      [1, 'a'],
      [2, 'a'],
    ])
  })

  it('is nobody’s business after a settlement by hand, or with a token of another process', () => {
    const world = new World()
    const late: unknown[] = []
    const it = world.open(world.source({ onLateSend: (total) => late.push(total) }))
    assert.equal(world.tracker.settle(it.delivery.token, { outcome: 'accepted' }, 'ack'), true)
    world.pass('a', 'b', it.message)
    world.pass('a', 'b', { _delivery: 'somebody.1' })
    world.pass('a', 'b', { _delivery: 'no dot' })
    assert.deepEqual(late, [])
  })
})

describe('settling by hand', () => {
  const reason = { code: 'BY_HAND', message: 'asked for by node "ack"', nodeId: 'ack' }

  it('ends a delivery at once and only once', () => {
    const world = new World()
    const it = world.open(world.source())
    assert.equal(world.tracker.settle(it.delivery.token, { outcome: 'dead-letter', reason }, 'ack'), true)
    assert.equal(world.tracker.settle(it.delivery.token, { outcome: 'accepted' }, 'ack'), false)
    world.done('a', it.message)
    world.clock.advance(10)
    assert.deepEqual(it.settlements, [{ outcome: 'dead-letter', reason }])
  })

  it('is refused for unknown tokens and none', () => {
    const world = new World()
    assert.equal(world.tracker.settle('source9.1', { outcome: 'accepted' }, 'ack'), false)
    assert.equal(world.tracker.settle(undefined, { outcome: 'accepted' }, 'ack'), false)
  })

  it('is what a source may insist on: a finished flow does not accept then', () => {
    const world = new World()
    const it = world.open(world.source({ settledByHand: true }))
    world.done('a', it.message)
    world.clock.advance(60_000)
    assert.equal(it.settlement, undefined)
    world.tracker.settle(it.delivery.token, { outcome: 'accepted' }, 'ack')
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })
})
