import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'mocha'
import { cadfViolations } from '../../../src/cadf/validate'
import { Correlator } from '../../../src/correlate/correlator'
import { facetOf } from '../../../src/correlate/facet'
import type { Correlated, CorrelatePolicy } from '../../../src/correlate/model'
import type { Settlement } from '../../../src/delivery/service'
import type { BatchMember } from '../../../src/message/model'
import type { Timers } from '../../../src/time/timers'
import { type HandTimers, handTimers } from '../../support/hand-timers'
import { type MemoryJournal, memoryJournal } from '../../support/memory-journal'
import { recordedOccurrences } from '../../support/recorded-occurrences'

const MINUTE = 60_000
const ACCEPTED: Settlement = { outcome: 'accepted' }

const audits = recordedOccurrences('neutron-audit.jsonl')
const notifications = recordedOccurrences('neutron.jsonl')
const octavia = recordedOccurrences('octavia-audit.jsonl')

const requestOf = ({ event, notification }: BatchMember) =>
  event.initiator.request_id ?? notification.context.requestId ?? ''
/** Every message of the recorded request that made the first notification of a type. */
function operation(topic: string, outcome = 'success'): BatchMember[] {
  for (const { notification } of notifications.filter((one) => one.topic === topic)) {
    const request = notification.context.requestId
    const call = audits.filter((one) => requestOf(one) === request)
    if (call.at(-1)?.event.outcome !== outcome) continue
    const own = notifications.filter((one) => requestOf(one) === request)
    const [asked, answered] = call
    if (asked !== undefined && answered !== undefined) return [asked, ...own, answered]
  }
  throw new Error(`no call for ${topic}`)
}
const correlatedOf = (member: BatchMember | undefined) => member?.event['correlated'] as Correlated
const topicsWith = (member: BatchMember | undefined) => correlatedOf(member)?.with.map(({ topic }) => topic)

function permutations<T>(of: readonly T[]): T[][] {
  if (of.length <= 1) return [[...of]]
  return of.flatMap((one, at) => permutations([...of.slice(0, at), ...of.slice(at + 1)]).map((rest) => [one, ...rest]))
}

describe('correlating', () => {
  let timers: HandTimers
  let journal: MemoryJournal
  let emitted: BatchMember[]
  let answer: () => Promise<Settlement>
  let number = 0

  beforeEach(() => {
    timers = handTimers()
    journal = memoryJournal(() => timers.now())
    emitted = []
    answer = () => Promise.resolve(ACCEPTED)
  })

  async function load(policy: Partial<CorrelatePolicy> = {}, own: Timers = timers): Promise<Correlator> {
    return Correlator.load({
      journal,
      owner: 'n',
      policy: { windowMs: MINUTE, held: 10_000, notifications: true, ...policy },
      emit: (messages) => {
        emitted.push(...messages)
        return answer()
      },
      timers: own,
      random: () => 0.5,
      newId: () => `o${++number}`,
      onChange: () => {},
      onTrouble: () => {},
      retry: { firstMs: 20_000, capMs: 80_000 },
    })
  }

  async function open(policy: Partial<CorrelatePolicy> = {}, own: Timers = timers): Promise<Correlator> {
    const correlator = await load(policy, own)
    correlator.start()
    return correlator
  }

  /** As the node does: what does not concern the correlator goes on by itself. */
  async function take(correlator: Correlator, members: readonly BatchMember[]): Promise<BatchMember[]> {
    const passed: BatchMember[] = []
    await Promise.all(
      members.map((member) => {
        const facet = facetOf(member)
        if (correlator.concerns(facet)) return correlator.add(member, member.notification.messageId, facet)
        passed.push(member)
        return undefined
      }),
    )
    await timers.settle()
    return passed
  }
  const rows = async () => (await journal.count('n', 'batch')) + (await journal.count('n', 'member'))

  it('makes one event with its duration of a request and its response', async () => {
    const correlator = await open()
    const [asked, answered] = audits.slice(0, 2)
    assert.ok(asked && answered)
    await take(correlator, [asked])
    assert.equal(emitted.length, 0)
    await take(correlator, [answered])
    assert.equal(emitted.length, 1)
    assert.equal(emitted[0]?.topic, 'audit.http.response')
    assert.deepEqual(emitted[0]?.payload, answered.payload)
    assert.deepEqual(correlatedOf(emitted[0]), {
      durationMs: 4.929,
      with: [
        {
          topic: 'audit.http.request',
          messageId: asked.notification.messageId,
          eventId: asked.event.id,
          eventTime: '2026-11-21T06:51:15.420929+00:00',
          outcome: 'pending',
        },
      ],
    })
    assert.equal(await rows(), 0)
  })

  it('gives a change the client address and the answer of its call, and keeps what the service said', async () => {
    const correlator = await open()
    const members = operation('security_group_rule.create.end')
    await take(correlator, members)
    const [message] = emitted
    const said = members.find(({ topic }) => topic === 'security_group_rule.create.end')
    assert.equal(emitted.length, 1)
    assert.equal(message?.topic, 'security_group_rule.create.end')
    assert.deepEqual(message?.payload, said?.payload)
    assert.deepEqual(message?.notification, said?.notification)
    assert.equal(message?.event.id, said?.event.id)
    assert.deepEqual(message?.event.target, said?.event.target)
    assert.equal(message?.event.initiator.host?.address, '127.0.0.1')
    assert.deepEqual(message?.event.reason, { reasonType: 'HTTP', reasonCode: '201' })
    assert.equal(message?.event.requestPath, '/v2.0/security-group-rules')
    assert.deepEqual(topicsWith(message), [
      'audit.http.request',
      'security_group_rule.create.start',
      'audit.http.response',
    ])
    assert.ok((correlatedOf(message).durationMs ?? 0) > 0)
    assert.equal(correlatedOf(message).missing, undefined)
  })

  it('does not care in which order request, response and notification come', async () => {
    const members = operation('security_group_rule.create.end').filter(({ topic }) => !topic.endsWith('.start'))
    const events: unknown[] = []
    for (const order of permutations(members)) {
      journal = memoryJournal(() => timers.now())
      emitted = []
      await take(await open(), order)
      assert.equal(emitted.length, 1, order.map(({ topic }) => topic).join(' '))
      events.push(emitted[0])
    }
    for (const event of events) assert.deepEqual(event, events[0])
  })

  it('joins every recorded pair, and every change of Neutron then knows its client', async () => {
    const correlator = await open()
    await take(correlator, [...notifications].reverse())
    await take(correlator, audits)
    await timers.pass(MINUTE)
    const ends = emitted.filter(({ topic }) => !topic.startsWith('audit.') && !topic.endsWith('.start'))
    const recordedEnds = notifications.filter(({ topic }) => !topic.endsWith('.start'))
    assert.equal(ends.length, recordedEnds.length)
    assert.ok(ends.length > 70)
    for (const { topic, event } of ends) assert.equal(event.initiator.host?.address, '127.0.0.1', topic)
    for (const one of emitted) {
      const pair = [one.topic, ...(topicsWith(one) ?? [])].filter((topic) => topic.startsWith('audit.')).sort()
      assert.deepEqual(pair, ['audit.http.request', 'audit.http.response'], one.topic)
      assert.deepEqual(cadfViolations(one.event), [], one.topic)
      assert.ok(correlatedOf(one).durationMs !== undefined)
    }
    // Nothing is lost: each message is one of those that left, or listed in one.
    const told = new Set(
      emitted.flatMap((one) => [one.notification.messageId, ...correlatedOf(one).with.map((w) => w.messageId)]),
    )
    assert.equal(told.size, audits.length + notifications.length)
    assert.equal(emitted.length, 117)
    assert.equal(await rows(), 0)
  })

  it("sends Octavia's pairs at once, which name no request", async () => {
    const correlator = await open()
    await take(correlator, octavia)
    assert.equal(emitted.length, 49)
    for (const one of emitted) assert.deepEqual(topicsWith(one), ['audit.http.request'])
    assert.ok(emitted.every((one) => correlatedOf(one).missing === undefined))
  })

  it('tells of a refused change once, with the reason and what was asked for', async () => {
    const correlator = await open()
    const members = operation('security_group_rule.create.start', 'failure')
    await take(correlator, members)
    assert.equal(emitted.length, 1)
    assert.equal(emitted[0]?.topic, 'security_group_rule.create.start')
    assert.equal(emitted[0]?.event.outcome, 'failure')
    assert.equal(emitted[0]?.event.reason?.reasonCode, '409')
  })

  it('waits for the notification of a change, and names what is missing when it does not come', async () => {
    const correlator = await open()
    const call = operation('security_group_rule.create.end').filter(({ topic }) => topic.startsWith('audit.'))
    await take(correlator, call)
    await timers.pass(MINUTE - 1)
    assert.equal(emitted.length, 0)
    await timers.pass(1)
    assert.deepEqual(
      emitted.map((one) => [one.topic, correlatedOf(one).missing]),
      [['audit.http.response', ['notification']]],
    )
  })

  it('waits for no notification if it is told not to, and lets notifications go by', async () => {
    const correlator = await open({ notifications: false })
    const members = operation('security_group_rule.create.end')
    const passed = await take(correlator, members)
    assert.deepEqual(
      emitted.map(({ topic }) => topic),
      ['audit.http.response'],
    )
    assert.equal(correlatedOf(emitted[0]).missing, undefined)
    assert.equal(passed.length, 2)
  })

  const lonely: [string, (members: BatchMember[]) => BatchMember[], string[]][] = [
    ['a request', (members) => members.slice(0, 1), ['response']],
    ['a response', (members) => members.slice(-1), ['request', 'notification']],
    ['a notification', (members) => members.slice(2, 3), ['audit']],
  ]
  for (const [what, some, missing] of lonely) {
    it(`sends ${what} that never got its partner when its time is up`, async () => {
      const correlator = await open()
      const [alone] = some(operation('security_group_rule.create.end'))
      assert.ok(alone)
      await take(correlator, [alone])
      await timers.pass(MINUTE - 1)
      assert.equal(emitted.length, 0)
      await timers.pass(1)
      assert.deepEqual([emitted[0]?.topic, correlatedOf(emitted[0]).missing], [alone.topic, missing])
      assert.deepEqual({ ...emitted[0]?.event, correlated: undefined }, { ...alone.event, correlated: undefined })
    })
  }

  it('joins a notification that comes after its call has left, for a while', async () => {
    const correlator = await open()
    const members = operation('security_group_rule.create.end')
    const late = members[2]
    assert.ok(late)
    await take(correlator, [members[0] as BatchMember, members[3] as BatchMember])
    await timers.pass(MINUTE)
    await take(correlator, [late])
    assert.equal(emitted.length, 2)
    assert.equal(emitted[1]?.event.initiator.host?.address, '127.0.0.1')
  })

  describe('the keys', () => {
    const changed = (member: BatchMember, event: object): BatchMember => ({
      ...member,
      event: { ...member.event, ...event },
    })
    const [asked, answered] = octavia as [BatchMember, BatchMember]

    it('take an id with and without its prefix and dashes for the same', async () => {
      const correlator = await open()
      await take(correlator, [
        changed(asked, { id: `openstack:${asked.event.id}`, tags: [] }),
        changed(answered, { id: answered.event.id.replaceAll('-', '').toUpperCase(), tags: [] }),
      ])
      assert.equal(emitted.length, 1)
    })

    it('join by the tag alone, where the ids differ', async () => {
      const correlator = await open()
      await take(correlator, [asked, changed(answered, { id: 'another' })])
      assert.equal(emitted.length, 1)
      assert.deepEqual(topicsWith(emitted[0]), ['audit.http.request'])
    })

    it('never join by unknown', async () => {
      const correlator = await open()
      const nobody = {
        id: 'unknown',
        tags: ['correlation_id?value=unknown'],
        initiator: { ...asked.event.initiator, request_id: 'unknown' },
      }
      const passed = await take(correlator, [changed(asked, nobody), changed(answered, nobody)])
      assert.equal(passed.length, 2)
      assert.equal(correlator.counts.collecting, 0)
    })

    it('do not join what two clouds sent', async () => {
      const correlator = await open()
      const { notification } = answered
      const elsewhere = { ...notification, source: { ...notification.source, cloud: 'other' } }
      await take(correlator, [asked, { ...answered, notification: elsewhere }])
      assert.equal(emitted.length, 0)
    })

    it("do not take the audit middleware's made-up request id, nor the client's global one", async () => {
      const correlator = await open()
      const rule = operation('security_group_rule.create.end')[2] as BatchMember
      const made = { ...asked.notification.context, requestId: rule.notification.context.requestId ?? '' }
      const forged = { ...asked.event.initiator, global_request_id: requestOf(rule) }
      await take(correlator, [
        rule,
        { ...changed(asked, { initiator: forged }), notification: { ...asked.notification, context: made } },
      ])
      assert.equal(correlator.counts.open, 2)
    })

    it('bring together what came apart: a response names both the event and the request', async () => {
      const [first, , said, last] = operation('security_group_rule.create.end') as [
        BatchMember,
        BatchMember,
        BatchMember,
        BatchMember,
      ]
      const { request_id: _, ...nameless } = first.event.initiator
      const orders = permutations([
        changed(first, { initiator: nameless, tags: [] }),
        said,
        changed(last, { tags: [] }),
      ])
      for (const order of orders) {
        journal = memoryJournal(() => timers.now())
        emitted = []
        await take(await open(), order)
        assert.equal(emitted.length, 1, order.map(({ topic }) => topic).join(' '))
        assert.deepEqual(topicsWith(emitted[0]), ['audit.http.request', 'audit.http.response'])
        assert.equal(await rows(), 0)
      }
    })
  })

  it('lets go by what knows its client already, unless its call is here', async () => {
    const correlator = await open()
    const [login] = recordedOccurrences('keystone-cadf.jsonl')
    assert.ok(login)
    assert.deepEqual(await take(correlator, [login]), [login])
  })

  it('flags what contradicts itself', async () => {
    const correlator = await open()
    const members = operation('security_group_rule.create.end')
    const failing = members.map((member) =>
      member.topic === 'audit.http.response'
        ? {
            ...member,
            event: {
              ...member.event,
              outcome: 'failure' as const,
              initiator: { ...member.event.initiator, id: 'somebody-else' },
            },
          }
        : member,
    )
    await take(correlator, failing)
    assert.equal(emitted[0]?.event.outcome, 'success')
    assert.deepEqual(emitted[0]?.event.flags, [
      'initiator is not who made the call',
      "outcome success but the call's was failure",
    ])
  })

  describe('over a restart', () => {
    const dead: () => Timers = () => ({ now: timers.now, after: () => () => {} })

    it('joins what came before with what comes after', async () => {
      const [asked, , said, answered] = operation('security_group_rule.create.end') as [
        BatchMember,
        BatchMember,
        BatchMember,
        BatchMember,
      ]
      await take(await open({}, dead()), [asked])
      await take(await open({}, dead()), [said])
      await take(await open(), [answered])
      assert.equal(emitted.length, 1)
      assert.deepEqual(topicsWith(emitted[0]), ['audit.http.request', 'audit.http.response'])
    })

    it('sends what was complete and had not left', async () => {
      answer = () => new Promise(() => {})
      const members = operation('security_group_rule.create.end')
      await take(await open({}, dead()), members)
      answer = () => Promise.resolve(ACCEPTED)
      emitted = []
      await open()
      await timers.settle()
      assert.equal(emitted.length, 1)
    })

    it('sends what was complete when it died, before it could write that', async () => {
      await take(await load({}, dead()), operation('security_group_rule.create.end'))
      assert.equal(emitted.length, 0)
      await open()
      await timers.settle()
      assert.equal(emitted.length, 1)
      assert.equal(await rows(), 0)
    })

    it('brings together what it died over bringing together', async () => {
      const [asked, , said, answered] = operation('security_group_rule.create.end') as BatchMember[]
      assert.ok(asked && said && answered)
      const { request_id: _, ...nameless } = asked.event.initiator
      const first = await load({}, dead())
      await take(first, [{ ...asked, event: { ...asked.event, initiator: nameless } }, said])
      journal.beforeWrite = (operations) => {
        if (operations.some((one) => one.do === 'delete')) throw new Error('died')
      }
      await take(first, [answered])
      journal.beforeWrite = undefined
      assert.equal(await journal.count('n', 'batch'), 2)
      await open()
      await timers.settle()
      assert.equal(emitted.length, 1)
      assert.deepEqual(topicsWith(emitted[0]), ['audit.http.request', 'audit.http.response'])
      assert.equal(await rows(), 0)
    })

    it('takes a message once', async () => {
      const pair = audits.slice(0, 2)
      await take(await open(), pair)
      await take(await open(), pair)
      await timers.pass(MINUTE)
      assert.equal(emitted.length, 1)
    })
  })

  it('keeps what the flow refuses, and sends it again', async () => {
    const correlator = await open()
    const away: Settlement = { outcome: 'retry', reason: { code: 'FLOW_ERROR', message: 'away' }, countsAttempt: true }
    answer = () => Promise.resolve(away)
    await take(correlator, audits.slice(0, 2))
    assert.equal(correlator.counts.failed, 1)
    answer = () => Promise.resolve(ACCEPTED)
    await timers.pass(20_000)
    assert.equal(emitted.length, 2)
    assert.deepEqual(emitted[0], emitted[1])
    assert.equal(await rows(), 0)
  })

  it('refuses what it has no room for, and forgets what could not be written', async () => {
    const correlator = await open({ held: 1 })
    const [asked, answered] = audits.slice(0, 2) as [BatchMember, BatchMember]
    await take(correlator, [asked])
    await assert.rejects(take(correlator, [answered]), { code: 'CORRELATE_FULL' })
    journal = memoryJournal(() => timers.now())
    const other = await open()
    journal.beforeWrite = () => {
      throw new Error('disk full')
    }
    await assert.rejects(take(other, [asked]), /disk full/)
    journal.beforeWrite = undefined
    emitted = []
    await take(other, [answered])
    assert.equal(emitted.length, 0)
    await take(other, [asked])
    assert.equal(emitted.length, 1)
  })
})
