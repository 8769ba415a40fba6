import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { type Admission, Attempts } from '../../../../src/hermes/page/attempts'

describe('attempts to log in', () => {
  let now = 0
  let attempts: Attempts
  beforeEach(() => {
    now = 1_000_000
    attempts = new Attempts(() => now, { most: 3, windowMs: 60_000, atOnce: 4, capacity: 5 })
  })
  const end = (admission: Admission, how: 'right' | 'wrong' | 'untold') => {
    assert.ok(admission.admitted)
    admission.ended(how)
  }
  const wrong = (address: string) => end(attempts.begin(address), 'wrong')

  it('are refused after too many wrong ones, until the oldest is long enough ago', () => {
    for (let i = 0; i < 3; i++) {
      wrong('a')
      now += 10_000
    }
    const refused = attempts.begin('a')
    assert.deepEqual(refused, { admitted: false, retryAfterMs: 30_000 })
    end(attempts.begin('b'), 'right')
    now += 30_001
    assert.equal(attempts.begin('a').admitted, true)
  })

  it('are counted while they are under way, so that many at once are no way around', () => {
    const open = [attempts.begin('a'), attempts.begin('a'), attempts.begin('a')]
    assert.deepEqual(attempts.begin('a'), { admitted: false, retryAfterMs: 1000 })
    for (const each of open) end(each, 'right')
    assert.equal(attempts.begin('a').admitted, true)
  })

  it('are limited in number at once from everywhere', () => {
    const open = ['a', 'b', 'c', 'd'].map((address) => attempts.begin(address))
    assert.deepEqual(attempts.begin('e'), { admitted: false, retryAfterMs: 1000 })
    end(open[0] as Admission, 'untold')
    assert.equal(attempts.begin('e').admitted, true)
  })

  it('do not count when they were right or when Keystone was away, and a right one forgives nothing', () => {
    for (let i = 0; i < 9; i++) end(attempts.begin('a'), i % 2 ? 'right' : 'untold')
    wrong('a')
    wrong('a')
    end(attempts.begin('a'), 'right')
    wrong('a')
    assert.equal(attempts.begin('a').admitted, false)
  })

  it('are ended once, however often that is said', () => {
    const admission = attempts.begin('a')
    for (let i = 0; i < 3; i++) end(admission, 'wrong')
    assert.equal(attempts.begin('a').admitted, true)
  })

  it('are remembered of so many addresses only, the quietest forgotten first', () => {
    for (const address of ['a', 'b', 'c', 'd', 'e']) for (let i = 0; i < 3; i++) wrong(address)
    wrong('f')
    assert.equal(attempts.begin('a').admitted, true)
    assert.equal(attempts.begin('e').admitted, false)
  })
})
