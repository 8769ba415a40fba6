import assert from 'node:assert/strict'
import { type Attempt, backoffMs, type Clock, retryAfterMs, retrying, systemClock } from '../../../src/http/retry'

const clockOf = (random: number) => {
  const waits: number[] = []
  const clock: Clock = {
    now: () => 0,
    random: () => random,
    sleep: (ms) => {
      waits.push(ms)
      return Promise.resolve()
    },
  }
  return { clock, waits }
}

describe('Backing off', () => {
  it('draws each wait from zero to a ceiling that doubles up to the cap', () => {
    const policy = { firstMs: 1000, capMs: 60_000 }
    const ceilings = [1, 2, 3, 6, 7, 100].map((failures) => backoffMs(failures, policy, () => 0.999999) + 1)
    assert.deepEqual(ceilings, [1000, 2000, 4000, 32_000, 60_000, 60_000])
    assert.equal(
      backoffMs(5, policy, () => 0),
      0,
    )
  })

  it('reads Retry-After as seconds or as a date', () => {
    const now = Date.parse('2026-11-21T10:00:00Z')
    assert.equal(retryAfterMs({ 'retry-after': '7' }, now), 7000)
    assert.equal(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT' }, now), 30_000)
    assert.equal(retryAfterMs({ 'retry-after': 'Sat, 21 Nov 2026 09:00:00 GMT' }, now), 0)
    assert.equal(retryAfterMs({ 'retry-after': 'soon' }, now), undefined)
    assert.equal(retryAfterMs({}, now), undefined)
  })
})

describe('Trying again', () => {
  const failing = (waitMs?: number): Attempt<string> => ({ done: false, error: new Error('no'), waitMs })

  it('stops at the first success', async () => {
    const { clock, waits } = clockOf(0.5)
    const answer = await retrying<string>(
      (number) => Promise.resolve(number < 3 ? failing() : { done: true, value: `at ${number}` }),
      { attempts: 5, firstMs: 100, capMs: 1000, clock },
    )
    assert.equal(answer, 'at 3')
    assert.deepEqual(waits, [50, 100])
  })

  it('throws the last error when the tries are used up', async () => {
    const { clock, waits } = clockOf(0)
    await assert.rejects(
      retrying(() => Promise.resolve(failing()), { attempts: 3, firstMs: 1, capMs: 1, clock }),
      /no/,
    )
    assert.equal(waits.length, 2)
  })

  it('waits at least as long as the server asks, and gives up when it asks for too long', async () => {
    const { clock, waits } = clockOf(0)
    const asked = [3000, 120_000]
    await assert.rejects(
      retrying((number) => Promise.resolve(failing(asked[number - 1])), { attempts: 9, firstMs: 1, capMs: 1, clock }),
    )
    assert.deepEqual(waits, [3000])
  })

  it('wakes up when given up', async () => {
    const control = new AbortController()
    const sleeping = systemClock.sleep(60_000, control.signal)
    control.abort()
    await assert.rejects(sleeping, { code: 'HTTP_ABORTED' })
  })
})
