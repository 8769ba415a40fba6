import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { Intake, type IntakeState } from '../../../../src/audit/intake/intake'
import type { Occurrence } from '../../../../src/audit/trail'
import { OperatorError } from '../../../../src/errors/operator-error'
import { type FakeTrail, fakeTrail } from '../../../support/fake-trail'
import { type HandTimers, handTimers } from '../../../support/hand-timers'
import { occurrence } from '../../../support/occurrence'

const of = (id: string): Occurrence => occurrence(id)
const full = () => new OperatorError('AUDIT_STORE_FULL', 'The disk is full.', { retryable: true })
const codeOf = (code: string) => (thrown: unknown) => thrown instanceof OperatorError && thrown.code === code

describe('The intake of the audit store', () => {
  let trail: FakeTrail
  let timers: HandTimers
  let states: IntakeState[]
  let intake: Intake

  beforeEach(() => {
    trail = fakeTrail()
    timers = handTimers()
    states = []
    intake = new Intake({
      keep: (occurrences) => trail.keep(occurrences),
      timers,
      random: () => 0.5,
      soon: setImmediate,
      onState: (state) => states.push(state),
    })
  })

  it('stores the messages of one turn in one call, and answers each with its own', async () => {
    const taken = await Promise.all([
      intake.take({ occurrences: [of('a')] }),
      intake.take({ occurrences: [of('b'), of('a')] }),
      intake.take({ occurrences: [of('c')] }),
    ])
    assert.deepEqual(taken, [['stored'], ['stored', 'repeated'], ['stored']])
    assert.deepEqual(trail.calls, [4])
  })

  it('lets no call grow without bound, nor their number', async () => {
    let waiting: (() => void)[] = []
    trail.before = () => new Promise((resolve) => waiting.push(resolve))
    const taking = Array.from({ length: 6000 }, (_, index) => intake.take({ occurrences: [of(`e${index}`)] }))
    await timers.settle()
    assert.deepEqual(trail.calls, Array(8).fill(500))
    assert.equal(intake.held, 2000)
    while (waiting.length > 0) {
      for (const go of waiting.splice(0)) go()
      await timers.settle()
    }
    waiting = []
    await Promise.all(taking)
    assert.equal(trail.kept.size, 6000)
  })

  it('lets an event that cannot be stored fail alone', async () => {
    trail.before = (occurrences) => {
      if (occurrences.some(({ event }) => event.id === 'bad')) throw new OperatorError('AUDIT_EVENT', 'Too large.')
    }
    const [a, bad, b] = await Promise.allSettled(['a', 'bad', 'b'].map((id) => intake.take({ occurrences: [of(id)] })))
    assert.deepEqual([a?.status, b?.status], ['fulfilled', 'fulfilled'])
    assert.ok(bad?.status === 'rejected' && codeOf('AUDIT_EVENT')(bad.reason))
    assert.deepEqual([...trail.kept.keys()], ['a', 'b'])
    assert.deepEqual(states, [])
  })

  it('holds what can wait while the store is full, refuses the rest, and goes on by itself', async () => {
    trail.before = () => {
      throw full()
    }
    const told: string[] = []
    const patient = (id: string) =>
      intake.take({ occurrences: [of(id)], onWait: (reason) => told.push(`${id}: ${reason}`) })
    const a = patient('a')
    const rejected = assert.rejects(intake.take({ occurrences: [of('b')] }), codeOf('AUDIT_STORE_FULL'))
    await timers.settle()
    await rejected
    const c = patient('c')
    await assert.rejects(intake.take({ occurrences: [of('d')] }), codeOf('AUDIT_STORE_FULL'))
    assert.deepEqual(told, ['a: The disk is full.', 'c: The disk is full.'])
    assert.equal(intake.held, 2)
    assert.deepEqual(
      states.map((state) => state.kind === 'away' && [state.error.code, state.retryAt - timers.now()]),
      [['AUDIT_STORE_FULL', 500]],
    )
    await timers.pass(500)
    assert.equal(states.length, 2, 'the probe failed: away again, for longer')
    trail.before = undefined
    await timers.pass(1000)
    assert.deepEqual([await a, await c], [['stored'], ['stored']])
    assert.deepEqual(states.at(-1), { kind: 'working' })
    assert.deepEqual(await patient('e'), ['stored'])
  })

  it('tries at once when it is told that the store is back', async () => {
    trail.before = () => {
      throw full()
    }
    const a = intake.take({ occurrences: [of('a')], onWait: () => {} })
    await timers.settle()
    trail.before = undefined
    intake.wake()
    assert.deepEqual(await a, ['stored'])
  })

  it('wakes its sources though nothing waits any more', async () => {
    trail.before = () => {
      throw full()
    }
    const controller = new AbortController()
    const begun: string[] = []
    const arrival = (id: string) => ({
      occurrences: [of(id)],
      onWait: () => {},
      signal: () => controller.signal,
      begin: () => begun.push(id),
    })
    const first = assert.rejects(intake.take(arrival('a')), codeOf('AUDIT_STORE_CLOSED'))
    await timers.settle()
    const second = intake.take(arrival('b'))
    controller.abort()
    await first
    assert.equal(await second, 'withdrawn')
    assert.deepEqual(begun, ['a'])
    await timers.pass(500)
    assert.deepEqual(states.at(-1), { kind: 'working' })
    assert.equal(trail.kept.size, 0)
  })

  it('when it is closed lets the store end what it has begun, and gives back what waits', async () => {
    let go: () => void = () => {}
    trail.before = () => new Promise((resolve) => (go = resolve))
    const begun = intake.take({ occurrences: [of('a')], onWait: () => {} })
    await timers.settle()
    const closing = intake.close(5000)
    assert.equal(await intake.take({ occurrences: [of('b')], onWait: () => {} }), 'withdrawn')
    await assert.rejects(intake.take({ occurrences: [of('c')] }), codeOf('AUDIT_STORE_CLOSED'))
    go()
    assert.deepEqual(await begun, ['stored'])
    await closing
  })

  it('does not wait for ever when it is closed', async () => {
    trail.before = () => new Promise(() => {})
    void intake.take({ occurrences: [of('a')] })
    await timers.settle()
    const closing = intake.close(5000)
    await timers.pass(5000)
    await closing
  })
})
