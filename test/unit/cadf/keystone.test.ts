import assert from 'node:assert/strict'
import { cadfEvent } from '../../../src/cadf/convert'
import { decodeNotification } from '../../../src/notification/envelope'
import { recorded } from '../notification/recordings'
import { convert } from './converted'

const keystone = { publisherId: 'identity.host1', context: {} }

function converted(file: string) {
  return recorded(file).map(({ body, exchange }) => {
    const { notification, payload } = decodeNotification(body, { kind: 'rabbitmq', cloud: 'lab', exchange })
    return {
      type: notification.eventType,
      payload: payload as Record<string, unknown>,
      event: cadfEvent(notification, payload),
    }
  })
}

describe("The CADF event of a notification in Keystone's Basic format", () => {
  it('is the one that Keystone would have sent, with what Basic lacks filled in and listed', () => {
    assert.deepEqual(convert('identity.user.created', { resource_info: 'u9', request_id: 'req-1' }, keystone), {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: 'm1',
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:16.704739+00:00',
      action: 'created.user',
      outcome: 'success',
      initiator: { id: 'unknown', typeURI: 'service/security/account/user', request_id: 'req-1' },
      target: { id: 'u9', typeURI: 'data/security/account/user' },
      observer: {
        id: 'identity.host1',
        typeURI: 'service/security',
        name: 'identity',
        host: { id: 'host1' },
      },
      resource_info: 'u9',
      added: ['id', 'eventTime', 'outcome', 'initiator.id', 'initiator.typeURI', 'observer.id'],
    })
  })

  // Keystone's documentation names these operations; the recordings show the further resources.
  const resources: [resource: string, type: string, operations: string][] = [
    ['group', 'data/security/group', 'created updated deleted'],
    ['project', 'data/security/project', 'created updated deleted disabled'],
    ['role', 'data/security/role', 'created updated deleted'],
    ['domain', 'data/security/domain', 'created updated deleted disabled'],
    ['user', 'data/security/account/user', 'created updated deleted disabled'],
    ['OS-TRUST:trust', 'data/security/trust', 'created deleted'],
    ['region', 'data/security/region', 'created updated deleted'],
    ['endpoint', 'data/security/endpoint', 'created updated deleted'],
    ['service', 'data/security/service', 'created updated deleted'],
    ['policy', 'data/security/policy', 'created updated deleted'],
    ['application_credential', 'data/security/credential', 'created deleted'],
    ['OS-OAUTH1:consumer', 'data/security/account', 'created updated deleted'],
    ['OS-OAUTH1:access_token', 'data/security/credential', 'created deleted'],
    ['credential', 'unknown', 'created deleted'],
    ['access_rule', 'unknown', 'deleted'],
  ]
  for (const [resource, type, operations] of resources) {
    for (const operation of operations.split(' ')) {
      it(`${operation}.${resource} on a ${type}`, () => {
        const event = convert(`identity.${resource}.${operation}`, { resource_info: 'x1' }, keystone)
        assert.equal(event.action, `${operation}.${resource}`)
        assert.deepEqual(event.target, { id: 'x1', typeURI: type })
        assert.equal(event.outcome, 'success')
      })
    }
  }

  it('keeps who was added to a group or taken out of it, which the CADF format leaves out', () => {
    const actor = { actor_id: 'u1', actor_type: 'user', actor_operation: 'added' }
    const event = convert('identity.group.updated', { resource_info: 'g1', ...actor }, keystone)
    assert.equal(event['actor_id'], 'u1')
    assert.equal(event['actor_operation'], 'added')
  })

  it('names who acted where the log line does', () => {
    const context = { userId: 'u1', projectId: 'p1', requestId: 'req-1' }
    const event = convert('identity.user.created', { resource_info: 'u9' }, { ...keystone, context })
    assert.deepEqual(event.initiator, {
      id: 'u1',
      typeURI: 'service/security/account/user',
      user_id: 'u1',
      project_id: 'p1',
      request_id: 'req-1',
    })
    assert.ok(!event.added?.includes('initiator.id'))
  })

  it('is read as any other notification where it is not of that form', () => {
    assert.equal(convert('identity.user.created', { user: { id: 'u9' } }, keystone).action, 'create')
    assert.equal(convert('identity.created', { resource_info: 'u9' }, keystone).action, 'unknown')
  })
})

describe('The same doings in the Basic and the CADF recording', () => {
  const basic = converted('keystone-basic.jsonl')
  const cadf = converted('keystone-cadf.jsonl')

  it('come in the same order', () => {
    assert.deepEqual(
      basic.map(({ type }) => type),
      cadf.map(({ type }) => type),
    )
  })

  for (const type of new Set(cadf.map((one) => one.type))) {
    it(`agree in action, target, type and outcome: ${type}`, () => {
      for (const [index, two] of cadf.entries()) {
        const one = basic[index]
        if (two.type !== type || one === undefined) continue
        for (const path of ['action', 'outcome', 'typeURI', 'eventType'] as const) {
          assert.equal(one.event[path], two.event[path], path)
        }
        assert.equal(one.event.target.typeURI, two.event.target.typeURI)
        assert.equal(one.event.observer.typeURI, two.event.observer.typeURI)
        assert.equal(one.event.initiator.typeURI, two.event.initiator.typeURI)
        assert.deepEqual(Object.keys(one.event.target), Object.keys(two.event.target))
        // The two were recorded one after the other, so the ids differ; both are the resource's.
        if (two.payload['resource_info'] !== undefined) {
          for (const { event, payload } of [one, two]) {
            assert.equal(event.target.id, payload['resource_info'])
            assert.equal(event['resource_info'], payload['resource_info'])
          }
        }
      }
    })
  }
})

describe("A CADF event of Keystone's", () => {
  const event = {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: 'e1',
    eventType: 'activity',
    eventTime: '2026-11-21T06:47:36.704578+0000',
    action: 'authenticate',
    outcome: 'failure',
    initiator: { id: 'u1', user_id: 'u1', typeURI: 'service/security/account/user', host: { address: '192.0.2.7' } },
    target: { id: 'r1', typeURI: 'service/security/account/user' },
    observer: { id: 'o1', typeURI: 'service/security' },
  }
  const login = (changes: object = {}) => convert('identity.authenticate', { ...event, ...changes }, keystone)

  for (const inherited of ['inherited_to_project', 'inherited_to_projects']) {
    it(`keeps what a role assignment says besides, with ${inherited}`, () => {
      const extra = { role: 'r1', project: 'p1', group: 'g1', [inherited]: true }
      const made = convert(
        'identity.role_assignment.created',
        { ...event, action: 'created.role_assignment', ...extra },
        keystone,
      )
      for (const [name, value] of Object.entries(extra)) assert.equal(made[name], value)
      assert.deepEqual(made.flags, ['target.id is random'])
    })
  }

  it('marks the address as the last hop that the proxy saw', () => {
    assert.deepEqual(login().initiator.host, { address: '192.0.2.7', trust: 'last-hop' })
  })

  it('keeps the reason of a refused login', () => {
    const reason = { reasonType: 'The account is locked for user: u1.', reasonCode: '401' }
    assert.deepEqual(login({ reason }).reason, reason)
  })

  it('names ids that are made up: of every login’s target, and of a user who does not exist', () => {
    assert.deepEqual(login().flags, ['target.id is random'])
    const { user_id: _known, ...unknown } = event.initiator
    assert.deepEqual(login({ initiator: { ...unknown, user_name: 'nobody' } }).flags, [
      'target.id is random',
      'initiator.id is random',
    ])
    assert.deepEqual(login({ initiator: { ...event.initiator, user_id: 'ldap-7' } }).flags, [
      'target.id is random',
      'initiator.id is derived from user_id',
    ])
  })

  it('keeps the credential of a federated login, but for its token', () => {
    const credential = { token: 'u xxxxxxxx n', type: 'saml', identity_provider: 'acme', user: 'x1', groups: ['g1'] }
    const { initiator } = login({ initiator: { ...event.initiator, credential } })
    assert.deepEqual(initiator.credential, { ...credential, token: '***' })
  })

  it('whose initiator is left out has an unknown user for it', () => {
    const made = login({ initiator: undefined })
    assert.deepEqual(made.initiator, { id: 'unknown', typeURI: 'service/security/account/user' })
    assert.deepEqual(made.added, ['initiator.id', 'initiator.typeURI'])
  })
})
