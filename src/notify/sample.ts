import { EVENT_TYPE_URI } from '../cadf/event'
import type { BatchMember } from '../message/model'

/** An occurrence to try templates on: a rule that opens SSH. Names and addresses are those of documentation. */
export function sampleOccurrence(): BatchMember {
  const rule = {
    id: '3f1c0f5e-6b52-4b0a-9c55-0d6a1f2e7b11',
    security_group_id: '9b1d1f3a-7d0e-4a51-8d36-2f0f6a8f1c22',
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: 'tcp',
    port_range_min: 22,
    port_range_max: 22,
    remote_ip_prefix: '0.0.0.0/0',
    remote_group_id: null,
    remote_address_group_id: null,
  } as const
  const topic = 'security_group_rule.create.end'
  const messageId = '5d0f6d8e-2d1c-4c1f-8a55-2b1a7f0e9c33'
  const projectId = '7c0e2e6c1f7a4a0c9e0b3d2a1f5e6d44'
  const timestamp = '2026-11-21T06:51:16.590561+00:00'
  return {
    topic,
    payload: { security_group_rule: rule },
    event: {
      typeURI: EVENT_TYPE_URI,
      id: messageId,
      eventType: 'activity',
      eventTime: timestamp,
      action: 'create',
      outcome: 'success',
      initiator: {
        id: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
        typeURI: 'service/security/account/user',
        name: `dana o'neil & <sons>`,
        project_id: projectId,
        host: { address: '198.51.100.17', trust: 'claimed' },
      },
      target: { id: rule.id, typeURI: 'service/network/security-group-rule' },
      observer: { id: 'network.controller1', typeURI: 'service/network', name: 'neutron' },
    },
    notification: {
      messageId,
      eventType: topic,
      publisherId: 'network.controller1',
      priority: 'INFO',
      timestamp,
      context: { projectId },
      source: { kind: 'inject', cloud: 'sample' },
    },
    exposure: {
      changes: [
        {
          kind: 'sg_rule_add',
          messageId,
          eventId: messageId,
          resourceId: rule.id,
          rule,
          scan: true,
          addresses: [{ address: '203.0.113.10', family: 4, kind: 'floating', global: true }],
        },
      ],
      addresses: [{ address: '203.0.113.10', family: 4, kind: 'floating', global: true }],
    },
  }
}
