import assert from 'node:assert/strict'
import type { Answer } from '../../../src/qualys/answer'
import { Gate } from '../../../src/qualys/gate'
import { limitsOf } from '../../../src/qualys/limits'
import { type SkippingClock, skippingClock } from '../../support/skipping-clock'

const root = { name: 'A', text: '', children: [] }
const ok: Answer = { kind: 'ok', root }
const blocked = (why: 'rate' | 'concurrency' | 'maintenance', waitMs?: number): Answer => ({
  kind: 'wait',
  why,
  code: '1',
  message: '',
  ...(waitMs === undefined ? {} : { waitMs }),
})

describe('the turn on an API', () => {
  let clock: SkippingClock
  let gate: Gate
  const run = (answer: Answer = ok, headers: Record<string, string> = {}, options = {}) =>
    gate.run(async () => ({ answer, headers }), options)
  /** How long the next call waits, in seconds. */
  const nextWait = async (options = {}) => {
    const before = clock.now()
    await run(ok, {}, options)
    return (clock.now() - before) / 1000
  }

  beforeEach(() => {
    clock = skippingClock()
    gate = new Gate(clock)
  })

  it('comes one call after the other', async () => {
    const order: string[] = []
    const job = (name: string) =>
      gate.run(async () => {
        order.push(`${name} begins`)
        await new Promise((resolve) => setImmediate(resolve))
        order.push(`${name} ends`)
        return { answer: ok, headers: {} }
      })
    await Promise.all([job('a'), job('b'), job('c')])
    assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('is given back by a call that fails', async () => {
    await assert.rejects(gate.run(() => Promise.reject(new Error('no'))))
    await run()
  })

  it('waits as long as a rate limit says', async () => {
    await run(blocked('rate', 181_000))
    assert.equal(await nextWait(), 181)
    assert.equal(await nextWait(), 0)
  })

  it('waits a minute where a rate limit does not say how long', async () => {
    await run(blocked('rate'))
    assert.equal(await nextWait(), 60)
  })

  it('backs off from 2 to 60 s under a concurrency limit, at least half of it, and starts again after an answer', async () => {
    const waits: number[] = []
    for (let turn = 0; turn < 7; turn += 1) {
      const before = clock.now()
      await run(blocked('concurrency'))
      waits.push((clock.now() - before) / 1000)
    }
    assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 30])
    await run()
    await run(blocked('concurrency'))
    assert.equal(await nextWait(), 1)
  })

  it('adds chance, so that two clients do not meet again', async () => {
    clock = skippingClock(0, 0.999)
    gate = new Gate(clock)
    await run(blocked('concurrency'))
    assert.ok((await nextWait()) > 1.9)
    await run(blocked('rate', 10_000))
    assert.ok((await nextWait()) > 11.9)
  })

  it('waits minutes for maintenance', async () => {
    await run(blocked('maintenance'))
    assert.equal(await nextWait(), 150)
  })

  it('obeys a wait that a good answer announces', async () => {
    await run(ok, { 'x-ratelimit-towait-sec': '12' })
    assert.equal(await nextWait(), 12)
    assert.equal(await nextWait(), 0)
  })

  it('goes on at once when a good answer says 0 seconds, or nothing at all', async () => {
    await run(ok, { 'x-ratelimit-towait-sec': '0', 'x-ratelimit-remaining': '17' })
    assert.equal(await nextWait({ floor: 16 }), 0)
    await run(ok, {})
    assert.equal(await nextWait({ floor: 16 }), 0)
  })

  it('says why and until when it waits', async () => {
    const told: [number, string][] = []
    await run(blocked('rate', 5_000))
    const until = clock.now() + 5_000
    await run(ok, {}, { onWait: (at: number, why: string) => told.push([at, why]) })
    assert.deepEqual(told, [[until, 'rate']])
  })

  it('ends waiting, not the call, when the signal fires', async () => {
    const stop = new AbortController()
    await run(blocked('rate', 5_000))
    stop.abort(new Error('closing'))
    await assert.rejects(run(ok, {}, { signal: stop.signal }), /closing/)
    assert.equal(await nextWait(), 5)
  })

  it('leaves the queue when the signal fires behind another call', async () => {
    let finish = () => {}
    const first = gate.run(
      () =>
        new Promise((resolve) => {
          finish = () => resolve({ answer: ok, headers: {} })
        }),
    )
    const stop = new AbortController()
    const second = run(ok, {}, { signal: stop.signal })
    const third = run()
    stop.abort(new Error('closing'))
    await assert.rejects(second, /closing/)
    finish()
    await first
    await third
  })

  describe('with a floor of remaining calls', () => {
    const left = (remaining: number, more = {}) => ({
      'x-ratelimit-limit': '300',
      'x-ratelimit-window-sec': '3600',
      'x-ratelimit-remaining': String(remaining),
      ...more,
    })

    it('waits until a call of ours leaves the window', async () => {
      await run(ok, left(6))
      clock.advance(600_000)
      await run(ok, left(5))
      // Of two calls in the window the first leaves it 3600 s after it was made, 600 s of which are over.
      assert.equal(await nextWait({ floor: 5 }), 3000)
    })

    it('waits a whole window where it knows of no call of ours', async () => {
      await run(ok, left(2))
      assert.equal(await nextWait({ floor: 5 }), 3600)
    })

    it('does not hold back who asks for no floor', async () => {
      await run(ok, left(0))
      assert.equal(await nextWait(), 0)
    })

    it('knows nothing from an absent header: absent is not 0', async () => {
      await run(ok, {})
      assert.equal(await nextWait({ floor: 5 }), 0)
    })

    it('tells that it is the floor', async () => {
      const told: string[] = []
      await run(ok, left(5))
      await run(ok, {}, { floor: 5, onWait: (_: number, why: string) => told.push(why) })
      assert.deepEqual(told, ['floor'])
    })
  })

  describe('with more than one call at a time', () => {
    it('stays one below what Qualys allows', async () => {
      gate = new Gate(clock, 5)
      await run(ok, { 'x-concurrency-limit-limit': '3', 'x-concurrency-limit-running': '1' })
      let most = 0
      let now = 0
      const job = () =>
        gate.run(async () => {
          now += 1
          most = Math.max(most, now)
          await new Promise((resolve) => setImmediate(resolve))
          now -= 1
          return { answer: ok, headers: {} }
        })
      await Promise.all([job(), job(), job(), job(), job()])
      assert.equal(most, 2)
    })
  })
})

describe('the six figures', () => {
  it('are read from headers; what is absent or no number is absent', () => {
    assert.deepEqual(
      limitsOf({
        'x-ratelimit-limit': '300',
        'x-ratelimit-window-sec': '3600',
        'x-ratelimit-remaining': ' 0 ',
        'x-concurrency-limit-limit': 'many',
        'x-concurrency-limit-running': '',
      }),
      { limit: 300, windowSec: 3600, remaining: 0 },
    )
    assert.deepEqual(limitsOf({}), {})
  })
})
