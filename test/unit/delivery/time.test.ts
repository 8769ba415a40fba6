import assert from 'node:assert/strict'
import { World } from './world'

const MINUTE = 60_000

describe('the deadline', () => {
  it('tells the holder to drop its copy first, then gives back and names who held it', () => {
    const world = new World()
    const order: string[] = []
    const settled: unknown[] = []
    const delivery = world.source().open((settlement) => {
      order.push('settled')
      settled.push(settlement)
    })
    world.pass('source', 'slow', { _delivery: delivery.token })
    delivery.sent()
    world.tracker.signal(delivery.token)?.addEventListener('abort', () => order.push('signal'))
    world.clock.advance(20 * MINUTE - 1)
    assert.deepEqual(order, [])
    world.clock.advance(2)
    assert.deepEqual(order, ['signal', 'settled'])
    assert.deepEqual(settled, [
      {
        outcome: 'retry',
        reason: { code: 'DEADLINE', message: 'Not finished within 20 min; held by node "slow".', nodeId: 'slow' },
        countsAttempt: true,
      },
    ])
  })

  it('is each delivery’s own', () => {
    const world = new World()
    const source = world.source({ deadlineMs: 10_000 })
    const first = world.open(source, 'slow')
    world.clock.advance(6000)
    const second = world.open(source, 'slow')
    const finished = world.open(source, 'a')
    world.done('a', finished.message)
    world.clock.advance(4000)
    assert.equal(first.settlement?.outcome, 'retry')
    assert.equal(second.settlement, undefined)
    world.clock.advance(6000)
    assert.equal(second.settlements[0]?.outcome, 'retry')
    assert.deepEqual(finished.settlements, [{ outcome: 'accepted' }])
  })

  it('is watched again after a while without deliveries', () => {
    const world = new World()
    const source = world.source({ deadlineMs: 10_000 })
    world.done('a', world.open(source).message)
    world.clock.advance(60_000)
    const it = world.open(source, 'slow')
    world.clock.advance(10_000)
    assert.equal(it.settlement?.outcome, 'retry')
  })

  it('does not fire the signal of what was accepted', () => {
    const world = new World()
    const it = world.open(world.source())
    const signal = world.tracker.signal(it.delivery.token)
    world.done('a', it.message)
    world.clock.advance(30 * MINUTE)
    assert.equal(signal?.aborted, false)
    assert.equal(world.tracker.signal(it.delivery.token), undefined)
  })
})

describe('a sink that is away', () => {
  const watched = (world: World) => {
    const told: string[] = []
    const source = world.source({
      onPause: (reason) => told.push(`pause: ${reason}`),
      onResume: () => told.push('resume'),
      onSuspend: (reason) => told.push(`suspend: ${reason}`),
    })
    return { told, source }
  }

  it('pauses the source whose messages it holds, once, and holds them', () => {
    const world = new World()
    const { told, source } = watched(world)
    const other = watched(world)
    const it = world.open(source, 'syslog')
    world.open(other.source, 'elsewhere')
    world.tracker.away(it.delivery.token, 'syslog', 'connection refused')
    world.tracker.away(it.delivery.token, 'syslog', 'connection refused')
    assert.deepEqual(told, ['pause: connection refused'])
    assert.deepEqual(other.told, [])
    world.clock.advance(14 * MINUTE)
    assert.equal(it.settlement, undefined)
  })

  it('lets it resume when it is back', () => {
    const world = new World()
    const { told, source } = watched(world)
    const it = world.open(source, 'syslog')
    world.tracker.away(it.delivery.token, 'syslog', 'refused')
    world.clock.advance(MINUTE)
    world.tracker.back('syslog')
    world.tracker.back('syslog')
    world.done('syslog', it.message)
    world.clock.advance(30 * MINUTE)
    assert.deepEqual(told, ['pause: refused', 'resume'])
    assert.deepEqual(it.settlement, { outcome: 'accepted' })
  })

  it('keeps it paused while another one is away', () => {
    const world = new World()
    const { told, source } = watched(world)
    const it = world.open(source, 'syslog')
    world.tracker.away(it.delivery.token, 'syslog', 'one')
    world.tracker.away(it.delivery.token, 'store', 'two')
    world.tracker.back('syslog')
    assert.deepEqual(told, ['pause: one'])
    world.tracker.back('store')
    assert.deepEqual(told, ['pause: one', 'resume'])
  })

  it('suspends the source after fifteen minutes: everything goes back, no attempt is counted', () => {
    const world = new World()
    const { told, source } = watched(world)
    const it = world.open(source, 'syslog')
    const signal = world.tracker.signal(it.delivery.token)
    world.tracker.away(it.delivery.token, 'syslog', 'refused')
    world.clock.advance(15 * MINUTE)
    assert.deepEqual(told, ['pause: refused', 'suspend: refused'])
    assert.deepEqual(it.settlement, {
      outcome: 'retry',
      reason: { code: 'SINK_AWAY', message: 'refused', nodeId: 'syslog' },
      countsAttempt: false,
    })
    assert.equal(signal?.aborted, true)
    world.tracker.back('syslog')
    assert.deepEqual(told.at(-1), 'resume')
  })

  it('counts no attempt for what it fails meanwhile', () => {
    const world = new World()
    const { source } = watched(world)
    const it = world.open(source, 'syslog')
    world.tracker.away(it.delivery.token, 'syslog', 'refused')
    world.doneWithError('syslog', it.message, new Error('refused'))
    world.clock.turn()
    assert.ok(it.settlement?.outcome === 'retry')
    assert.equal(it.settlement.countsAttempt, false)
  })

  it('is forgotten when a deploy takes it away', () => {
    const world = new World()
    const { told, source } = watched(world)
    const it = world.open(source, 'syslog')
    world.tracker.away(it.delivery.token, 'syslog', 'refused')
    world.redeploy('syslog')
    world.clock.turn()
    assert.deepEqual(told, ['pause: refused', 'resume'])
  })
})
