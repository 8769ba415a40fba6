import { EVENT_TYPE_URI } from '../../src/cadf/event'
import type { OccurrenceMessage } from '../../src/message/model'

/** A security-group rule was added: a message as `openstack-notification-in` sends it. */
export function occurrence(id: string, changes: Partial<OccurrenceMessage> = {}): OccurrenceMessage {
  const topic = 'security_group_rule.create.end'
  return {
    topic,
    payload: { security_group_rule: { id: `rule-${id}` } },
    event: {
      typeURI: EVENT_TYPE_URI,
      id,
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:16.590561+00:00',
      action: 'create',
      outcome: 'success',
      initiator: { id: 'user-1', typeURI: 'service/security/account/user', name: 'dana' },
      target: { id: `rule-${id}`, typeURI: 'network/security_group_rule' },
      observer: { id: 'network.controller1', typeURI: 'service/network' },
    },
    notification: {
      messageId: id,
      eventType: topic,
      publisherId: 'network.controller1',
      priority: 'INFO',
      timestamp: '2026-11-21T06:51:16.590561+00:00',
      context: { userId: 'user-1', projectId: 'project-1' },
      source: { kind: 'rabbitmq', cloud: 'lab', exchange: 'neutron' },
    },
    ...changes,
  }
}
