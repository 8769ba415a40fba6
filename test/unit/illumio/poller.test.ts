import assert from 'node:assert/strict'
import type { DeliverySource, Settlement } from '../../../src/delivery/service'
import type { PceClient } from '../../../src/illumio/client'
import { Cursor } from '../../../src/illumio/cursor'
import { PceError } from '../../../src/illumio/pce-error'
import { Poller } from '../../../src/illumio/poller'
import type { PollerOptions, PollerState } from '../../../src/illumio/poller-model'
import type { OccurrenceMessage } from '../../../src/message/model'
import { handClock } from '../../support/hand-clock'
import { memoryJournal } from '../../support/memory-journal'

const ACCEPTED: Settlement = { outcome: 'accepted' }
const FAILED: Settlement = { outcome: 'retry', reason: { code: 'FLOW_ERROR', message: 'no' }, countsAttempt: true }
const START = Date.parse('2026-11-21T07:00:00Z')

/** A PCE, a flow and a disk that a test holds in its hands. */
function world() {
  const clock = handClock()
  const journal = memoryJournal(() => clock.now())
  const events: { href: string; timestamp: string; event_type: string }[] = []
  const asked: { from: number; to: number }[] = []
  const letters: { attempts: number }[] = []
  const pce = {
    failure: undefined as Error | undefined,
    failsWindows: false,
    skewMs: 0,
    health: 'normal' as string | undefined,
  }
  const client = {
    account: { origin: 'https://pce.example.net:8443', org: 7, key: 'api_1', secret: 's' },
    events: async (from: number, to: number, most: number) => {
      if (pce.failure !== undefined) throw pce.failure
      if (pce.failsWindows && most > 1) throw new PceError('ILLUMIO_AWAY', 'events: the PCE answered 503.')
      asked.push({ from, to })
      const found = events.filter(({ timestamp }) => Date.parse(timestamp) >= from && Date.parse(timestamp) <= to)
      return { events: found.slice(0, most), full: found.length >= most, at: clock.now() + pce.skewMs }
    },
    allEvents: async () => [],
    health: async () => pce.health,
  } as unknown as PceClient

  const happen = (name: string, at = clock.now(), type = 'user.login') =>
    events.push({ href: `/orgs/7/events/${name}`, timestamp: new Date(at).toISOString(), event_type: type })

  async function start(
    changes: Partial<PollerOptions> & { settle?: (message: OccurrenceMessage) => Settlement | undefined } = {},
  ) {
    const sent: OccurrenceMessage[] = []
    const states: PollerState[] = []
    const waiting: { message: OccurrenceMessage; settle: (settlement: Settlement) => void }[] = []
    let settle: ((settlement: Settlement) => void) | undefined
    const answer = changes.settle ?? (() => ACCEPTED)
    const deliveries = {
      open: (onSettled: (settlement: Settlement) => void) => {
        settle = onSettled
        return { token: 't', sent: () => {} }
      },
    } as unknown as DeliverySource
    const cursor = await Cursor.load({
      ...{ journal, owner: 'n1', key: 'pce', overlapMs: 120_000 },
      onTrouble: (thrown) => assert.fail(String(thrown)),
    })
    const poller = new Poller({
      ...{ client, cursor, clock, intervalMs: 10_000, overlapMs: 120_000, pageSize: 1000 },
      ...{ first: 'now' as const, retentionMs: 30 * 86_400_000, window: 250, attempts: 3, watchHealth: true },
      wants: () => true,
      deliveries,
      send: (message) => {
        sent.push(message)
        const settled = settle
        if (settled === undefined) return
        const settlement = answer(message)
        if (settlement === undefined) waiting.push({ message, settle: settled })
        else setImmediate(() => settled(settlement))
      },
      keepDeadLetter: async (letter) => {
        letters.push(letter as { attempts: number })
      },
      report: (state) => states.push(state),
      ...changes,
    })
    poller.start()
    await clock.settle()
    return { poller, sent, states, waiting, cursor, names: () => sent.map(nameOf) }
  }
  return { clock, journal, pce, happen, start, asked, letters, events }
}

const nameOf = ({ payload, topic }: OccurrenceMessage) =>
  (payload as { href?: string }).href?.split('/').at(-1) ?? topic

describe('polling a PCE', () => {
  it('hands on each event once, in order of time', async () => {
    const { clock, happen, start } = world()
    const { names, poller } = await start()
    await clock.pass(1)
    happen('b', clock.now() + 2)
    happen('a', clock.now() + 1)
    await clock.pass(30_000)
    assert.deepEqual(names(), ['a', 'b'])
    await poller.close()
  })

  it('repeats nothing on a PCE that is quiet for an hour', async () => {
    const { clock, happen, start } = world()
    const { names, poller } = await start()
    await clock.pass(1000)
    happen('a')
    await clock.pass(3_600_000)
    assert.deepEqual(names(), ['a'])
    await poller.close()
  })

  it('begins now, with nothing that was before, also after a restart', async () => {
    const { clock, happen, start } = world()
    happen('old', START - 1000)
    const first = await start()
    await clock.pass(60_000)
    await first.poller.close()
    const second = await start()
    await clock.pass(60_000)
    assert.deepEqual([first.names(), second.names()], [[], []])
    await second.poller.close()
  })

  it('begins where a person says', async () => {
    const { clock, happen, start } = world()
    happen('old', START - 1000)
    const { names, poller } = await start({ first: { from: START - 86_400_000 } })
    await clock.pass(20_000)
    assert.deepEqual(names(), ['old'])
    await poller.close()
  })

  it('finds an event that becomes visible late, within the overlap', async () => {
    const { clock, happen, start } = world()
    const { names, poller } = await start({ first: { from: START - 600_000 } })
    happen('a')
    await clock.pass(30_000)
    happen('late', clock.now() - 60_000)
    await clock.pass(30_000)
    assert.deepEqual(names(), ['a', 'late'])
    await poller.close()
  })

  it('goes on after a restart with what was not finished, and with what happened meanwhile', async () => {
    const { clock, happen, start } = world()
    const first = await start({ settle: (message) => (nameOf(message) === 'b' ? undefined : ACCEPTED) })
    await clock.pass(1000)
    happen('a')
    happen('b')
    happen('c')
    await clock.pass(60_000)
    assert.deepEqual(first.names(), ['a', 'b', 'c'])
    await first.poller.close()
    await clock.pass(3_600_000)
    happen('d', clock.now() - 1_800_000)
    const second = await start()
    await clock.pass(20_000)
    assert.deepEqual(second.names(), ['b', 'd'])
    await second.poller.close()
  })

  it('moves no further past what the flow still holds, however long that takes', async () => {
    const { clock, happen, start } = world()
    const first = await start({ settle: (message) => (nameOf(message) === 'slow' ? undefined : ACCEPTED) })
    await clock.pass(1000)
    happen('slow')
    await clock.pass(600_000)
    happen('later')
    await clock.pass(600_000)
    await first.poller.close()
    const second = await start()
    await clock.pass(20_000)
    assert.deepEqual(second.names(), ['slow'])
    await second.poller.close()
  })

  it('keeps its place when a poll fails, tells of it once, and says when it is over', async () => {
    const { clock, pce, happen, start } = world()
    const { names, states, poller } = await start()
    await clock.pass(20_000)
    pce.failure = new PceError('ILLUMIO_AWAY', 'events: the PCE answered 503.')
    await clock.pass(300_000)
    happen('a', clock.now() - 200_000)
    pce.failure = undefined
    await clock.pass(300_000)
    assert.deepEqual(names(), ['illumio.poll.failed', 'illumio.poll.recovered', 'a'])
    assert.ok(states.some((state) => state.kind === 'failing'))
    await poller.close()
  })

  it('waits as long as the PCE asks', async () => {
    const { clock, pce, asked, start } = world()
    const { poller } = await start()
    pce.failure = new PceError('ILLUMIO_RATE_LIMITED', 'the PCE answered 429.', { waitMs: 60_000 })
    await clock.pass(10_000)
    pce.failure = undefined
    const before = asked.length
    await clock.pass(59_000)
    assert.equal(asked.length, before)
    await clock.pass(2000)
    assert.equal(asked.length, before + 1)
    await poller.close()
  })

  it('goes by the clock of the PCE', async () => {
    for (const skewMs of [600_000, -600_000]) {
      const { clock, pce, happen, start } = world()
      pce.skewMs = skewMs
      const { names, poller } = await start()
      await clock.pass(60_000)
      happen('a', clock.now() + skewMs - 1000)
      await clock.pass(30_000)
      assert.deepEqual(names(), ['a'], `${skewMs}`)
      await poller.close()
    }
  })

  it('gives what failed another try, and buries what failed too often', async () => {
    const { clock, happen, start, letters } = world()
    const { names, states, poller } = await start({
      settle: (message) => (nameOf(message) === 'bad' ? FAILED : ACCEPTED),
    })
    await clock.pass(1000)
    happen('bad')
    happen('good')
    await clock.pass(20_000)
    // Its tries are timed by the machine's clock.
    const deadline = Date.now() + 20_000
    while (letters.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(letters[0]?.attempts, 3)
    assert.deepEqual(names().sort(), ['bad', 'bad', 'bad', 'good'])
    assert.ok(states.some((state) => state.kind === 'dead-letter'))
    await poller.close()
  }).timeout(30_000)

  it('keeps no more in the flow than it may', async () => {
    const { clock, happen, start } = world()
    const { waiting, names, poller } = await start({ window: 2, settle: () => undefined })
    await clock.pass(1000)
    for (const name of ['a', 'b', 'c', 'd']) happen(name)
    await clock.pass(60_000)
    assert.deepEqual(names(), ['a', 'b'])
    waiting[0]?.settle(ACCEPTED)
    await clock.settle()
    assert.deepEqual(names(), ['a', 'b', 'c'])
    await poller.close()
  })

  it('sends nothing while a sink is away, and all of it after', async () => {
    const { clock, happen, start } = world()
    const { names, poller } = await start()
    await clock.pass(1000)
    poller.pause()
    happen('a')
    await clock.pass(60_000)
    assert.deepEqual(names(), [])
    poller.resume()
    await clock.pass(20_000)
    assert.deepEqual(names(), ['a'])
    await poller.close()
  })

  it('tells of the time that is lost after being away for longer than the PCE keeps events', async () => {
    const { clock, start } = world()
    const first = await start()
    await clock.pass(20_000)
    await first.poller.close()
    await clock.pass(40 * 86_400_000)
    const second = await start()
    await clock.pass(20_000)
    assert.deepEqual(second.names(), ['gap.illumio'])
    await second.poller.close()
    const third = await start()
    await clock.pass(20_000)
    assert.deepEqual(third.names(), [])
    await third.poller.close()
  })

  it('tells of the health of the PCE when it changes', async () => {
    const { clock, pce, start } = world()
    const { sent, poller } = await start()
    await clock.pass(70_000)
    pce.health = 'critical'
    await clock.pass(130_000)
    pce.health = 'normal'
    await clock.pass(130_000)
    assert.deepEqual(
      sent.map(({ topic, event }) => [topic, event.outcome, event.severity]),
      [
        ['illumio.health', 'failure', 'crit'],
        ['illumio.health', 'success', 'info'],
      ],
    )
    await poller.close()
  })

  it('leaves out event types that nobody chose', async () => {
    const { clock, happen, start } = world()
    const { names, poller } = await start({ wants: (type) => type !== 'user.logout' })
    await clock.pass(1000)
    happen('a', clock.now(), 'user.logout')
    happen('b')
    await clock.pass(20_000)
    assert.deepEqual(names(), ['b'])
    await poller.close()
  })

  it('goes on where it began when it is killed before it has read anything', async () => {
    const { clock, pce, happen, start } = world()
    pce.failsWindows = true
    // Nothing is in the flow either, that would take the cursor along.
    const first = await start({ wants: (type) => type === 'user.login' })
    await clock.pass(1000)
    happen('a')
    await clock.pass(15_000)
    // Killed: nothing is closed, nothing flushed.
    await first.poller.stop()
    pce.failsWindows = false
    await clock.pass(60_000)
    const second = await start()
    await clock.pass(20_000)
    assert.deepEqual(second.names(), ['a'])
    await second.poller.close()
  })

  it('repeats nothing of a long absence that was finished before it was killed', async () => {
    const { clock, happen, start } = world()
    for (let minute = 0; minute < 600; minute += 1) happen(`m${minute}`, START - minute * 60_000)
    let count = 0
    const back = { first: { from: START - 86_400_000 }, pageSize: 100, window: 50 }
    const first = await start({ ...back, settle: () => (++count > 300 ? undefined : ACCEPTED) })
    await clock.pass(5000)
    await first.poller.stop()
    const finished = first.names().slice(0, 300)
    const second = await start(back)
    await clock.pass(60_000)
    const repeated = second.names().filter((name) => finished.includes(name))
    assert.deepEqual(repeated, [])
    assert.equal(new Set([...first.names(), ...second.names()]).size, 600)
    await second.poller.close()
  })

  it('reads a long absence in parts, the next when the flow has taken the last', async () => {
    const { clock, happen, start, asked } = world()
    for (let minute = 0; minute < 600; minute += 1) happen(`m${minute}`, START - minute * 60_000)
    const { poller, waiting } = await start({
      ...{ first: { from: START - 86_400_000 }, pageSize: 100, window: 20, settle: () => undefined },
    })
    await clock.pass(5000)
    const before = asked.length
    assert.ok(before < 12, `${before} requests while the flow holds all that it may`)
    for (const { settle } of waiting.splice(0)) settle(ACCEPTED)
    await clock.settle()
    assert.equal(waiting.length, 20)
    await poller.close()
  })

  it('tells of the time that is lost when the flow holds it up for longer than the PCE keeps events', async () => {
    const { clock, happen, start } = world()
    const { names, poller } = await start({ retentionMs: 86_400_000 })
    await clock.pass(20_000)
    poller.pause()
    happen('a')
    await clock.pass(3 * 86_400_000)
    poller.resume()
    await clock.pass(60_000)
    assert.deepEqual(names(), ['a', 'gap.illumio'])
    await poller.close()
  })

  it('tells of a gap again when it was killed before the flow had finished with it', async () => {
    const { clock, start } = world()
    const first = await start()
    await clock.pass(20_000)
    await first.poller.close()
    await clock.pass(40 * 86_400_000)
    const second = await start({ settle: () => undefined })
    await clock.pass(60_000)
    assert.deepEqual(second.names(), ['gap.illumio'])
    await second.poller.close()
    const third = await start()
    await clock.pass(20_000)
    assert.deepEqual(third.names(), ['gap.illumio'])
    await third.poller.close()
  })

  it('tells of a gap at its next start when it was stopped while the flow had no room for it', async () => {
    const { clock, start } = world()
    const first = await start()
    await clock.pass(20_000)
    await first.poller.close()
    await clock.pass(40 * 86_400_000)
    const second = await start({ window: 0 })
    await clock.pass(60_000)
    assert.deepEqual(second.names(), [])
    await second.poller.close()
    const third = await start()
    await clock.pass(20_000)
    assert.deepEqual(third.names(), ['gap.illumio'])
    await third.poller.close()
  })

  it('is not stopped by an event of a form that nobody foresaw', async () => {
    const { clock, happen, start, events } = world()
    const { names, poller } = await start()
    await clock.pass(1000)
    const odd = { toString: 1, valueOf: 1 }
    const timestamp = new Date(clock.now()).toISOString()
    events.push({
      ...{ href: '/orgs/7/events/odd', timestamp, event_type: 'user.login' },
      ...({ severity: odd, status: odd, created_by: odd, action: { http_status_code: odd } } as object),
    })
    happen('next')
    await clock.pass(20_000)
    assert.deepEqual(names().sort(), ['next', 'odd'])
    await poller.close()
  })

  it('tells of itself what was chosen, and always of a gap', async () => {
    const { clock, pce, start } = world()
    const wants = (type: string) => type === 'user.login'
    const first = await start({ wants })
    await clock.pass(20_000)
    pce.failure = new PceError('ILLUMIO_AWAY', 'events: the PCE answered 503.')
    pce.health = 'critical'
    await clock.pass(60_000)
    pce.failure = undefined
    await clock.pass(300_000)
    await first.poller.close()
    await clock.pass(40 * 86_400_000)
    const second = await start({ wants })
    await clock.pass(20_000)
    assert.deepEqual([first.names(), second.names()], [[], ['gap.illumio']])
    await second.poller.close()
  })

  it('forgets the failures of what is finished or its own, so that the row does not grow', async () => {
    const { clock, pce, start } = world()
    const { poller, cursor } = await start({ settle: () => FAILED })
    await clock.pass(5000)
    pce.failure = new PceError('ILLUMIO_AWAY', 'events: the PCE answered 503.')
    await clock.pass(60_000)
    await poller.close()
    assert.deepEqual(cursor.failures, {})
  })

  it('says that requests fail also while the flow finishes with what it has', async () => {
    const { clock, pce, happen, start } = world()
    const { states, waiting, poller } = await start({ settle: () => undefined })
    await clock.pass(1000)
    happen('a')
    await clock.pass(10_000)
    pce.failure = new PceError('ILLUMIO_AWAY', 'events: the PCE answered 503.')
    await clock.pass(20_000)
    waiting[0]?.settle(ACCEPTED)
    await clock.settle()
    const last = states.at(-1)
    assert.ok(last?.kind === 'polling' && last.failing, JSON.stringify(last))
    await poller.close()
  })
})
