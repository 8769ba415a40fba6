import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { BurstCounter, type BurstCounterOptions } from '../../../src/burst/counter'
import { keyReaders } from '../../../src/burst/key'
import type { BurstPayload, BurstPolicy } from '../../../src/burst/model'
import { readBurstSettings } from '../../../src/burst/settings'
import { cadfViolations } from '../../../src/cadf/validate'
import type { Settlement } from '../../../src/delivery/service'
import type { BatchMember } from '../../../src/message/model'
import { type HandTimers, handTimers } from '../../support/hand-timers'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { occurrence } from '../../support/occurrence'
import { recordedOccurrences } from '../../support/recorded-occurrences'

const MINUTE = 60_000
const ACCEPTED: Settlement = { outcome: 'accepted' }
const KEY = 'actor\nevent.initiator.host.address'
const START = Date.parse('2026-11-21T07:00:00Z')

/** A failed login, so many minutes after the start. */
function login(id: string, minutes: number, { user = 'u1', address = 'unknown' } = {}): BatchMember {
  const { topic: _, ...message } = occurrence(id)
  const initiator = {
    id: user,
    typeURI: 'service/security/account/user',
    user_id: user,
    username: 'dana',
    host: { address },
  }
  const eventTime = new Date(START + minutes * MINUTE).toISOString().replace('Z', '+00:00')
  const event = {
    ...message.event,
    id: `e-${id}`,
    action: 'authenticate',
    outcome: 'failure' as const,
    initiator,
    eventTime,
  }
  return { ...message, topic: 'identity.authenticate', event }
}
const payloadOf = (burst: BatchMember | undefined) => burst?.payload as BurstPayload
const messagesOf = (burst: BatchMember | undefined) => payloadOf(burst)?.events.map(({ messageId }) => messageId)

describe('counting bursts', () => {
  let timers: HandTimers
  let journal: MemoryJournal
  let bursts: BatchMember[]
  let answer: () => Promise<Settlement>
  let dropped: number
  let number: number

  beforeEach(() => {
    timers = handTimers(START + 24 * 60 * MINUTE)
    journal = memoryJournal(() => timers.now())
    bursts = []
    answer = () => Promise.resolve(ACCEPTED)
    dropped = 0
    number = 0
  })

  async function open(
    policy: Partial<BurstPolicy> = {},
    more: Partial<BurstCounterOptions> = {},
  ): Promise<BurstCounter> {
    const counter = await BurstCounter.load({
      ...{ journal, owner: 'n', name: 'Logins', timers, random: () => 0.5 },
      policy: { count: 3, windowMs: 10 * MINUTE, rearmMs: 0, keys: 100, ...policy },
      emit: (burst) => {
        bursts.push(burst)
        return answer()
      },
      newId: () => `b${++number}`,
      onChange: () => {},
      onTrouble: () => {},
      onDropped: (keys) => {
        dropped += keys
      },
      retry: { firstMs: 20_000, capMs: 80_000 },
      ...more,
    })
    counter.start()
    return counter
  }

  async function count(counter: BurstCounter, members: readonly BatchMember[], key = KEY): Promise<void> {
    const readers = keyReaders(key, 'X')
    await Promise.all(
      members.map((member) =>
        counter.add(
          member,
          member.notification.messageId,
          readers.flatMap((keyOf) => keyOf(member) ?? []),
        ),
      ),
    )
    await timers.settle()
  }
  const logins = (...minutes: number[]) => minutes.map((minute, index) => login(`m${minute}-${index}`, minute))

  it('tells once of so many events within the window, with their count, times and ids', async () => {
    const counter = await open()
    await count(counter, logins(0, 4, 10))
    assert.equal(bursts.length, 1)
    const [burst] = bursts
    assert.equal(burst?.topic, 'burst')
    assert.deepEqual(burst?.payload, {
      key: [{ path: 'actor', value: 'u1' }],
      count: 3,
      from: '2026-11-21T07:00:00.000+00:00',
      to: '2026-11-21T07:10:00.000+00:00',
      threshold: { count: 3, seconds: 600 },
      events: [
        { id: 'e-m0-0', messageId: 'm0-0', time: '2026-11-21T07:00:00.000+00:00' },
        { id: 'e-m4-1', messageId: 'm4-1', time: '2026-11-21T07:04:00.000+00:00' },
        { id: 'e-m10-2', messageId: 'm10-2', time: '2026-11-21T07:10:00.000+00:00' },
      ],
      last: { topic: 'identity.authenticate', action: 'authenticate', outcome: 'failure' },
    })
  })

  it('tells of it as a valid CADF monitor event about what the key says', async () => {
    const counter = await open()
    await count(counter, logins(0, 1, 2))
    const event = bursts[0]?.event
    assert.deepEqual(cadfViolations(event), [])
    assert.equal(event?.eventType, 'monitor')
    assert.equal(event?.id, 'b1')
    assert.equal(event?.severity, 'warning')
    assert.deepEqual(event?.initiator, {
      ...{ id: 'u1', typeURI: 'service/security/account/user', user_id: 'u1', username: 'dana' },
    })
    assert.deepEqual(event?.added, ['target.id'])
    const measured = event?.['measurements'] as { result: number }[] | undefined
    assert.equal(measured?.[0]?.result, 3)
    assert.equal(bursts[0]?.notification.messageId, 'b1')
  })

  it('does not count what is further apart than the window', async () => {
    const counter = await open()
    await count(counter, logins(0, 6, 12, 18, 24, 30))
    assert.equal(bursts.length, 0)
  })

  it('counts by the event, in whatever order they come', async () => {
    for (const order of [
      [0, 6, 12, 9],
      [12, 0, 9, 6],
      [9, 6, 12, 0],
      [6, 12, 0, 9],
    ]) {
      journal = memoryJournal(() => timers.now())
      bursts = []
      await count(
        await open(),
        order.map((minute) => login(`m${minute}`, minute)),
      )
      assert.equal(bursts.length, 1, order.join())
      assert.equal(payloadOf(bursts[0]).count, 3)
    }
  })

  it('is not blinded by a clock that is far ahead', async () => {
    timers = handTimers(START)
    const counter = await open()
    await count(counter, [login('ahead', 1_000_000), ...logins(0, 1)])
    assert.equal(bursts.length, 1)
  })

  it('tells of a key once until it was quiet for a window', async () => {
    const counter = await open()
    await count(counter, logins(0, 1, 2, 3, 4, 9, 14, 20, 29))
    assert.equal(bursts.length, 1)
    await count(counter, logins(39.1, 40))
    assert.equal(bursts.length, 1)
    await count(counter, logins(41))
    assert.deepEqual(messagesOf(bursts[1]), ['m39.1-0', 'm40-1', 'm41-0'])
  })

  it('tells again of one that goes on, if it is to, and counts anew', async () => {
    const counter = await open({ rearmMs: 5 * MINUTE })
    for (let second = 0; second < 14 * 60; second += 60) await count(counter, [login(`s${second}`, second / 60)])
    assert.deepEqual(
      bursts.map((burst) => payloadOf(burst).to.slice(11, 16)),
      ['07:02', '07:09'],
    )
  })

  it('counts each key by itself, and an event for each', async () => {
    const counter = await open()
    await count(counter, [
      login('m1', 0, { user: 'u1', address: '192.0.2.1' }),
      login('m2', 1, { user: 'u2', address: '192.0.2.1' }),
      login('m3', 2, { user: 'u3', address: '192.0.2.1' }),
      login('m4', 3, { user: 'u3', address: '192.0.2.2' }),
    ])
    assert.equal(bursts.length, 1)
    assert.deepEqual(bursts[0]?.event.initiator, {
      ...{ id: 'unknown', typeURI: 'service/security/account/user', host: { address: '192.0.2.1' } },
    })
    assert.deepEqual(bursts[0]?.event.added, ['initiator.id', 'target.id'])
  })

  it('counts nothing under unknown, and nothing where a part is missing', async () => {
    const counter = await open()
    const nobody = logins(0, 1, 2).map((member) => {
      const { user_id: _, ...initiator } = member.event.initiator
      return { ...member, event: { ...member.event, initiator: { ...initiator, id: 'unknown' } } }
    })
    await count(counter, nobody)
    await count(counter, nobody, 'event.initiator.id, event.initiator.user_id')
    await count(
      counter,
      logins(0, 1, 2).map((member) => ({
        ...member,
        event: { ...member.event, initiator: { ...member.event.initiator, id: 'unknown', user_id: 'unknown' } },
      })),
    )
    assert.equal(bursts.length, 0)
    assert.equal(counter.counts.keys, 0)
  })

  it('counts a message once, also over a restart', async () => {
    const [first, second, third] = logins(0, 1, 2) as [BatchMember, BatchMember, BatchMember]
    await count(await open(), [first, first, second])
    await count(await open(), [first, second])
    assert.equal(bursts.length, 0)
    await count(await open(), [third])
    assert.equal(bursts.length, 1)
  })

  it('counts tries for a user who does not exist by the name, and by what is there', async () => {
    const counter = await open()
    const tried = logins(0, 1, 2).map((member, index) => {
      const initiator = { id: `random-${index}`, typeURI: 'service/security/account/user', user_name: 'nobody' }
      return { ...member, event: { ...member.event, initiator } }
    })
    await count(counter, tried)
    await count(
      counter,
      tried.map((member, index) => ({ ...member, notification: { ...member.notification, messageId: `x${index}` } })),
      'event.initiator.user_id | event.initiator.user_name',
    )
    assert.deepEqual(
      bursts.map((burst) => payloadOf(burst).key),
      [[{ path: 'actor', value: '/nobody' }], [{ path: 'event.initiator.user_name', value: 'nobody' }]],
    )
    for (const { event } of bursts) {
      assert.deepEqual([event.initiator.id, event.initiator['user_name']], ['unknown', 'nobody'])
      assert.deepEqual(cadfViolations(event), [])
    }
  })

  it('finds the lockout in the recording, by user and by address', async () => {
    const failures = recordedOccurrences('keystone-cadf-lockout.jsonl').filter(
      ({ event }) => event.outcome === 'failure',
    )
    const counter = await open({ count: 5 })
    await count(counter, failures)
    assert.equal(failures.length, 6)
    assert.deepEqual(
      bursts.map((burst) => payloadOf(burst).key.map(({ value }) => value)),
      [['5feaf5444be84d53ab904d27913e4cf3'], ['127.0.0.1']],
    )
    for (const burst of bursts) {
      assert.deepEqual(
        payloadOf(burst).events.map(({ id }) => id),
        failures.slice(0, 5).map(({ event }) => event.id),
      )
      assert.deepEqual(cadfViolations(burst.event), [])
    }
  })

  it('goes on after a restart: with what was counted, and with who is quiet', async () => {
    await count(await open(), logins(0, 1))
    await count(await open(), logins(2))
    assert.equal(bursts.length, 1)
    await count(await open(), logins(3, 4, 5))
    assert.equal(bursts.length, 1)
    await count(await open(), logins(16, 17, 18))
    assert.equal(bursts.length, 2)
  })

  it('tells after a restart, under the same id, of a burst that was on its way', async () => {
    answer = () => new Promise(() => {})
    await count(await open(), logins(0, 1, 2))
    answer = () => Promise.resolve(ACCEPTED)
    await open()
    await timers.settle()
    assert.deepEqual(
      bursts.map(({ event }) => event.id),
      ['b1', 'b1'],
    )
    assert.deepEqual(bursts[0], bursts[1])
    await open()
    await timers.settle()
    assert.equal(bursts.length, 2)
  })

  it('keeps a burst that the flow refuses, and tells of it again', async () => {
    answer = () =>
      Promise.resolve({ outcome: 'retry', reason: { code: 'FLOW_ERROR', message: 'away' }, countsAttempt: true })
    const counter = await open()
    await count(counter, logins(0, 1, 2))
    assert.equal(counter.counts.failed, 1)
    answer = () => Promise.resolve(ACCEPTED)
    await timers.pass(20_000)
    assert.equal(bursts.length, 2)
    assert.equal(await journal.count('n', 'batch'), 0)
  })

  it('counts nothing that could not be written', async () => {
    const counter = await open()
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    await assert.rejects(count(counter, logins(0, 1, 2)), /disk full/)
    journal.beforeWrite = undefined
    await count(counter, logins(0, 1))
    assert.equal(bursts.length, 0)
    await count(counter, [login('third', 2)])
    assert.equal(bursts.length, 1)
  })

  it('forgets the key that was hit least lately when there are too many, and says so', async () => {
    const counter = await open({ keys: 10 })
    await count(counter, [login('a1', 0, { user: 'a' }), login('b1', 0, { user: 'b' })])
    await count(counter, [login('a2', 1, { user: 'a' })])
    await count(
      counter,
      Array.from({ length: 9 }, (_, index) => login(`c${index}`, 1, { user: `c${index}` })),
    )
    assert.equal(counter.counts.keys, 10)
    assert.equal(dropped, 1)
    await count(counter, [login('a3', 2, { user: 'a' })])
    assert.equal(bursts.length, 1)
    await count(
      counter,
      Array.from({ length: 50 }, (_, index) => login(`d${index}`, 2, { user: `d${index}` })),
    )
    assert.equal(counter.counts.keys, 10)
    assert.equal((await journal.count('n', 'hit')) + (await journal.count('n', 'quiet')), 10)
  })

  it('forgets a key that nobody has hit for a day', async () => {
    const counter = await open()
    await count(counter, [login('old', 0, { user: 'old' })])
    await timers.pass(24 * 60 * MINUTE)
    await count(counter, [login('new', 24 * 60, { user: 'new' })])
    assert.equal(counter.counts.keys, 1)
    assert.equal(await journal.count('n', 'hit'), 1)
    assert.equal(dropped, 0)
  })

  it('finds what counting by hand finds, in a long generated series in any order', async () => {
    let seed = 7
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed / 2 ** 31
    }
    for (let round = 0; round < 30; round += 1) {
      journal = memoryJournal(() => timers.now())
      bursts = []
      const minutes = Array.from({ length: 12 }, () => Math.floor(random() * 120))
      const counter = await open({ count: 4, keys: 1000 })
      // One window at most out of order.
      const arrivals = [...minutes].sort((a, b) => a - b + (random() - 0.5) * 10)
      await count(
        counter,
        arrivals.map((minute, index) => login(`r${round}-${index}`, minute)),
      )
      const sorted = [...minutes].sort((a, b) => a - b)
      const expected = sorted.some((minute, index) => (sorted[index + 3] ?? Number.POSITIVE_INFINITY) - minute <= 10)
      assert.equal(bursts.length > 0, expected, arrivals.join())
    }
  })

  it('takes nothing after it was closed', async () => {
    const counter = await open()
    await counter.close()
    await assert.rejects(count(counter, logins(0)), { code: 'BURST_CLOSED' })
  })
})

describe('the settings of the burst node', () => {
  it('have defaults', () => {
    const { policy } = readBurstSettings({ key: 'topic' })
    assert.deepEqual(policy, { count: 5, windowMs: 600_000, rearmMs: 0, keys: 10_000 })
  })
  for (const wrong of [
    { key: '' },
    { key: 'event..id' },
    { key: 'nothing.known' },
    { key: 'payload.*.id' },
    { key: 'topic', count: '1' },
    { key: 'topic', count: '2.5' },
    { key: 'topic', window: '25', windowUnit: 'hours' },
    { key: 'topic', window: 'soon' },
    { key: 'topic', rearm: '-1' },
    { key: 'topic', keys: '9' },
  ]) {
    it(`refuse ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => readBurstSettings(wrong), { code: 'BURST_CONFIG' })
    })
  }
})
