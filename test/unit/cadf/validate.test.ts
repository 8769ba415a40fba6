import assert from 'node:assert/strict'
import { cadfProblems, cadfViolations } from '../../../src/cadf/validate'

const valid = {
  typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
  id: 'e1',
  eventType: 'activity',
  eventTime: '2026-11-21T06:51:16.590561+00:00',
  action: 'created.project',
  outcome: 'success',
  initiator: { id: 'u1', typeURI: 'service/security/account/user', name: 'alice' },
  target: { id: 't1', typeURI: 'data/security/project', addresses: [{ url: 'http://x', name: 'public' }] },
  observer: { id: 'o1', typeURI: 'service/security' },
  reason: { reasonType: 'HTTP', reasonCode: '200' },
  tags: ['correlation_id?value=x'],
  attachments: [{ typeURI: 'xs:string', name: 'a', content: null }],
  reporterchain: [{ role: 'modifier', reporter: { id: 'target' }, reporterTime: '2026-11-21T06:51:16+00:00' }],
  added: ['target.id'],
}

describe('The validator of CADF events', () => {
  it('finds nothing wrong with a valid event', () => {
    assert.deepEqual(cadfViolations(valid), [])
  })

  const user = valid.initiator
  const wrong: [what: string, change: object, path: string][] = [
    ['another record type', { typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/log' }, 'typeURI'],
    ['no id', { id: '' }, 'id'],
    ['an event type of its own', { eventType: 'compliance' }, 'eventType'],
    ['a time without offset', { eventTime: '2026-11-21T06:51:16' }, 'eventTime'],
    ['a time with Z', { eventTime: '2026-11-21T06:51:16Z' }, 'eventTime'],
    ['a time with an offset without colon', { eventTime: '2026-11-21T06:51:16+0000' }, 'eventTime'],
    ['a time that is none', { eventTime: '2026-31-21T06:51:16+00:00' }, 'eventTime'],
    ['an action outside the taxonomy', { action: 'frobnicate/port' }, 'action'],
    ['an action that is no path', { action: 'create port' }, 'action'],
    ['no action', { action: undefined }, 'action'],
    ['another outcome', { outcome: 'failed' }, 'outcome'],
    ['no initiator', { initiator: undefined }, 'initiator'],
    ['an initiator without id', { initiator: { ...user, id: undefined } }, 'initiator.id'],
    ['a type outside the taxonomy', { initiator: { ...user, typeURI: 'router/port' } }, 'initiator.typeURI'],
    [
      'a type that only begins like a root',
      { initiator: { ...user, typeURI: 'networking/port' } },
      'initiator.typeURI',
    ],
    ['a name that is no text', { initiator: { ...user, name: 7 } }, 'initiator.name'],
    ['an observer by reference', { observer: { id: 'target' } }, 'observer.typeURI'],
    ['an address without url', { target: { ...valid.target, addresses: [{}] } }, 'target.addresses'],
    ['half a reason', { reason: { reasonType: 'HTTP' } }, 'reason'],
    ['a numeric reason code', { reason: { reasonType: 'HTTP', reasonCode: 200 } }, 'reason'],
    ['control without a reason', { eventType: 'control', reason: undefined }, 'reason'],
    ['monitor without measurements', { eventType: 'monitor' }, 'measurements'],
    ['tags that are no list', { tags: 'a' }, 'tags'],
    ['an attachment without type', { attachments: [{ name: 'a', content: 1 }] }, 'attachments.0'],
    ['a reporter step of no role', { reporterchain: [{ reporterId: 'x' }] }, 'reporterchain.0.role'],
    ['an attachment without name', { attachments: [{ typeURI: 'xs:string', content: 1 }] }, 'attachments.0'],
    ['an id beside its resource', { targetId: 't1' }, 'targetId'],
    ['a credential without token', { initiator: { ...user, credential: {} } }, 'initiator.credential'],
    ['a host that is none', { initiator: { ...user, host: '192.0.2.1' } }, 'initiator.host'],
    ['an address that is no text', { initiator: { ...user, host: { address: 7 } } }, 'initiator.host.address'],
    ['a numeric project', { target: { ...valid.target, project_id: 7 } }, 'target.project_id'],
    ['an empty request id', { initiator: { ...user, request_id: '' } }, 'initiator.request_id'],
    ['numbers for a place', { target: { ...valid.target, geolocation: { latitude: 1 } } }, 'target.geolocation'],
    ['a parent that is no resource', { target: { ...valid.target, parent: { id: 'x' } } }, 'target.parent.typeURI'],
    ['a target’s attachment without type', { target: { ...valid.target, attachments: [{}] } }, 'target.attachments.0'],
    ['a measurement without metric', { measurements: [{ result: 1 }] }, 'measurements.0'],
    ['a metric without unit', { measurements: [{ result: 1, metric: { metricId: 'x' } }] }, 'measurements.0.metric'],
    [
      'a reporter that is no resource',
      { reporterchain: [{ role: 'relay', reporter: { id: 'x' } }] },
      'reporterchain.0.reporter.typeURI',
    ],
    ['a mark for what is not there', { added: ['target.color'] }, 'added.0'],
  ]
  for (const [what, change, path] of wrong) {
    it(`finds ${what}`, () => {
      assert.deepEqual(
        cadfViolations({ ...valid, ...change }).map((violation) => violation.path),
        [path],
      )
    })
  }

  it('says in a sentence what is wrong, for a rule and for people', () => {
    assert.deepEqual(cadfProblems(valid), [])
    assert.deepEqual(cadfProblems({ ...valid, outcome: 'failed' }), [
      'outcome is none of success, failure, unknown, pending',
    ])
    assert.deepEqual(cadfProblems(7), ['is no object'])
  })

  for (const nothing of [undefined, null, 7, 'x', []]) {
    it(`takes no ${JSON.stringify(nothing) ?? 'undefined'} for an event`, () => {
      assert.equal(cadfViolations(nothing).length, 1)
    })
  }
})
