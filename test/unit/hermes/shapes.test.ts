import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import type { StoredEvent } from '../../../src/audit/model'
import type { Shape } from '../../../src/hermes/model'
import { eventText, itemText } from '../../../src/hermes/shape/shapes'

const stored = (event: unknown, more: Partial<StoredEvent> = {}): StoredEvent => ({
  cloud: 'one',
  id: 'abc',
  phase: 'final',
  time: Date.parse('2026-11-21T06:51:16Z') * 1000 + 590_561,
  body: typeof event === 'string' ? event : JSON.stringify(event),
  notification: {},
  tenants: ['p1'],
  sequence: 7,
  ...more,
})
const item = (event: unknown, { shape = 'flat', details = false }: { shape?: Shape; details?: boolean } = {}) =>
  JSON.parse(itemText(stored(event), { shape, details }))
const whole = (event: unknown, shape: Shape = 'flat', more: Partial<StoredEvent> = {}) =>
  JSON.parse(eventText(stored(event, more), undefined, { shape, details: true }))

const full = {
  typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
  id: 'ABC',
  eventType: 'activity',
  eventTime: '2026-11-21T06:51:16.590561+00:00',
  action: 'update/add/role',
  outcome: 'success',
  requestPath: '/v3/x?y=1&z=2',
  severity: 'low',
  tags: ['a'],
  reason: { reasonType: 'HTTP', reasonCode: 204, policyId: 'p' },
  initiator: {
    id: 'u1',
    typeURI: 'service/security/account/user',
    name: 'ada',
    domain: 'Default',
    user_id: 'u1',
    project_id: 'p1',
    application_credential_id: 'ac',
    host: { address: '192.0.2.1', agent: 'curl', trust: 'direct' },
    credential: { token: '***' },
    request_id: 'req-1',
  },
  target: {
    id: 't1',
    typeURI: 'data/security/project',
    name: 'web',
    addresses: [{ url: 'http://x', name: 'public', port: '1' }, 'http://y'],
    attachments: [{ name: 'n', contentType: 'mime:text', content: { deep: [1] } }],
  },
  observer: { id: 'o1', typeURI: 'service/security', name: 'keystone' },
  attachments: [{ typeURI: 'mime:text', name: 'a', content: 'x', extra: 1 }],
}

describe('An event in a list', () => {
  it('has the members of Hermes, and no others', () => {
    assert.deepEqual(item(full), {
      id: 'ABC',
      eventTime: '2026-11-21T06:51:16.590561+00:00',
      action: 'update/add/role',
      outcome: 'success',
      requestPath: '/v3/x?y=1&z=2',
      initiator: { typeURI: 'service/security/account/user', id: 'u1', name: 'ada' },
      target: { typeURI: 'data/security/project', id: 't1' },
      observer: { typeURI: 'service/security', id: 'o1', name: 'keystone' },
    })
  })

  it('has its own attachments where details are asked for, not those of its target', () => {
    assert.deepEqual(item(full, { details: true }).attachments, [{ name: 'a', typeURI: 'mime:text', content: 'x' }])
    assert.ok(!('attachments' in item({ ...full, attachments: [] }, { details: true })))
  })

  it('leaves an ampersand as it is', () => {
    assert.match(itemText(stored(full), { shape: 'flat', details: false }), /y=1&z=2/)
  })

  const empty = {
    id: 'abc',
    eventTime: '2026-11-21T06:51:16.590561+00:00',
    action: '',
    outcome: '',
    requestPath: '',
    initiator: { typeURI: '', id: '' },
    target: { typeURI: '', id: '' },
    observer: { typeURI: '', id: '' },
  }
  for (const [what, event] of [
    ['nothing in it', {}],
    ['texts where resources should be', { initiator: 'u', target: [1], observer: null }],
    ['objects where texts should be', { action: {}, outcome: [], requestPath: { a: 1 }, eventTime: {} }],
    ['no JSON', '{"id": '],
    ['a list', '[1]'],
    ['a number', '5'],
  ] as const) {
    it(`with ${what} is shown with what is known beside it`, () => assert.deepEqual(item(event), empty))
  }

  it('may name its resources by id only', () => {
    assert.equal(item({ initiatorId: 'i1' }).initiator.id, 'i1')
  })

  it('whose observer is a reference has the resource that it names', () => {
    assert.equal(item({ ...full, observer: { id: 'target' } }).observer.id, 't1')
  })

  it('keeps an unusual time as it was sent', () => {
    for (const eventTime of ['2026-11-21T06:51:16.123456789+0000', 'yesterday']) {
      assert.equal(item({ eventTime }).eventTime, eventTime)
    }
  })
})

describe('An event by itself', () => {
  it('has the members of Hermes, and no others', () => {
    assert.deepEqual(whole(full), {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: 'ABC',
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:16.590561+00:00',
      action: 'update/add/role',
      outcome: 'success',
      requestPath: '/v3/x?y=1&z=2',
      // Clients decode it as a text.
      reason: { reasonType: 'HTTP', reasonCode: '204' },
      initiator: {
        typeURI: 'service/security/account/user',
        name: 'ada',
        domain: 'Default',
        id: 'u1',
        host: { address: '192.0.2.1', agent: 'curl' },
        project_id: 'p1',
        application_credential_id: 'ac',
        request_id: 'req-1',
      },
      target: {
        typeURI: 'data/security/project',
        name: 'web',
        id: 't1',
        addresses: [{ url: 'http://x', name: 'public' }, { url: 'http://y' }],
        attachments: [{ name: 'n', typeURI: 'mime:text', content: { deep: [1] } }],
      },
      observer: { typeURI: 'service/security', name: 'keystone', id: 'o1' },
      attachments: [{ name: 'a', typeURI: 'mime:text', content: 'x' }],
    })
  })

  it('always has a reason and three resources', () => {
    const { reason, initiator, target, observer } = whole({ id: 'x', reason: 'none' })
    assert.deepEqual([reason, initiator, target, observer], [{}, { typeURI: '' }, { typeURI: '' }, { typeURI: '' }])
  })

  it('shows attachments of any content', () => {
    const contents = [{ a: 1 }, [1, 2], 3, null, 'text', false]
    const attachments = contents.map((content) => ({ typeURI: 't', content }))
    assert.deepEqual(
      whole({ attachments }).attachments.map(({ content }: { content: unknown }) => content),
      contents,
    )
    assert.deepEqual(whole({ attachments: ['bare', null] }).attachments, [
      { typeURI: '', content: 'bare' },
      { typeURI: '', content: null },
    ])
  })

  it('shows what look-ups added where it does not say itself', () => {
    const added = { 'initiator.project_name': 'web', 'initiator.name': 'other', 'target.domain_id': 'd1' }
    const { initiator, target } = whole(full, 'flat', { added })
    assert.deepEqual([initiator.project_name, initiator.name, target.domain_id], ['web', 'ada', 'd1'])
  })

  it('is given letter by letter where the event itself is asked for', () => {
    const body = '{"id":"ABC",  "unknown": 1.0, "big": 12345678901234567890}'
    assert.equal(eventText(stored(body), undefined, { shape: 'event', details: true }), body)
  })

  it('comes with all that is kept beside it, and with what was asked, where the record is asked for', () => {
    const pending = stored({ id: 'ABC', outcome: 'pending' }, { phase: 'pending' })
    const final = stored(full, { added: { 'target.name': 'web' }, notification: { messageId: 'm1', priority: 'INFO' } })
    const record = JSON.parse(eventText(final, pending, { shape: 'record', details: true }))
    assert.deepEqual(record, {
      id: 'abc',
      phase: 'final',
      cloud: 'one',
      sequence: 7,
      tenants: ['p1'],
      added: { 'target.name': 'web' },
      notification: { message_id: 'm1', priority: 'INFO' },
      event: full,
      pending: { id: 'ABC', outcome: 'pending' },
    })
  })

  it('that cannot be read says so instead of breaking the answer around it', () => {
    assert.deepEqual(whole('{"id": ', 'event'), { id: 'abc', unreadable: true, body: '{"id": ' })
    assert.equal(whole('{"id": ', 'old').payload, '{"id": ')
  })
})

describe('The older shape', () => {
  const notification = {
    messageId: 'm1',
    eventType: 'identity.project.created',
    publisherId: 'identity.host1',
    priority: 'INFO',
    timestamp: '2026-11-21 06:51:16.600000',
  }

  it('has the members of 2017 in a list', () => {
    const text = itemText(stored(full, { notification }), { shape: 'old', details: false })
    assert.deepEqual(JSON.parse(text), {
      source: 'identity',
      event_id: 'm1',
      event_type: 'identity.project.created',
      event_time: '2026-11-21T06:51:16.590561+00:00',
      resource_id: 't1',
      resource_type: 'data/security/project',
      resource_name: 'web',
      initiator: {
        typeURI: 'service/security/account/user',
        project_id: 'p1',
        user_id: 'u1',
        user_name: 'ada',
        host: { agent: 'curl', address: '192.0.2.1' },
        id: 'u1',
      },
    })
  })

  it('is the notification around the event by itself', () => {
    assert.deepEqual(whole(full, 'old', { notification }), {
      publisher_id: 'identity.host1',
      event_type: 'identity.project.created',
      payload: full,
      message_id: 'm1',
      priority: 'INFO',
      timestamp: '2026-11-21 06:51:16.600000',
    })
  })

  it('makes up an event type where there was no notification', () => {
    const event = { ...full, action: 'create/project' }
    assert.equal(item(event, { shape: 'old' }).event_type, 'identity.project.created')
    assert.equal(item(event, { shape: 'old' }).source, 'identity')
  })

  it('may be had together with today’s', () => {
    const both = whole(full, 'both', { notification })
    assert.equal(both.id, 'ABC')
    assert.equal(both.message_id, 'm1')
    const { initiator, ...rest } = JSON.parse(
      itemText(stored(full, { notification }), { shape: 'both', details: false }),
    )
    assert.deepEqual([rest.event_id, rest.eventTime, rest.resource_id], ['m1', full.eventTime, 't1'])
    assert.deepEqual([initiator.name, initiator.user_name, initiator.id], ['ada', 'ada', 'u1'])
  })
})
