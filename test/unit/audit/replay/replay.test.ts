import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import type { StoredEvent } from '../../../../src/audit/model'
import type { Pace } from '../../../../src/audit/replay/pace'
import { Replay, type ReplayEnd } from '../../../../src/audit/replay/replay'
import type { Settlement } from '../../../../src/delivery/service'
import { type HandTimers, handTimers } from '../../../support/hand-timers'

const ACCEPTED: Settlement = { outcome: 'accepted' }
const failed = (countsAttempt: boolean): Settlement => ({
  ...{ outcome: 'retry', countsAttempt },
  reason: { code: 'FLOW_ERROR', message: 'no' },
})

function stored(id: string, ms: number): StoredEvent {
  return {
    ...{ cloud: 'lab', id, phase: 'final', time: ms * 1000, body: '{}', notification: {}, tenants: [], sequence: 1 },
  }
}

describe('A replay', () => {
  let timers: HandTimers
  /** Of each event that was sent, when, in ms since the start. */
  let sent: [id: string, at: number][]
  let settle: Map<string, (settlement: Settlement) => void>
  let answer: ((id: string) => Settlement | undefined) | undefined
  let pages: number

  beforeEach(() => {
    timers = handTimers(0)
    sent = []
    settle = new Map()
    answer = () => ACCEPTED
    pages = 0
  })

  async function* paged(events: readonly StoredEvent[], size: number): AsyncGenerator<readonly StoredEvent[]> {
    for (let at = 0; at < events.length; at += size) {
      pages += 1
      yield events.slice(at, at + size)
    }
  }

  function replay(events: readonly StoredEvent[], pace: Pace = { kind: 'free' }, window = 100): Replay {
    return new Replay({
      ...{ pace, window, attempts: 3, timers, random: () => 0.5, onChange: () => {} },
      events: paged(events, 2),
      send: ({ id }) => {
        sent.push([id, timers.now()])
        const known = answer?.(id)
        return known === undefined ? new Promise((resolve) => settle.set(id, resolve)) : Promise.resolve(known)
      },
    })
  }
  const events = (...times: readonly number[]) => times.map((ms, index) => stored(`e${index}`, ms))
  const times = () => sent.map(([, at]) => at)
  const ended = async (running: Promise<ReplayEnd>): Promise<ReplayEnd> => {
    await timers.settle()
    return running
  }

  it('sends so many a second', async () => {
    const running = replay(events(0, 0, 0, 0, 0), { kind: 'rate', perSecond: 4 }).run()
    await timers.pass(2000)
    assert.deepEqual(times(), [0, 250, 500, 750, 1000])
    assert.deepEqual(await ended(running), { sent: 5, done: 5, failed: 0, inFlight: 0, stopped: false })
  })

  it('keeps the time between events, so many times faster', async () => {
    const running = replay(events(1_000_000, 1_001_000, 1_001_500, 1_061_500), { kind: 'original', times: 10 }).run()
    await timers.pass(10_000)
    assert.deepEqual(times(), [0, 100, 150, 6150])
    await ended(running)
  })

  it('never has more in the flow than the window, nor reads further than it must', async () => {
    answer = undefined
    const running = replay(events(...Array(10).fill(0)), { kind: 'free' }, 3).run()
    await timers.settle()
    assert.deepEqual(sent.length, 3)
    assert.equal(pages, 2)
    settle.get('e1')?.(ACCEPTED)
    await timers.settle()
    assert.equal(sent.length, 4)
    answer = () => ACCEPTED
    for (const one of settle.values()) one(ACCEPTED)
    assert.equal((await ended(running)).done, 10)
  })

  it('pauses for a person and for a sink that is away, and goes on at its pace', async () => {
    const run = replay(events(0, 0, 0, 0, 0, 0), { kind: 'rate', perSecond: 1 })
    const running = run.run()
    await timers.pass(1500)
    run.pause('person')
    run.pause('sink')
    await timers.pass(60_000)
    assert.equal(sent.length, 2)
    assert.equal(run.paused, 'person')
    run.resume('person')
    await timers.pass(1000)
    assert.equal(sent.length, 2, 'the sink is still away')
    run.resume('sink')
    await timers.pass(10_000)
    assert.deepEqual(times().slice(2), [62_500, 63_500, 64_500, 65_500])
    await ended(running)
  })

  it('sends an event again where the flow fails, gives it up after its attempts, and goes on', async () => {
    answer = (id) => (id === 'e1' ? failed(true) : ACCEPTED)
    const running = replay(events(0, 0, 0)).run()
    await timers.pass(60_000)
    assert.equal(sent.filter(([id]) => id === 'e1').length, 3)
    assert.deepEqual(await ended(running), { sent: 3, done: 2, failed: 1, inFlight: 0, stopped: false })
  })

  it('counts no attempt where nobody is to blame, and does not repeat what can never work', async () => {
    let given = 0
    answer = (id) => {
      if (id === 'e0') return ++given < 8 ? failed(false) : ACCEPTED
      return { outcome: 'dead-letter', reason: { code: 'BAD', message: '' } }
    }
    const running = replay(events(0, 0)).run()
    await timers.pass(60_000)
    const end = await ended(running)
    assert.deepEqual([end.done, end.failed, given], [1, 1, 8])
    assert.equal(sent.filter(([id]) => id === 'e1').length, 1)
  })

  it('stops when it is told to, after the flow has finished with what it has', async () => {
    answer = undefined
    const run = replay(events(0, 0, 0, 0), { kind: 'rate', perSecond: 1 })
    const running = run.run()
    await timers.pass(1000)
    run.stop()
    let over = false
    void running.then(() => {
      over = true
    })
    await timers.pass(5000)
    assert.equal(over, false)
    for (const one of settle.values()) one(failed(true))
    assert.deepEqual(await ended(running), { sent: 2, done: 0, failed: 0, inFlight: 0, stopped: true })
  })

  it('ends with what the store says, after what was sent is finished', async () => {
    const broken = new Replay({
      ...{ pace: { kind: 'free' }, window: 9, attempts: 1, timers, random: () => 0, onChange: () => {} },
      events: (async function* () {
        yield events(0)
        throw new Error('the store went away')
      })(),
      send: async () => ACCEPTED,
    })
    await assert.rejects(broken.run(), /the store went away/)
    assert.equal(broken.counts.done, 1)
  })
})
