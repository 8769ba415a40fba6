import assert from 'node:assert/strict'
import type { Settlement } from '../../../src/delivery/service'
import { OperatorError } from '../../../src/errors/operator-error'
import { World } from './world'

const gone = (nodeId: string): Settlement => ({
  outcome: 'retry',
  reason: { code: 'DEPLOYED', message: `A deploy stopped node "${nodeId}" while it had the message.`, nodeId },
  countsAttempt: false,
})

describe('a deploy', () => {
  it('gives back what a closing node completes: a delay node calls done for what it throws away', () => {
    const world = new World()
    const it = world.open(world.source(), 'delay')
    world.tracker.flowsStopping()
    const closing = world.remove('delay')
    world.done(closing, it.message)
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('delay'))
  })

  it('gives back what a node completes for another one that is closed next', async () => {
    const world = new World()
    const it = world.open(world.source(), 'next')
    world.tracker.flowsStopping()
    world.done('next', it.message)
    await Promise.resolve()
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('next'))
  })

  it('leaves alone what nodes do that it does not touch, even while others still close', async () => {
    const world = new World()
    const it = world.open(world.source(), 'untouched')
    world.tracker.flowsStopping()
    world.remove('other')
    await Promise.resolve()
    world.done('untouched', it.message)
    world.clock.turn()
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('gives back at once what a node held that says nothing when it is closed', () => {
    const world = new World()
    const it = world.open(world.source(), 'slow')
    world.redeploy('slow')
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('slow'))
  })

  it('does not mistake the new instance of a node for the old one', async () => {
    const world = new World()
    const it = world.open(world.source({ settledByHand: false }), 'a')
    const next = world.pass('a', 'slow', it.message)
    const old = world.node('a')
    world.redeploy('a')
    world.done(old, it.message)
    world.done('slow', next)
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('a'))
  })

  it('gives back what a replaced node still sends into the new flow', async () => {
    const world = new World()
    const it = world.open(world.source(), 'kept')
    const replaced = world.node('replaced')
    world.redeploy('replaced')
    await Promise.resolve()
    const next = world.pass(replaced, 'sink', it.message)
    world.done('kept', it.message)
    world.done('sink', next)
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('replaced'))
  })

  it('gives back what was sent to a node that was missing for a moment', async () => {
    const world = new World()
    const it = world.open(world.source())
    world.tracker.flowsStopping()
    world.remove('b')
    await Promise.resolve()
    world.tracker.flowsStopped()
    world.off.add('b')
    world.tracker.hops.announced(world.wire('a', 'b', it.message))
    world.done('a', it.message)
    world.off.delete('b')
    world.node('b')
    world.tracker.flowsStarted()
    world.clock.advance(1600)
    assert.deepEqual(it.settlement, gone('b'))
  })

  it('gives back what was sent before it and has found nobody', () => {
    const world = new World()
    const it = world.open(world.source())
    world.off.add('b')
    world.tracker.hops.announced(world.wire('a', 'b', it.message))
    world.done('a', it.message)
    world.redeploy()
    world.clock.advance(1600)
    assert.equal(it.settlement?.outcome, 'retry')
  })

  it('gives back what was sent before the flows had started', () => {
    const world = new World({ started: false })
    const source = world.source()
    const settled: unknown[] = []
    const delivery = source.open((settlement) => settled.push(settlement))
    world.off.add('b')
    world.tracker.hops.announced(world.wire('source', 'b', { _delivery: delivery.token }))
    delivery.sent()
    world.clock.advance(1600)
    assert.deepEqual(settled, [gone('b')])
  })

  it('gives back what reaches a node after it was closed', () => {
    const world = new World()
    const it = world.open(world.source())
    const wire = world.wire('a', 'b', it.message)
    const closed = world.node('b')
    world.tracker.hops.announced(wire)
    world.tracker.hops.claimed(wire)
    world.redeploy('b')
    world.tracker.hops.received(it.message, closed)
    world.done('a', it.message)
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('b'))
  })

  it('gives back without a word about errors that came with it', () => {
    const world = new World()
    const it = world.open(world.source(), 'b')
    world.tracker.flowsStopping()
    const closing = world.remove('b')
    world.done(closing, it.message, new Error('closed'))
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('b'))
  })

  it('does not touch what was opened after it', () => {
    const world = new World()
    const source = world.source()
    world.redeploy('a')
    const it = world.open(source)
    world.done('a', it.message)
    world.clock.turn()
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('does not report what a replaced node sends too late', () => {
    const world = new World()
    const late: number[] = []
    const it = world.open(world.source({ onLateSend: (total) => late.push(total) }), 'slow')
    const replaced = world.node('slow')
    world.redeploy('slow')
    world.clock.turn()
    world.pass(replaced, 'sink', it.message)
    assert.deepEqual(late, [])
  })

  it('also gives back what waits for a hand and is lost', () => {
    const world = new World()
    const it = world.open(world.source({ settledByHand: true }), 'slow')
    world.redeploy('slow')
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('slow'))
  })
})

describe('a sink that has begun a write', () => {
  it('may confirm it while it is closed, and what its done then says is nothing new', () => {
    const world = new World()
    const it = world.open(world.source(), 'sink')
    const write = world.tracker.begin(it.delivery.token, 'sink', it.message)
    world.tracker.flowsStopping()
    const closing = world.remove('sink')
    world.tracker.flowsStopped()
    write.confirm()
    world.done(closing, it.message)
    world.clock.turn()
    assert.deepEqual(it.settlements, [{ outcome: 'accepted' }])
  })

  it('must have begun: done alone gives back', () => {
    const world = new World()
    const it = world.open(world.source(), 'sink')
    world.tracker.flowsStopping()
    const closing = world.remove('sink')
    world.done(closing, it.message)
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('sink'))
  })

  it('that fails gives back', () => {
    const world = new World()
    const it = world.open(world.source(), 'sink')
    const write = world.tracker.begin(it.delivery.token, 'sink', it.message)
    world.tracker.flowsStopping()
    world.remove('sink')
    world.tracker.flowsStopped()
    write.fail(new OperatorError('SYSLOG_DOWN', 'Connection reset.'))
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('sink'))
  })

  it('has five seconds', async () => {
    const world = new World()
    const it = world.open(world.source(), 'sink')
    const write = world.tracker.begin(it.delivery.token, 'sink', it.message)
    world.redeploy('sink')
    await Promise.resolve()
    world.clock.advance(4900)
    assert.equal(it.settlement, undefined)
    world.clock.advance(200)
    assert.deepEqual(it.settlement, gone('sink'))
    write.confirm()
    assert.equal(it.settlements.length, 1)
  })

  it('has them from its own deploy on, however shortly before there was another', async () => {
    const world = new World()
    const source = world.source()
    const earlier = world.open(source, 'sink')
    world.tracker.begin(earlier.delivery.token, 'sink', earlier.message)
    world.redeploy('sink')
    await Promise.resolve()
    world.clock.advance(4900)
    const it = world.open(source, 'sink')
    const write = world.tracker.begin(it.delivery.token, 'sink', it.message)
    world.redeploy('sink')
    await Promise.resolve()
    world.clock.advance(4900)
    assert.deepEqual(earlier.settlement, gone('sink'))
    write.confirm()
    world.clock.turn()
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('may end its handler only after it was replaced', async () => {
    const world = new World()
    const it = world.open(world.source(), 'sink')
    world.tracker.begin(it.delivery.token, 'sink', it.message).confirm()
    world.redeploy('sink')
    await Promise.resolve()
    world.clock.turn()
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('completes by done as ever where nothing is deployed', () => {
    const world = new World()
    const it = world.open(world.source(), 'sink')
    world.tracker.begin(it.delivery.token, 'sink', it.message).confirm()
    world.clock.advance(10)
    assert.equal(it.settlement, undefined)
    world.done('sink', it.message)
    world.clock.advance(10)
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('is told apart from its other messages of the same delivery', () => {
    const world = new World()
    const it = world.open(world.source(), 'split')
    const one = world.pass('split', 'sink', { ...it.message, part: 1 })
    const two = world.pass('split', 'sink', { ...it.message, part: 2 })
    world.done('split', it.message)
    const write = world.tracker.begin(it.delivery.token, 'sink', two)
    world.tracker.flowsStopping()
    const closing = world.remove('sink')
    world.tracker.flowsStopped()
    write.confirm()
    world.done(closing, two)
    world.done(closing, one)
    world.clock.turn()
    assert.deepEqual(it.settlement, gone('sink'))
  })

  it('for a message that nobody tracks does what it does', () => {
    const world = new World()
    world.tracker.begin(undefined, 'sink').confirm()
    world.tracker.begin('unknown.1', 'sink', {}).confirm()
  })
})

describe('a source that stops', () => {
  it('gives back what is not being written, and waits for what is', async () => {
    const world = new World()
    const source = world.source()
    const waiting = world.open(source, 'slow')
    const written = world.open(source, 'sink')
    const signal = world.tracker.signal(waiting.delivery.token)
    const write = world.tracker.begin(written.delivery.token, 'sink', written.message)
    const drained = source.drain(5000)
    world.clock.turn()
    await Promise.resolve()
    assert.equal(waiting.settlement?.outcome, 'retry')
    assert.equal(signal?.aborted, true)
    assert.equal(written.settlement, undefined)
    write.confirm()
    world.done('sink', written.message)
    world.clock.advance(1)
    await drained
    assert.deepEqual(written.settlement, { outcome: 'accepted' })
    assert.equal(source.inFlight, 0)
  })

  it('waits no longer than it was told', async () => {
    const world = new World()
    const source = world.source()
    const it = world.open(source, 'sink')
    world.tracker.begin(it.delivery.token, 'sink', it.message)
    const drained = source.drain(5000)
    world.clock.turn()
    await Promise.resolve()
    world.clock.advance(4999)
    assert.equal(it.settlement, undefined)
    world.clock.advance(1)
    await drained
    const [settlement] = it.settlements
    assert.ok(settlement?.outcome === 'retry')
    assert.equal(settlement.countsAttempt, false)
  })

  it('lets settle what has just been finished', async () => {
    const world = new World()
    const source = world.source()
    const it = world.open(source)
    world.done('a', it.message)
    const drained = source.drain(5000)
    world.clock.turn()
    await drained
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('lets settle what is written to its end in the very turn in which it gives back', async () => {
    const world = new World()
    const source = world.source()
    const it = world.open(source, 'sink')
    const write = world.tracker.begin(it.delivery.token, 'sink', it.message)
    const drained = source.drain(5000)
    world.clock.turn()
    write.confirm()
    world.done('sink', it.message)
    // Now it gives back; that nothing is open any more is looked at again in the next turn only.
    await Promise.resolve()
    world.clock.turn()
    await drained
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('closes at once if it must: everything goes back', () => {
    const world = new World()
    const source = world.source()
    const it = world.open(source)
    source.close()
    assert.ok(it.settlement?.outcome === 'retry')
    assert.equal(it.settlement.countsAttempt, false)
    assert.equal(world.tracker.hasSources, false)
  })

  it('gives back what it opens after it was closed', () => {
    const world = new World()
    const source = world.source()
    source.close()
    const it = world.open(source)
    assert.equal(it.settlement, undefined)
    world.clock.turn()
    assert.equal(it.settlements[0]?.outcome, 'retry')
  })
})
