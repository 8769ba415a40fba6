import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { AuditRecord } from '../../../../src/audit/model'
import { LARGEST_BODY } from '../../../../src/audit/record/bounded'
import { recordOf } from '../../../../src/audit/record/record-of'
import type { Occurrence } from '../../../../src/audit/trail'
import { cadfEvent } from '../../../../src/cadf/convert'
import { EVENT_TYPE_URI } from '../../../../src/cadf/event'
import { decodeNotification } from '../../../../src/notification/envelope'
import { logLine } from '../../../../src/notification/log-file/line'
import { inContext } from '../../../../src/notification/log-file/request-context'
import { recordedOccurrences } from '../../../support/recorded-occurrences'

const NOW = Date.parse('2026-11-21T08:00:00Z')
const OPTIONS = { cloud: 'lab', now: NOW }

const EVENT = {
  typeURI: EVENT_TYPE_URI,
  id: '1c2fc591-facb-4479-a327-520dade1ea15',
  eventType: 'activity',
  eventTime: '2026-11-21T06:51:16.590561+00:00',
  action: 'create',
  outcome: 'success',
  initiator: { id: 'u1', typeURI: 'service/security/account/user', name: 'ada', project_id: 'p1' },
  target: { id: 't1', typeURI: 'network/router', project_id: 'p2' },
  observer: { id: 'o1', typeURI: 'service/network', name: 'neutron' },
}

/** Anything may come out of a function node. */
function record(changes: object, rest: Partial<Occurrence> = {}): AuditRecord {
  return recordOf({ event: { ...EVENT, ...changes } as Occurrence['event'], ...rest }, OPTIONS)
}

function body(changes: object): Record<string, unknown> {
  return JSON.parse(record(changes).body)
}

describe('What is stored of an occurrence', () => {
  it('has one key for every spelling of an id', () => {
    for (const id of [
      EVENT.id,
      `openstack:${EVENT.id}`,
      `urn:uuid:${EVENT.id.toUpperCase()}`,
      EVENT.id.replaceAll('-', ''),
    ]) {
      assert.equal(record({ id }).id, '1c2fc591facb4479a327520dade1ea15')
    }
    assert.equal(body({ id: `openstack:${EVENT.id}` })['id'], `openstack:${EVENT.id}`)
  })

  it('has a key that any engine can take, whatever the id', () => {
    const [one, other] = ['a', 'b'].map((end) => record({ id: `${'x'.repeat(100_000)}${end}` }).id)
    assert.ok(one !== undefined && one.length <= 256)
    assert.notEqual(one, other)
  })

  it('is the pending phase for what was asked, and the final one for whatever came of it', () => {
    assert.equal(record({ outcome: 'pending' }).phase, 'pending')
    for (const outcome of ['success', 'failure', 'unknown', undefined]) assert.equal(record({ outcome }).phase, 'final')
  })

  describe('has the time of the event in µs', () => {
    const whole = Date.parse('2026-11-21T06:51:16Z') * 1000
    const spellings: [string, number][] = [
      ['2026-11-21T06:51:16.590561+00:00', 590_561],
      ['2026-11-21T06:51:16.590561+0000', 590_561],
      ['2026-11-21T06:51:16.590561', 590_561],
      ['2026-11-21 06:51:16.590561', 590_561],
      ['2026-11-21T06:51:16.5905619Z', 590_561],
      ['2026-11-21T06:51:16.59Z', 590_000],
      ['2026-11-21T06:51:16Z', 0],
      ['2026-11-21T08:21:16+01:30', 0],
      ['2026-11-21T05:51:16.000001-01:00', 1],
    ]
    for (const [eventTime, fraction] of spellings) {
      it(`written as ${eventTime}`, () => {
        assert.equal(record({ eventTime }).time, whole + fraction)
        assert.equal(body({ eventTime })['flags'], undefined)
      })
    }
  })

  for (const eventTime of ['yesterday', '', null, 7, '9999-12-31T23:59:59Z', '2026-21-11T06:51:16Z', undefined]) {
    it(`has another time, and says so, where that of the event is ${JSON.stringify(eventTime)}`, () => {
      const stored = record({ eventTime })
      assert.equal(stored.time, NOW * 1000)
      assert.match(stored.body, /"flags":\["eventTime is no time: stored under that of its arrival"\]/)
      const notification = recordedOccurrences('keystone-cadf.jsonl')[0]?.notification
      assert.ok(notification !== undefined)
      const sent = record({ eventTime }, { notification })
      assert.equal(sent.time, Date.parse(notification.timestamp) * 1000 + Number(notification.timestamp.slice(23, 26)))
      assert.match(sent.body, /under that of the notification/)
    })
  }

  it('is the event as it came, with what it says beyond the standard', () => {
    const extra = { ...EVENT, role: 'r1', tags: ['a'], inherited_to_projects: false, flags: ['target.id is random'] }
    assert.deepEqual(body(extra), extra)
  })

  it('never has a token', () => {
    const secrets = {
      initiator: { ...EVENT.initiator, credential: { token: 'gAAAAsecret', identity_status: 'Confirmed' } },
      attachments: [
        {
          typeURI: 'mime:application/json',
          name: 'a',
          content: { auth_token: 'gAAAAsecret', 'X-Subject-Token': 'gAAAAsecret' },
        },
      ],
      reporterchain: [{ reporter: { credential: { token: 'gAAAAsecret' } } }],
      _context_auth_token: 'gAAAAsecret',
    }
    const stored = record(secrets)
    assert.ok(!JSON.stringify(stored).includes('gAAAAsecret'))
    assert.match(stored.body, /"credential":\{"token":"\*\*\*","identity_status":"Confirmed"\}/)
  })

  it('survives whatever a function node can build', () => {
    const circular: Record<string, unknown> = { name: 'round' }
    circular['self'] = circular
    circular['again'] = [circular, circular]
    const odd = body({
      circular,
      big: 12n,
      when: new Date(NOW),
      buffer: Buffer.from('ab'),
      run: () => 1,
      nan: Number.NaN,
      ...JSON.parse('{"__proto__": {"polluted": true}}'),
    })
    assert.equal(odd['big'], '12')
    assert.equal(odd['when'], new Date(NOW).toISOString())
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
    assert.match(String(odd['flags']), /shortened: circular/)
    for (const event of [null, 'text', 7, [], {}, { id: '' }, { id: 7 }]) {
      assert.throws(() => recordOf({ event } as never, OPTIONS), { code: 'AUDIT_BAD_EVENT', retryable: false })
    }
    const failing = { toJSON: () => assert.fail('no') }
    assert.throws(() => record({ failing }), { code: 'AUDIT_BAD_EVENT' })
    for (const initiator of [undefined, null, 'u1', 7, [], { id: 7 }, { host: 'h' }]) {
      assert.equal(record({ initiator, target: initiator, observer: initiator }).tenants.length, 0)
    }
  })

  describe('is bounded', () => {
    const huge: [string, object, RegExp][] = [
      [
        'a long text',
        { requestPath: `/v2/${'x'.repeat(1_000_000)}` },
        /shortened: requestPath \(1000004 characters, sha256:[0-9a-f]{64}\)/,
      ],
      [
        'a large attachment',
        {
          attachments: [
            { name: 'small', content: 'kept' },
            { name: 'payload', content: { a: 'x'.repeat(900_000) } },
          ],
        },
        /shortened: attachments\.1\.content\.a \(900000 characters/,
      ],
      ['a text that JSON makes longer', { note: '\u0000'.repeat(300_000) }, /shortened: note \(300000 characters/],
      [
        'many long texts',
        Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`m${n}`, 'y'.repeat(20_000)])),
        /shortened: m/,
      ],
      [
        'many members',
        { list: Array.from({ length: 15_000 }, (_, n) => `element number ${n} of a long list`) },
        /shortened: list \(/,
      ],
      ['too many members', { list: Array(100_000).fill(1) }, /shortened: list \(more than 20000 members\)/],
      [
        'members of the event itself',
        Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`member ${n}`, `value ${n}`])),
        /members beyond the standard/,
      ],
      ['long names', { ['n'.repeat(400_000)]: 1 }, /members beyond the standard/],
    ]
    for (const [what, changes, flag] of huge) {
      it(`with ${what}, and says so`, () => {
        const stored = record(changes)
        assert.ok(stored.body.length <= LARGEST_BODY, `${stored.body.length}`)
        const event = JSON.parse(stored.body)
        assert.match(String(event.flags), flag)
        for (const name of ['id', 'action', 'initiator', 'target', 'observer'] as const) {
          assert.deepEqual(event[name], EVENT[name])
        }
      })
    }
    it('and what is small stays whole', () => {
      const { attachments } = body(huge[1]?.[1] ?? {}) as { attachments: { content: unknown }[] }
      assert.equal(attachments[0]?.content, 'kept')
    })
    it('and tells two events apart that differ only in what was cut', () => {
      const [one, other] = ['a', 'b'].map((end) => record({ note: `${'x'.repeat(1_000_000)}${end}` }).contentHash)
      assert.notEqual(one, other)
    })
  })
})

const BUS = [
  'keystone-cadf',
  'keystone-basic',
  'keystone-cadf-lockout',
  'neutron',
  'neutron-audit',
  'octavia',
  'octavia-audit',
  'edge-cases',
]

describe('The content of an occurrence', () => {
  for (const file of BUS) {
    it(`is the same from the bus and from the log file: ${file}`, () => {
      const lines = readFileSync(`test/fixtures/recordings/${file}.jsonl`, 'utf8').split('\n').filter(Boolean)
      for (const line of lines) {
        const { exchange, body } = JSON.parse(line) as { exchange: string; body: string }
        const fromBus = decodeNotification(body, { kind: 'rabbitmq', cloud: 'lab', exchange })
        const logged = logLine(asLogged(body))
        assert.ok(logged.kind === 'notification')
        const fromLog = inContext(decodeNotification(logged.body, { kind: 'log-file', cloud: 'lab' }), logged.context)
        const [one, other] = [fromBus, fromLog].map(({ notification, payload }) =>
          recordOf({ event: cadfEvent(notification, payload), notification }, OPTIONS),
        )
        assert.ok(one !== undefined && other !== undefined)
        assert.equal(other.contentHash, one.contentHash, fromBus.notification.eventType)
        assert.deepEqual([other.id, other.phase, other.time], [one.id, one.phase, one.time])
      }
    })
  }

  it('is the same from the bus and from the log file where only the exchange tells the service', () => {
    const body = JSON.stringify({
      message_id: 'm1',
      event_type: 'snapshot.create.end',
      timestamp: '2026-11-21 06:51:16.704739',
      payload: { id: 's1', snapshot_id: 's1' },
    })
    const hashes = [
      { kind: 'rabbitmq', cloud: 'lab', exchange: 'manila' } as const,
      { kind: 'log-file', cloud: 'lab' } as const,
    ].map((source) => {
      const { notification, payload } = decodeNotification(body, source)
      const event = cadfEvent(notification, payload)
      return { type: event.observer.typeURI, hash: recordOf({ event, notification }, OPTIONS).contentHash }
    })
    assert.notEqual(hashes[0]?.type, hashes[1]?.type)
    assert.equal(hashes[0]?.hash, hashes[1]?.hash)
  })

  it('differs between any two recorded messages', () => {
    const hashes = new Map<string, string>()
    for (const { event, notification } of BUS.flatMap((file) => recordedOccurrences(`${file}.jsonl`))) {
      const { contentHash, id, phase } = recordOf({ event, notification }, OPTIONS)
      assert.equal(hashes.get(contentHash) ?? `${id} ${phase}`, `${id} ${phase}`)
      hashes.set(contentHash, `${id} ${phase}`)
    }
    assert.ok(hashes.size > 500)
  })

  it('does not hang on what this package says about it, nor on the order of members', () => {
    const { contentHash } = record({ initiator: { ...EVENT.initiator, host: { address: '1.2.3.4' } } })
    const said = {
      flags: ['action was update'],
      added: ['severity'],
      severity: 'made up',
      initiator: { host: { trust: 'claimed', address: '1.2.3.4' }, ...EVENT.initiator },
    }
    assert.equal(record(said).contentHash, contentHash)
  })

  for (const [what, change] of Object.entries({
    action: { action: 'delete' },
    outcome: { outcome: 'failure' },
    'who acted': { initiator: { ...EVENT.initiator, id: 'u2' } },
    'an attachment': { attachments: [] },
    'a member beyond the standard': { role: 'r1' },
  })) {
    it(`hangs on ${what}`, () => assert.notEqual(record(change).contentHash, record({}).contentHash))
  }
})

/** The line that oslo's log driver writes for a message on the bus: without the context, which is in the line's prefix. */
function asLogged(body: string): string {
  const outer = JSON.parse(body)
  const inner = 'oslo.message' in outer ? JSON.parse(outer['oslo.message']) : outer
  const of = (name: string) => inner[`_context_${name}`] ?? '-'
  const prefix = `[None ${of('request_id') === '-' ? `req-${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}` : of('request_id')} ${of('user_id')} ${of('project_id')} - - default default]`
  const bare = Object.fromEntries(Object.entries(inner).filter(([name]) => !name.startsWith('_')))
  return `2026-11-21 07:57:42.857 22739 INFO oslo.messaging.notification.${inner.event_type} ${prefix} ${JSON.stringify(bare)}`
}
