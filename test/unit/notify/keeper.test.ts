import assert from 'node:assert/strict'
import type { Settlement } from '../../../src/delivery/service'
import { type Channel, NotifyError } from '../../../src/notify/channel'
import { composer } from '../../../src/notify/compose'
import { noCounts } from '../../../src/notify/counters'
import { NotifyKeeper } from '../../../src/notify/keeper'
import type { Report } from '../../../src/notify/model'
import { Sender } from '../../../src/notify/sender'
import { readNotifySettings } from '../../../src/notify/settings'
import { handClock } from '../../support/hand-clock'
import { handTimers } from '../../support/hand-timers'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { occurrence } from '../../support/occurrence'

const CHANNEL = { fields: [{ name: 'title', escape: 'none' as const }] }
const NIGHT = { quiet: '22:00-07:00', timeZone: 'UTC' }

/** One life of a node; several on one journal are restarts. */
async function start(
  config: Record<string, unknown>,
  journal: MemoryJournal,
  timers = handTimers(Date.parse('2026-11-21T23:00:00Z')),
) {
  const told: Report[] = []
  const settled: string[] = []
  const failures: Error[] = []
  const settings = readNotifySettings(config, CHANNEL)
  const channel: Channel = {
    target: '#soc',
    send: async (report) => {
      const failure = failures.shift()
      if (failure !== undefined) throw failure
      told.push(report)
      return { did: 'sent', id: `m${told.length}` }
    },
    test: async () => '',
    close: async () => {},
  }
  const words = composer(settings, { name: 'test', ...CHANNEL } as never, undefined, () => '#soc')
  const sender = new Sender({
    ...{ channel, rate: { perSecond: 1000, burst: 1000 }, clock: handClock(timers), repeatUnknown: true },
    onWay: () => {},
  })
  const counts = noCounts()
  let ids = 0
  const keeper = await NotifyKeeper.load({
    ...{ journal, owner: 'n1', settings, composer: words, sender, counts, timers, random: () => 0.5 },
    newId: () => `id${++ids}-${timers.now()}`,
    handOn: async (report): Promise<Settlement> => {
      settled.push(report.id)
      return { outcome: 'accepted' }
    },
    onChange: () => {},
    onTrouble: (thrown) => {
      throw thrown
    },
  })
  keeper.start()
  const hand = async (id: string, severity?: string) => {
    const message = occurrence(id)
    const event = severity === undefined ? message.event : { ...message.event, severity }
    const one = { ...message, event }
    const report = words.compose([one])
    if (!keeper.holds(report)) return (await keeper.dispatch(report, undefined, () => {})).became
    await keeper.collector.add(one, id, words.groupKey(one), undefined)
    return 'kept'
  }
  return { keeper, hand, told, settled, failures, counts, timers, titles: () => told.map(({ title }) => title) }
}

const HOUR = 3_600_000

describe('what a notifying node keeps', () => {
  it('leaves when quiet hours end, and not before', async () => {
    const night = await start({ ...NIGHT, group: false }, memoryJournal())
    assert.equal(await night.hand('e1'), 'kept')
    await night.timers.pass(7.9 * HOUR)
    assert.equal(night.told.length, 0)
    await night.timers.pass(0.2 * HOUR)
    assert.deepEqual(night.titles(), ['dana created security group rule rule-e1'])
    assert.deepEqual(night.settled, ['e1'])
    assert.equal(await night.hand('e2'), 'sent', 'by day it goes at once')
  })

  it('outlives a restart in the night', async () => {
    const journal = memoryJournal()
    const before = await start(NIGHT, journal)
    await before.hand('e1')
    await before.hand('e2')
    await before.keeper.close()
    const after = await start(NIGHT, journal, handTimers(Date.parse('2026-11-22T06:00:00Z')))
    await after.timers.pass(0.9 * HOUR)
    assert.equal(after.told.length, 0)
    await after.timers.pass(0.2 * HOUR)
    assert.equal(after.told.length, 1)
    assert.deepEqual(
      after.told[0]?.occurrences.map(({ event }) => event.id),
      ['e1', 'e2'],
    )
    assert.equal((await journal.list('n1', 'sent')).length, 1)
  })

  it('leaves at once after a restart when the night is over', async () => {
    const journal = memoryJournal()
    const before = await start(NIGHT, journal)
    await before.hand('e1')
    await before.keeper.close()
    const after = await start(NIGHT, journal, handTimers(Date.parse('2026-11-22T09:00:00Z')))
    await after.timers.pass(1000)
    assert.equal(after.told.length, 1)
  })

  it('does not hold what is urgent', async () => {
    const night = await start(
      { ...NIGHT, urgent: 'err', group: true, groupWindow: '60', throttle: '0/1h' },
      memoryJournal(),
    )
    assert.equal(await night.hand('e1', 'warning'), 'kept')
    assert.equal(await night.hand('e2', 'err'), 'sent')
    assert.equal(await night.hand('e3', 'emerg'), 'sent')
    assert.equal(night.told.length, 2)
  })

  describe('for a group', () => {
    const GROUP = { group: true, groupWindow: '60', groupWindowUnit: 'seconds' }
    const day = () => handTimers(Date.parse('2026-11-21T12:00:00Z'))

    it('becomes one report at the end of its time, with all of them in it', async () => {
      const node = await start(GROUP, memoryJournal(), day())
      for (const id of ['e1', 'e2', 'e3']) assert.equal(await node.hand(id), 'kept')
      await node.timers.pass(59_000)
      assert.equal(node.told.length, 0)
      await node.timers.pass(2000)
      assert.deepEqual(node.titles(), ['3 × security_group_rule.create.end: dana'])
      assert.equal(node.counts.sent, 1)
    })

    it('is by what the key says', async () => {
      const node = await start({ ...GROUP, groupKey: '{{ event.target.id }}' }, memoryJournal(), day())
      for (const id of ['e1', 'e2']) await node.hand(id)
      await node.timers.pass(61_000)
      assert.equal(node.told.length, 2)
    })

    it('that ends in the quiet hours waits for their end', async () => {
      const timers = handTimers(Date.parse('2026-11-21T21:59:30Z'))
      const node = await start({ ...GROUP, ...NIGHT }, memoryJournal(), timers)
      await node.hand('e1')
      await node.timers.pass(120_000)
      assert.equal(node.told.length, 0)
      await node.timers.pass(9 * HOUR)
      assert.equal(node.told.length, 1)
    })

    it('goes on after a restart with the time that is left, under the same id', async () => {
      const journal = memoryJournal()
      const before = await start(GROUP, journal, day())
      await before.hand('e1')
      await before.timers.pass(30_000)
      await before.keeper.close()
      const after = await start(GROUP, journal, handTimers(before.timers.now()))
      await after.hand('e2')
      await after.timers.pass(31_000)
      assert.equal(after.told.length, 1)
      assert.equal(after.told[0]?.occurrences.length, 2)
    })

    it('is tried again when nobody knows what became of it', async () => {
      const node = await start(GROUP, memoryJournal(), day())
      node.failures.push(new NotifyError('transient', 'answered 503'), new NotifyError('unknown', 'cut'))
      await node.hand('e1')
      await node.timers.pass(600_000)
      assert.equal(node.told.length, 1)
      assert.equal(node.keeper.collector.counts.setAside, 0)
    })

    it('is set aside when the service refuses it for good, and kept over a restart', async () => {
      const journal = memoryJournal()
      const node = await start(GROUP, journal, day())
      node.failures.push(new NotifyError('too_large', 'too long'))
      await node.hand('e1')
      await node.hand('e2')
      await node.timers.pass(61_000)
      assert.deepEqual([node.told.length, node.settled.length, node.counts.failed], [0, 0, 1])
      assert.equal(node.keeper.collector.counts.setAside, 1)
      await node.timers.pass(HOUR)
      assert.equal(node.told.length, 0, 'it is not tried again by itself')
      await node.keeper.close()
      const after = await start(GROUP, journal, handTimers(node.timers.now()))
      await after.timers.pass(1000)
      assert.deepEqual([after.keeper.collector.counts.setAside, after.told.length], [1, 0])
    })

    it('counts once where it is throttled', async () => {
      const node = await start({ ...GROUP, throttle: '1/1d' }, memoryJournal(), day())
      await node.hand('e1')
      await node.timers.pass(61_000)
      await node.hand('e2')
      await node.hand('e3')
      await node.timers.pass(61_000)
      assert.deepEqual([node.told.length, node.counts.throttled], [1, 1])
      assert.equal(node.keeper.collector.counts.collecting, 0)
    })
  })
})
