import assert from 'node:assert/strict'
import { type Channel, NotifyError, type Sent } from '../../../src/notify/channel'
import { reportOf } from '../../../src/notify/report'
import { Sender, type Way } from '../../../src/notify/sender'
import { occurrence } from '../../support/occurrence'
import { skippingClock } from '../../support/skipping-clock'

const FAST = { perSecond: 1000, burst: 1000 }
const report = (id: string) => reportOf([occurrence(id)])
const nothing = () => {}

function scripted(answers: (Sent | Error)[]) {
  const asked: string[] = []
  const channel: Channel = {
    target: '#soc',
    send: async ({ id }) => {
      asked.push(id)
      const answer = answers.shift() ?? { did: 'sent' }
      if (answer instanceof Error) throw answer
      return answer
    },
    test: async () => 'fine',
    close: async () => {},
  }
  return { channel, asked }
}

function sender(answers: (Sent | Error)[], options: { repeatUnknown?: boolean; rate?: typeof FAST } = {}) {
  const clock = skippingClock(0, 0.5)
  const ways: Way[] = []
  const { channel, asked } = scripted(answers)
  const made = new Sender({
    channel,
    rate: options.rate ?? FAST,
    clock,
    repeatUnknown: options.repeatUnknown ?? true,
    onWay: (way) => ways.push(way),
  })
  return { sender: made, asked, ways, clock }
}

describe('the way of reports to a channel', () => {
  it('is taken one after another, in the order they came', async () => {
    const { sender: way, asked } = sender([new NotifyError('transient', 'down')])
    await Promise.all(['a', 'b', 'c'].map((id) => way.send(report(id), undefined, nothing)))
    assert.deepEqual(asked, ['a', 'a', 'b', 'c'])
  })

  it('waits as long as the service asks', async () => {
    const {
      sender: way,
      clock,
      ways,
    } = sender([new NotifyError('rate_limited', 'slow down', { retryAfterMs: 90_000 })])
    await way.send(report('a'), undefined, nothing)
    assert.deepEqual(clock.slept, [90_000])
    assert.deepEqual(
      ways.map(({ kind }) => kind),
      ['away', 'open'],
    )
  })

  it('is tried again for as long as the service is away, with growing waits', async () => {
    const { sender: way, clock } = sender(Array.from({ length: 9 }, () => new NotifyError('transient', 'down')))
    await way.send(report('a'), undefined, nothing)
    assert.deepEqual(clock.slept, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })

  it('waits for a person where settings are wrong, and goes on by itself when they are right', async () => {
    const { sender: way, clock, ways } = sender([new NotifyError('auth', 'invalid_auth')])
    await way.send(report('a'), undefined, nothing)
    assert.deepEqual(clock.slept, [300_000])
    assert.equal(ways[0]?.kind, 'refused')
  })

  it('gives up what itself is at fault, and goes on with the next', async () => {
    const { sender: way, asked } = sender([new NotifyError('too_large', 'msg_too_long')])
    await assert.rejects(way.send(report('a'), undefined, nothing), { code: 'NOTIFY_TOO_LARGE', retryable: false })
    await way.send(report('b'), undefined, nothing)
    assert.deepEqual(asked, ['a', 'b'])
  })

  it('repeats what may have arrived only where that is wanted', async () => {
    const twice = sender([new NotifyError('unknown', 'no answer')])
    await twice.sender.send(report('a'), undefined, nothing)
    assert.equal(twice.asked.length, 2)
    const once = sender([new NotifyError('unknown', 'no answer')], { repeatUnknown: false })
    await assert.rejects(once.sender.send(report('a'), undefined, nothing), { code: 'NOTIFY_UNKNOWN' })
    assert.equal(once.asked.length, 1)
  })

  it('keeps the pace of the service', async () => {
    const { sender: way, clock } = sender([], { rate: { perSecond: 1, burst: 2 } })
    await Promise.all(['a', 'b', 'c', 'd'].map((id) => way.send(report(id), undefined, nothing)))
    assert.deepEqual(clock.slept, [1000, 1000])
  })

  it('does not begin with what was taken back', async () => {
    const { sender: way, asked } = sender([])
    let begun = 0
    await assert.rejects(
      way.send(report('a'), AbortSignal.abort(), () => (begun += 1)),
      { code: 'NOTIFY_WITHDRAWN' },
    )
    assert.deepEqual([asked, begun], [[], 0])
  })

  it('tells before its first try, once', async () => {
    const { sender: way } = sender([new NotifyError('transient', 'down')])
    let begun = 0
    await way.send(report('a'), undefined, () => (begun += 1))
    assert.equal(begun, 1)
  })

  it('ends with the node, with nothing on its way', async () => {
    const { sender: way, asked } = sender([])
    const sending = way.send(report('a'), undefined, nothing)
    const closing = way.close()
    await Promise.allSettled([sending, closing])
    await assert.rejects(way.send(report('b'), undefined, nothing), { code: 'NOTIFY_WITHDRAWN' })
    assert.ok(asked.length <= 1)
  })
})
