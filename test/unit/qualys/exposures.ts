import type { Change, ExposedAddress } from '../../../src/exposure/model'

export function address(text: string, more: Partial<ExposedAddress> = {}): ExposedAddress {
  const family = text.includes(':') ? 6 : 4
  const global = !/^(10|127|192\.168|169\.254)\.|^f[cde]/.test(text)
  return { address: text, family, kind: global ? 'floating' : 'fixed', global, portId: 'port-1', ...more }
}

export function change(addresses: readonly string[], more: Partial<Change> = {}): Change {
  return {
    kind: 'sg_rule_add',
    messageId: 'message-1',
    eventId: 'message-1',
    resourceId: 'rule-1',
    projectId: 'project-1',
    securityGroupId: 'group-1',
    scan: true,
    addresses: addresses.map((text) => address(text)),
    ...more,
  }
}

/** What `openstack-port-lookup` passes on. */
export function occurrence(changes: readonly Change[], { messageId = 'message-1', incomplete = '' } = {}) {
  return {
    _msgid: 'abc',
    topic: 'security_group_rule.create.end',
    payload: {},
    event: {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: messageId,
      eventType: 'activity',
      eventTime: '2026-11-20T09:59:00+00:00',
      action: 'create',
      outcome: 'success',
      initiator: { id: 'user-1', typeURI: 'service/security/account/user', name: 'alice' },
      target: { id: 'rule-1', typeURI: 'network/security-group-rule' },
      observer: { id: 'network.controller1', typeURI: 'service/network' },
    },
    notification: { messageId, source: { kind: 'rabbitmq', cloud: 'prod-1' } },
    exposure: {
      changes,
      addresses: changes.flatMap(({ addresses }) => addresses),
      ...(incomplete === '' ? {} : { incomplete }),
    },
  }
}

export function batch(members: readonly ReturnType<typeof occurrence>[]) {
  return {
    _msgid: 'def',
    topic: 'batch',
    payload: members.map(({ _msgid: _, ...member }) => member),
    batch: { id: 'batch-1', key: '', count: members.length, from: '', to: '', reason: 'time' },
    exposure: {
      changes: members.flatMap(({ exposure }) => exposure.changes),
      addresses: members.flatMap(({ exposure }) => exposure.addresses),
    },
  }
}
