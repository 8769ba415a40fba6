import assert from 'node:assert/strict'
import { parseThrottle, Throttle } from '../../../src/notify/throttle'

describe('a throttle', () => {
  it('is a count and a period', () => {
    assert.deepEqual(parseThrottle('5/10m'), { count: 5, periodMs: 600_000 })
    assert.deepEqual(parseThrottle(' 1 / 2H '), { count: 1, periodMs: 7_200_000 })
    assert.deepEqual(parseThrottle('0/1d'), { count: 0, periodMs: 86_400_000 })
    assert.equal(parseThrottle(''), undefined)
  })

  for (const text of ['5', '5/', '/10m', '5/0m', '-1/1h', '5/10y', '1.5/1h', 'five/1h']) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseThrottle(text), { code: 'NOTIFY_CONFIG' })
    })
  }

  it('lets so many through in any stretch of its period, and tells how many it held back', () => {
    const throttle = new Throttle({ count: 2, periodMs: 1000 })
    throttle.passed('a', 0, 0)
    throttle.passed('a', 500, 0)
    assert.equal(throttle.mayPass('a', 999), false)
    throttle.heldBack('a', 600)
    throttle.heldBack('a', 999)
    assert.equal(throttle.mayPass('a', 1001), true)
    assert.deepEqual(throttle.suppressed('a'), { count: 2, since: '1970-01-01T00:00:00.600Z' })
    throttle.passed('a', 1001, 2)
    assert.equal(throttle.suppressed('a'), undefined)
    assert.equal(throttle.mayPass('a', 1002), false, 'the one of 500 still counts')
  })

  it('counts each key for itself', () => {
    const throttle = new Throttle({ count: 1, periodMs: 1000 })
    throttle.passed('a', 0, 0)
    assert.equal(throttle.mayPass('a', 1), false)
    assert.equal(throttle.mayPass('b', 1), true)
  })

  it('counts those on their way as gone', () => {
    const throttle = new Throttle({ count: 2, periodMs: 1000 })
    throttle.passed('a', 0, 0)
    assert.equal(throttle.mayPass('a', 1, 1), false)
  })

  it('goes on with what was stored', () => {
    const first = new Throttle({ count: 1, periodMs: 1000 })
    first.passed('a', 0, 0)
    const stored = structuredClone(first.heldBack('a', 1))
    const second = new Throttle({ count: 1, periodMs: 1000 }, [['a', stored]])
    assert.equal(second.mayPass('a', 500), false)
    assert.equal(second.suppressed('a')?.count, 1)
  })

  it('keeps what was held back while a report that told of earlier ones was on its way', () => {
    const throttle = new Throttle({ count: 1, periodMs: 1000 })
    throttle.heldBack('a', 0)
    throttle.heldBack('a', 5)
    throttle.passed('a', 10, 1)
    assert.equal(throttle.suppressed('a')?.count, 1)
  })
})
