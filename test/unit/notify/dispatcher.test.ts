import assert from 'node:assert/strict'
import { SentOnce } from '../../../src/journal/sent-once'
import { type Channel, NotifyError } from '../../../src/notify/channel'
import { noCounts } from '../../../src/notify/counters'
import { NotifyDispatcher } from '../../../src/notify/dispatcher'
import type { Report } from '../../../src/notify/model'
import { reportOf } from '../../../src/notify/report'
import { Sender } from '../../../src/notify/sender'
import { parseThrottle } from '../../../src/notify/throttle'
import { ThrottleMemory } from '../../../src/notify/throttle-memory'
import { handTimers } from '../../support/hand-timers'
import { memoryJournal } from '../../support/memory-journal'
import { occurrence } from '../../support/occurrence'
import { skippingClock } from '../../support/skipping-clock'

const report = (id: string) => reportOf([occurrence(id)])

async function dispatcher(throttle: string, journal = memoryJournal(), clock = skippingClock()) {
  const told: Report[] = []
  let failure: Error | undefined
  const channel: Channel = {
    target: '#soc',
    send: async (sending) => {
      if (failure !== undefined) throw failure
      told.push(sending)
      return { did: 'sent', id: `m${told.length}` }
    },
    test: async () => '',
    close: async () => {},
  }
  const sender = new Sender({
    channel,
    rate: { perSecond: 1000, burst: 1000 },
    clock,
    repeatUnknown: true,
    onWay: () => {},
  })
  const limit = parseThrottle(throttle)
  const counts = noCounts()
  const timers = { ...handTimers(), now: clock.now }
  const made = new NotifyDispatcher({
    sender,
    counts,
    sentOnce: await SentOnce.load(journal, 'n1', timers, assert.ifError),
    throttle: limit === undefined ? undefined : await ThrottleMemory.load(journal, 'n1', limit),
    throttleKey: ({ eventType }) => eventType,
    passes: ({ severity }) => severity === 'crit',
    now: clock.now,
    onTrouble: assert.ifError,
  })
  const dispatch = async (sending: Report) => (await made.dispatch(sending, undefined, () => {})).became
  return { dispatch, told, counts, journal, clock, fail: (error: Error | undefined) => (failure = error) }
}

describe('dispatching reports', () => {
  it('sends each once, also when it comes again in another process', async () => {
    const first = await dispatcher('')
    assert.equal(await first.dispatch(report('a')), 'sent')
    assert.equal(await first.dispatch(report('a')), 'repeated')
    const second = await dispatcher('', first.journal, first.clock)
    assert.equal(await second.dispatch(report('a')), 'repeated')
    assert.deepEqual(second.told, [])
  })

  it('lets the next one go when the last is on record, so that a kill repeats one at most', async () => {
    const journal = memoryJournal()
    const { dispatch, told } = await dispatcher('', journal)
    const { write } = journal
    const held: (() => void)[] = []
    journal.write = async (operations) => {
      await new Promise<void>((resolve) => held.push(resolve))
      return write(operations)
    }
    const going = ['a', 'b', 'c'].map((id) => dispatch(report(id)))
    const turn = () => new Promise((resolve) => setTimeout(resolve, 20))
    await turn()
    assert.deepEqual([told.length, held.length], [1, 1])
    held.shift()?.()
    await turn()
    assert.deepEqual([told.length, held.length], [2, 1])
    journal.write = write
    held.shift()?.()
    await Promise.all(going)
    assert.equal(told.length, 3)
  })

  it('does not remember what failed, and spends no slot on it', async () => {
    const { dispatch, fail, counts } = await dispatcher('1/1h')
    fail(new NotifyError('invalid', 'invalid_blocks'))
    await assert.rejects(dispatch(report('a')), { code: 'NOTIFY_INVALID' })
    fail(undefined)
    assert.equal(await dispatch(report('a')), 'sent')
    assert.deepEqual({ ...counts }, { received: 0, sent: 1, repeated: 0, throttled: 0, failed: 1 })
  })

  it('tells with the next how many were held back', async () => {
    const { dispatch, told, clock } = await dispatcher('1/10m')
    assert.equal(await dispatch(report('a')), 'sent')
    assert.equal(await dispatch(report('b')), 'throttled')
    assert.equal(await dispatch(report('c')), 'throttled')
    clock.advance(600_001)
    assert.equal(await dispatch(report('d')), 'sent')
    assert.deepEqual(
      told.map(({ id, suppressed }) => [id, suppressed?.count]),
      [
        ['a', undefined],
        ['d', 2],
      ],
    )
  })

  it('remembers over a restart what was held back', async () => {
    const first = await dispatcher('1/10m')
    await first.dispatch(report('a'))
    await first.dispatch(report('b'))
    const second = await dispatcher('1/10m', first.journal, first.clock)
    assert.equal(await second.dispatch(report('c')), 'throttled')
    first.clock.advance(600_001)
    await second.dispatch(report('d'))
    assert.equal(second.told[0]?.suppressed?.count, 2)
  })

  it('lets together through no more than one after another', async () => {
    const { dispatch, told } = await dispatcher('2/10m')
    const became = await Promise.all(['a', 'b', 'c', 'd'].map((id) => dispatch(report(id))))
    assert.deepEqual(became, ['sent', 'sent', 'throttled', 'throttled'])
    assert.equal(told.length, 2)
  })

  it('lets through what is bad enough, whatever the throttle says', async () => {
    const { dispatch } = await dispatcher('0/1h')
    assert.equal(await dispatch(report('a')), 'throttled')
    assert.equal(await dispatch({ ...report('b'), severity: 'crit' }), 'sent')
  })
})
