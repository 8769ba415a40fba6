import assert from 'node:assert/strict'
import { convert } from './converted'

describe('The CADF event of a CADF payload', () => {
  const sent = {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: 'e1',
    eventType: 'activity',
    eventTime: '2026-11-21T06:47:36.704578+0000',
    action: 'update',
    outcome: 'success',
    initiator: { id: 'u1', typeURI: 'service/security/account/user' },
    target: { id: 't1', typeURI: 'service/network', name: 'neutron' },
    observer: { id: 'target' },
  }
  const take = (changes: object) => convert('something.happened', { ...sent, ...changes })

  it('keeps what the source added to the standard', () => {
    const event = take({ requestPath: '/', inherited_to_projects: false, custom: { deep: [1] } })
    assert.equal(event.requestPath, '/')
    assert.equal(event['inherited_to_projects'], false)
    assert.deepEqual(event['custom'], { deep: [1] })
    assert.equal(event.added, undefined)
    assert.equal(event.flags, undefined)
  })

  it('resolves an observer that refers to another part of the event', () => {
    assert.deepEqual(take({}).observer, { id: 't1', typeURI: 'service/network', name: 'neutron' })
    assert.deepEqual(take({ observer: { id: 'initiator' } }).observer, sent.initiator)
    const real = { id: 'target', typeURI: 'service/security' }
    assert.deepEqual(take({ observer: real }).observer, real)
  })

  it('spells times with their offset', () => {
    const chain = [{ role: 'modifier', reporterTime: '2026-11-21T06:51:15.425858+0000', reporter: { id: 'target' } }]
    const event = take({ reporterchain: chain })
    assert.equal(event.eventTime, '2026-11-21T06:47:36.704578+00:00')
    const [step] = event.reporterchain as { reporterTime: string; reporter: object }[]
    assert.equal(step?.reporterTime, '2026-11-21T06:51:15.425858+00:00')
    assert.deepEqual(step?.reporter, { id: 't1', typeURI: 'service/network', name: 'neutron' })
  })

  it('does not change the payload', () => {
    const payload = structuredClone({
      ...sent,
      reason: { reasonType: 'HTTP', reasonCode: 200 },
      reporterchain: [{ role: 'relay', reporterId: 'x', reporterTime: '2026-11-21T06:51:15Z' }],
    })
    const before = structuredClone(payload)
    convert('audit.http.response', payload)
    assert.deepEqual(payload, before)
  })

  it('turns numeric reason codes and ids into text', () => {
    const event = take({
      reason: { reasonType: 'HTTP', reasonCode: 204 },
      target: { id: 17, typeURI: 'compute/server' },
    })
    assert.equal(event.reason?.reasonCode, '204')
    assert.equal(event.target.id, '17')
  })

  it('flags a success with the reason of a failure, and keeps both', () => {
    const event = take({ reason: { reasonType: 'Password too short', reasonCode: '400' } })
    assert.equal(event.outcome, 'success')
    assert.deepEqual(event.flags, ['outcome success but reason code 400'])
  })

  it('brings extended and foreign outcomes to the four of the standard, and says so', () => {
    assert.equal(take({ outcome: 'failure/timeout' }).outcome, 'failure')
    assert.deepEqual(take({ outcome: 'failure/timeout' }).flags, ['outcome was failure/timeout'])
    assert.equal(take({ outcome: 'failed' }).outcome, 'unknown')
    assert.deepEqual(take({ outcome: 'failed' }).flags, ['outcome was failed'])
    assert.deepEqual(take({ outcome: undefined }).added, ['outcome'])
  })

  describe('fills in, visibly,', () => {
    for (const [member, value] of [
      ['id', 'm1'],
      ['typeURI', sent.typeURI],
      ['eventType', 'activity'],
      ['eventTime', '2026-11-21T06:51:16.704739+00:00'],
      ['action', 'unknown'],
    ] as const) {
      it(`a lacking ${member}`, () => {
        const event = take({ [member]: undefined })
        assert.equal(event[member], value)
        assert.deepEqual(event.added, [member])
      })
    }
    for (const role of ['initiator', 'target', 'observer'] as const) {
      it(`a lacking ${role}`, () => {
        const event = take({ [role]: undefined, ...(role === 'target' ? { observer: sent.initiator } : {}) })
        assert.deepEqual(event[role], { id: 'unknown', typeURI: 'unknown' })
        assert.deepEqual(event.added, [`${role}.id`, `${role}.typeURI`])
      })
    }
    it('the type of an initiator that is given by its id only', () => {
      const event = take({ initiator: undefined, initiatorId: 'u7' })
      assert.deepEqual(event.initiator, { id: 'u7', typeURI: 'unknown' })
      assert.deepEqual(event.added, ['initiator.typeURI'])
    })
    it('what is there but makes no sense', () => {
      const event = take({ id: 7, eventTime: 'now', action: '', initiator: 'alice', reason: 'because' })
      assert.equal(event.initiator.id, 'alice')
      assert.deepEqual(event.flags, ['initiator is no resource', 'reason is no object'])
      assert.deepEqual(event.added?.toSorted(), ['action', 'eventTime', 'id', 'initiator.typeURI'])
    })
  })

  it('has each part once: an id beside its resource is taken or named', () => {
    const event = take({ initiatorId: 'openstack:u1', observerId: 'o9' })
    assert.ok(!('initiatorId' in event) && !('observerId' in event))
    assert.deepEqual(event.flags, ['observerId was o9'])
  })

  it('has no host and no credential that are none', () => {
    const event = take({ initiator: { ...sent.initiator, host: '192.0.2.1', credential: 'secret' } })
    assert.deepEqual(event.initiator, sent.initiator)
    assert.deepEqual(event.flags, ['initiator.host is no host', 'initiator.credential is no credential'])
  })

  it('keeps lists lists: what is none is dropped and flagged', () => {
    const event = take({ tags: 'a', attachments: {}, reporterchain: 7, requestPath: ['x'] })
    for (const member of ['tags', 'attachments', 'reporterchain', 'requestPath']) assert.ok(!(member in event), member)
    assert.deepEqual(event.flags, [
      'reporterchain is no list',
      'attachments is no list',
      'tags is no list',
      'requestPath is no text',
    ])
  })

  it('reads the type of an attachment under either name', () => {
    const sentAttachments = [
      { contentType: 'mime:text/plain', name: 'a', content: 'x' },
      { typeURI: 'xs:string', name: 'b', content: 'y' },
    ]
    const { attachments } = take({ attachments: sentAttachments })
    assert.deepEqual(
      attachments?.map(({ typeURI }) => typeURI),
      ['mime:text/plain', 'xs:string'],
    )
  })

  it('does not let a source set the marks of this package', () => {
    const event = take({ added: ['initiator.id'], flags: ['x'] })
    assert.equal(event.added, undefined)
    assert.equal(event.flags, undefined)
  })
})
