import assert from 'node:assert/strict'
import { auditMap, withAuditMap } from '../../../../src/cadf/audit/map-file'
import { cadfEvent } from '../../../../src/cadf/convert'
import { cadfViolations } from '../../../../src/cadf/validate'
import { OperatorError } from '../../../../src/errors/operator-error'

const MAP = `
# A service of our own.
[DEFAULT]
target_endpoint_type = backup
[custom_actions]
restore = restore/volume
purge/delete: delete/purge
[path_keywords]
Vaults = vault
chests = box
status = None
[service_endpoints]
backup = service/backup
`
const paths = withAuditMap(auditMap(MAP))

function event(action: string, requestPath: string, typeURI = 'service/backup', name = 'backup') {
  const notification = {
    messageId: 'm1',
    eventType: 'audit.http.response',
    publisherId: 'backup-api',
    priority: 'INFO',
    timestamp: '2026-11-21T06:51:16+00:00',
    context: {},
    source: { kind: 'rabbitmq', cloud: '' },
  } as const
  const converted = cadfEvent(
    notification,
    {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: 'e1',
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:15.420929+0000',
      action,
      outcome: 'success',
      initiator: { id: 'u1', typeURI: 'service/security/account/user' },
      target: { id: name, typeURI, name },
      observer: { id: 'target' },
      requestPath,
    },
    paths,
  )
  assert.deepEqual(cadfViolations(converted), [])
  return converted
}

describe("An operator's audit map file", () => {
  it('is read like Python reads it: comments, both separators, names in any case', () => {
    const map = auditMap(MAP.replaceAll('\n', '\r\n'))
    assert.deepEqual(
      [...map.customActions],
      [
        ['restore', 'restore/volume'],
        ['purge/delete', 'delete/purge'],
      ],
    )
    assert.deepEqual(
      [...map.pathKeywords],
      [
        ['vaults', 'vault'],
        ['chests', 'box'],
        ['status', undefined],
      ],
    )
    assert.deepEqual([...map.serviceEndpoints], [['backup', 'service/backup']])
  })

  it('names the collections of its service', () => {
    assert.deepEqual(event('update', '/v1/vaults/nightly').target, { id: 'nightly', typeURI: 'service/backup/vault' })
    assert.equal(event('delete', '/v1/chests/7').target.typeURI, 'service/backup/box')
  })

  it('tells a creation from a change, and a list from a look', () => {
    assert.equal(event('update', '/v1/vaults').action, 'create')
    assert.equal(event('read', '/v1/vaults').action, 'read/list')
  })

  it('gives actions by the end of the path, and by the method that fits the action', () => {
    assert.equal(event('update', '/v1/vaults/nightly/restore').action, 'restore/volume')
    assert.equal(event('delete', '/v1/vaults/nightly/purge').action, 'delete/purge')
    assert.equal(event('update', '/v1/vaults/nightly/purge').action, 'update/purge')
    assert.deepEqual(event('update', '/v1/vaults/nightly/restore').flags, ['action was update'])
  })

  it('knows its service by the catalog name where the type was not sent', () => {
    assert.equal(event('read', '/v1/vaults/x', 'unknown').target.typeURI, 'service/backup/vault')
    assert.equal(event('read', '/v1/vaults/x', 'unknown').observer.typeURI, 'service/backup')
  })

  it('says nothing of other services', () => {
    assert.equal(event('read', '/v2.0/ports/x', 'service/network', 'neutron').target.typeURI, 'network/port')
    assert.equal(event('read', '/v2.0/chests/x', 'service/network', 'neutron').target.typeURI, 'network/chest')
  })

  it('leaves a known resource the type that its own notifications have', () => {
    const neutron = withAuditMap(
      auditMap('[path_keywords]\nsecurity-group-rules = rule\n[service_endpoints]\nnetwork = service/network'),
    )
    const found = neutron.serviceOf({} as never, 'service/network', 'neutron', '')
    assert.equal(found.words.collections.get('security-group-rules'), 'network/security-group-rule')
  })

  const refused: [what: string, text: string, code: string][] = [
    ['empty', '', 'AUDIT_MAP_EMPTY'],
    ['another INI file', '[DEFAULT]\ndebug = true', 'AUDIT_MAP_EMPTY'],
    ['no INI file', '{"a": 1}', 'AUDIT_MAP_LINE'],
    ['a line before any section', 'a = b', 'AUDIT_MAP_LINE'],
    ['an action that is no path', '[custom_actions]\nreboot = start the server', 'AUDIT_MAP_VALUE'],
    ['far too long', '\n'.repeat(20_000), 'AUDIT_MAP_LINE'],
  ]
  for (const [what, text, code] of refused) {
    it(`is refused when ${what}`, () => {
      assert.throws(
        () => auditMap(text),
        (error: unknown) => error instanceof OperatorError && error.code === code && error.remedy !== undefined,
      )
    })
  }
})
