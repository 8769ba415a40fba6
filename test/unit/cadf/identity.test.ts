import assert from 'node:assert/strict'
import type { CadfEvent } from '../../../src/cadf/event'
import { actorKey, correlationId, idKey, isKnown, sameId } from '../../../src/cadf/identity'

const UUID = '1c2fc591-facb-4479-a327-520dade1ea15'

describe('Ids of CADF events', () => {
  for (const spelling of [`openstack:${UUID}`, `urn:uuid:${UUID}`, UUID.toUpperCase(), UUID.replaceAll('-', '')]) {
    it(`${spelling} is the same as the bare id`, () => {
      assert.ok(sameId(spelling, UUID))
      assert.equal(idKey(spelling), idKey(UUID))
    })
  }

  it('are compared letter by letter where they are no UUIDs', () => {
    assert.ok(sameId('openstack:RegionOne', 'RegionOne'))
    assert.ok(!sameId('RegionOne', 'regionone'))
    assert.ok(!sameId('a-b', 'ab'))
  })

  it('that are not known are the same as nothing, not even as themselves', () => {
    for (const value of ['unknown', '', 'unavailable', 'None', undefined, null, 7]) {
      assert.ok(!isKnown(value))
      assert.ok(!sameId(value, value))
    }
    assert.ok(isKnown('default'))
  })
})

describe('Who acted, as a key to count by,', () => {
  const actor = (initiator: object) =>
    actorKey({ initiator: { id: UUID, typeURI: 'service/security/account/user', ...initiator } } as CadfEvent)

  it('is the id of the user, as the initiator may have another one derived from it', () => {
    assert.equal(actor({ user_id: 'ldap-7' }), 'ldap-7')
    assert.equal(actor({}), idKey(UUID))
  })
  it('is the user that a federated login names', () => {
    assert.equal(actor({ credential: { identity_provider: 'acme', user: 'abc' } }), 'abc')
  })
  it('is nobody where a federated login failed: the id is made up', () => {
    assert.equal(actor({ credential: { identity_provider: 'acme', user: 'unknown' } }), undefined)
  })
  it('is the name that was tried where there is no such user', () => {
    assert.equal(actor({ user_name: 'nobody', domain_id: 'default' }), 'default/nobody')
  })
  it('is never "unknown"', () => {
    assert.equal(actor({ id: 'unknown' }), undefined)
    assert.equal(actor({ id: 'unknown', user_id: 'unknown' }), undefined)
  })
})

describe('The tag that both events of a request share', () => {
  const id = (tags: unknown) => correlationId({ tags } as CadfEvent)
  it('is found among others', () => {
    assert.equal(id(['a', 7, 'correlation_id?value=c1']), 'c1')
    assert.equal(id(['a']), undefined)
    assert.equal(id(undefined), undefined)
    assert.equal(id(['correlation_id?value=unknown']), undefined)
  })
})
