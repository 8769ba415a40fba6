import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cadfProblems } from '../../../src/cadf/validate'
import type { PceEvent } from '../../../src/illumio/event'
import { messageOfPceEvent } from '../../../src/illumio/message'
import { cadfOfPceEvent } from '../../../src/illumio/to-cadf'

const EVENTS = JSON.parse(readFileSync(join(__dirname, '../../fixtures/illumio/events.json'), 'utf8')) as PceEvent[]
const HOST = 'pce.example.net:8443'

/** By hand from the events: type of event, action, outcome, who, from where, on what. */
const TABLE: Record<string, unknown[]> = {
  'user.login success': [
    'activity',
    'authenticate',
    'success',
    'dana@example.net',
    '198.51.100.17',
    '/api/v2/users/login',
  ],
  'user.login failure': [
    'activity',
    'authenticate',
    'failure',
    "o'neil & sons <x>",
    '203.0.113.9',
    '/login/users/sign_in',
  ],
  'request.authentication_failed failure': [
    'activity',
    'authenticate',
    'failure',
    'pce.example.net',
    '203.0.113.9',
    '/api/v2/orgs/7/workloads',
  ],
  'agent.tampering null': [
    'monitor',
    'monitor',
    'unknown',
    'db-04.example.net',
    undefined,
    '/orgs/7/workloads/9b6c0000-0000-4000-8000-0000000000aa',
  ],
  'rule_set.create success': ['activity', 'create', 'success', 'dana@example.net', '198.51.100.17', 'Payments prod'],
  'sec_rule.update success': [
    'activity',
    'update',
    'success',
    'dana@example.net',
    '198.51.100.17',
    '/orgs/7/sec_policy/draft/rule_sets/88/sec_rules/301',
  ],
  'sec_policy.create success': [
    'activity',
    'deploy',
    'success',
    'dana@example.net',
    '198.51.100.17',
    '/orgs/7/sec_policy/93',
  ],
  'system_task.agent_offline_check null': ['monitor', 'monitor', 'unknown', 'pce.example.net', undefined, 'web-11'],
  'ip_list.delete success': ['activity', 'delete', 'success', 'svc-ci@example.net', undefined, 'Partner VPN'],
  'workloads.set_labels success': ['activity', 'update', 'success', 'svc-ci@example.net', '192.0.2.40', 'web-11'],
  'request.authorization_failed failure': [
    'control',
    'deny',
    'failure',
    'lee@example.net',
    '198.51.100.80',
    '/api/v2/orgs/7/api_keys',
  ],
}

describe('the CADF event of a PCE event', () => {
  it('has a row for each event', () => assert.equal(Object.keys(TABLE).length, EVENTS.length))

  for (const event of EVENTS) {
    const name = `${String(event['event_type'])} ${String(event['status'])}`
    it(`says of ${name} who did what to what`, () => {
      const cadf = cadfOfPceEvent(event, HOST)
      const { initiator, target } = cadf
      assert.deepEqual(
        [
          ...[cadf.eventType, cadf.action, cadf.outcome],
          ...[
            initiator.name ?? initiator['user_name'] ?? initiator.id,
            initiator.host?.address,
            target.name ?? target.id,
          ],
        ],
        TABLE[name],
      )
      assert.deepEqual(cadfProblems(cadf), [])
      assert.deepEqual(cadf.attachments?.[0]?.content, event)
      assert.ok(String(event['href']).endsWith(cadf.id))
    })
  }

  it('has the time of the event, with its zone', () => {
    assert.equal(cadfOfPceEvent(EVENTS[0] ?? {}, HOST).eventTime, '2026-03-02T08:01:12.104+00:00')
  })

  it('names no address that the PCE has filtered out', () => {
    const filtered = EVENTS.find(({ event_type }) => event_type === 'ip_list.delete')
    assert.equal(cadfOfPceEvent(filtered ?? {}, HOST).initiator.host, undefined)
  })

  for (const odd of [
    {},
    { event_type: 7, created_by: 'x', action: [], resource_changes: [null, 1, { resource: 'x' }], notifications: 'n' },
    { event_type: 'toString', severity: {}, status: 1, timestamp: 'yesterday', created_by: { user: null } },
    { event_type: 'new_thing.frobnicate', created_by: { robot: { href: '/robots/1' } } },
  ]) {
    it(`is one also of ${JSON.stringify(odd)}`, () => {
      const { event, topic } = messageOfPceEvent(odd as PceEvent, HOST)
      assert.deepEqual(cadfProblems(event), [])
      assert.ok(topic !== '')
    })
  }

  it('says what the event lacked', () => {
    assert.deepEqual(cadfOfPceEvent({}, HOST).added, ['eventTime', 'initiator.id'])
  })
})
