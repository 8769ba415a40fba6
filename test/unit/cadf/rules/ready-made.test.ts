import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import english from '../../../../nodes/cadf-filter/locales/en-US/cadf-filter.json'
import { cadfEvent } from '../../../../src/cadf/convert'
import { compileRules } from '../../../../src/cadf/rules/compile'
import { READY_MADE } from '../../../../src/cadf/rules/ready-made'
import { gapNotification } from '../../../../src/notification/gap'
import { messagesOf } from './recorded-messages'

const RECORDINGS = [
  'neutron.jsonl',
  'neutron-audit.jsonl',
  'octavia.jsonl',
  'octavia-audit.jsonl',
  'keystone-cadf.jsonl',
  'keystone-cadf-lockout.jsonl',
  'edge-cases.jsonl',
  'keystone-basic.jsonl',
  'keystone-cadf-default-optout.jsonl',
  'keystone-basic-default-optout.jsonl',
  'keystone-cadf-messaging-v1.jsonl',
]
const messages = new Map(RECORDINGS.map((file) => [file, messagesOf(file)]))

function ruleSet(id: string) {
  const found = READY_MADE.find((one) => one.id === id)
  assert.ok(found, id)
  return compileRules([{ name: id, ...found.rule }])
}

function matching(id: string, file: string): Record<string, unknown>[] {
  const rules = ruleSet(id)
  return (messages.get(file) ?? []).filter((message) => rules.first(message) === 0)
}

/** A new rule as Neutron tells it. */
function ruleCreated(rule: Record<string, unknown>) {
  const whole = {
    ...{ direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp', port_range_min: 22, port_range_max: 22 },
    ...{ remote_ip_prefix: null, remote_group_id: null, remote_address_group_id: null },
    ...rule,
  }
  return { topic: 'security_group_rule.create.end', payload: { security_group_rule: whole } }
}

describe('Every ready-made rule', () => {
  // How many messages of each recording. Figures that are a sum or a difference come from the lists of event types and outcomes in the
  // recordings' README; the others are what the rules found when they were written, and keep a rule from changing unnoticed.
  const table: Record<string, readonly number[]> = {
    // neutron, audit, octavia, audit, keystone, lockout, edge cases; keystone basic, default opt-out twice, messaging v1
    'open-to-any-source': [9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    'ingress-rule-created': [14, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    'security-group-changed': [15 + 4 + 3 + 1 + 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0],
    'address-published': [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    'neutron-changed': [77, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0],
    failed: [0, 10, 0, 3, 5 + 1, 6, 3, 5 + 1, 1, 1, 1],
    'login-failed': [0, 0, 0, 0, 5, 6, 2, 5, 1, 1, 1],
    'admin-login': [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2],
    'role-granted-or-revoked': [0, 0, 0, 0, 7 + 7 - 1, 0, 1, 7 + 7 - 1, 0, 0, 0],
    'project-deleted': [0, 0, 0, 0, 3, 0, 2, 3, 0, 0, 0],
    'user-or-credential-created': [0, 0, 0, 0, 2 + 2 + 2, 1, 1 + 1, 2 + 2 + 2, 0, 0, 0],
    'user-changed': [0, 0, 0, 0, 2 + 4 + 3 + 1 + 3 + 1, 2, 3, 2 + 4 + 3 + 1 + 3 + 1, 0, 0, 0],
    'changes-only': [157, 2 * 86, 3, 2 * 14, 92 - 17, 9 - 7, 33 - 6 - 2, 92 - 17, 0, 0, 0],
    // The README's failures: of Neutron's 10 five are of reads, of Octavia's 3 two.
    'api-change': [0, 86 - 5, 0, 14 - 1, 0, 0, 5 - 1 - 1, 0, 0, 0, 0],
    'no-reads': [157, 2 * 86, 3, 2 * 14, 92, 9, 33 - 2, 92, 1, 1, 2],
    'finished-only': [77, 117, 3, 49, 92, 9, 24, 92, 1, 1, 2],
    'from-outside': [0, 0, 0, 0, 1, 0, 10, 1, 0, 0, 0],
    'by-admin': [12, 20, 0, 2, 60, 2, 8, 11, 1, 1, 2],
    // Without the successful logins: 12 of 17 in keystone-cadf, 1 of 7 in lockout, 4 of 6 in the edge cases.
    'not-opted-out': [157, 234, 3, 98, 92 - 12, 9 - 1, 33 - 4, 92 - 12, 1, 1, 1],
    'not-valid': [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    gap: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  }
  for (const { id } of READY_MADE) {
    it(`${id} finds what it says in the recordings`, () => {
      assert.deepEqual(
        RECORDINGS.map((file) => matching(id, file).length),
        table[id],
      )
    })
  }

  it('has a name and an explanation in the locale', () => {
    const names: Record<string, { name: string; about: string } | undefined> = english['cadf-filter'].ready
    for (const { id } of READY_MADE) {
      assert.ok(names[id]?.name, id)
      assert.ok(names[id]?.about, id)
    }
    assert.deepEqual(Object.keys(names).sort(), READY_MADE.map(({ id }) => id).sort())
  })
})

describe('The ready-made rule for a port opened to any source', () => {
  const rules = ruleSet('open-to-any-source')
  const open: Record<string, unknown>[] = [
    { remote_ip_prefix: '0.0.0.0/0' },
    { remote_ip_prefix: '::/0', ethertype: 'IPv6' },
    { remote_ip_prefix: null },
    { remote_ip_prefix: undefined, remote_group_id: undefined },
    { remote_ip_prefix: '0.0.0.0/1' },
    { remote_ip_prefix: '128.0.0.0/1' },
    { remote_ip_prefix: '2000::/3', ethertype: 'IPv6' },
    { remote_ip_prefix: null, protocol: null, port_range_min: null },
  ]
  for (const rule of open) {
    it(`finds ${JSON.stringify(rule)}`, () => assert.equal(rules.first(ruleCreated(rule)), 0))
  }
  const narrow: Record<string, unknown>[] = [
    { remote_ip_prefix: '10.0.0.0/8' },
    { remote_ip_prefix: '198.51.100.7/32' },
    { remote_ip_prefix: 'fc00::/7', ethertype: 'IPv6' },
    { remote_ip_prefix: '2001:db8::/32', ethertype: 'IPv6' },
    { remote_group_id: 'c0ffee' },
    { remote_address_group_id: 'c0ffee' },
    { direction: 'egress', remote_ip_prefix: '0.0.0.0/0' },
  ]
  for (const rule of narrow) {
    it(`leaves ${JSON.stringify(rule)}`, () => assert.equal(rules.first(ruleCreated(rule)), -1))
  }

  it('finds one open rule among those of a bulk request, and is not misled by several half-open ones', () => {
    const bulk = (...all: Record<string, unknown>[]) => ({
      topic: 'security_group_rule.create.end',
      payload: { security_group_rules: all.map((rule) => ruleCreated(rule).payload.security_group_rule) },
    })
    const narrowIngress = { remote_ip_prefix: '10.0.0.0/8' }
    const openEgress = { direction: 'egress', remote_ip_prefix: '0.0.0.0/0' }
    assert.equal(rules.first(bulk(narrowIngress, openEgress)), -1)
    assert.equal(rules.first(bulk(narrowIngress, openEgress, { remote_ip_prefix: '0.0.0.0/0' })), 0)
  })
})

describe('The ready-made rule for gaps', () => {
  it('finds the notification with which a source tells that it did not listen', () => {
    const { notification, payload } = gapNotification(
      {
        ...{ eventType: 'gap.rabbitmq', from: '2026-11-21T06:00:00.000Z', to: '2026-11-21T06:05:00.000Z' },
        ...{ subject: 'neutron', reason: 'no binding' },
      },
      { kind: 'rabbitmq', cloud: 'lab' },
    )
    const event = cadfEvent(notification, payload)
    assert.equal(ruleSet('gap').first({ topic: notification.eventType, payload, event, notification }), 0)
  })
})

describe('The ready-made rule for logins of administrators', () => {
  const [login] = messagesOf('keystone-cadf.jsonl').filter(({ topic }) => topic === 'identity.authenticate')
  const event = (login as { event: Record<string, unknown> }).event
  const initiator = { id: 'a5d1e0a7f0c54c0f9a4b4d0b0f6b6f11', typeURI: 'service/security/account/user' }
  const by = (names: Record<string, unknown>, outcome = 'success') => ({
    ...login,
    event: { ...event, outcome, initiator: { ...initiator, ...names } },
  })
  const listed = (list: string) => {
    const text = JSON.stringify(READY_MADE.find(({ id }) => id === 'admin-login')?.rule)
    assert.equal(text.split('"admin"').length, 2, 'the list stands in one place')
    return compileRules([{ name: 'x', ...JSON.parse(text.replace('"admin"', JSON.stringify(list))) }])
  }

  for (const names of [
    { username: 'root' },
    { name: 'root' },
    { user_name: 'root' },
    { user_id: 'f00d' },
    { id: 'openstack:a5d1e0a7-f0c5-4c0f-9a4b-4d0b0f6b6f12' },
    { credential: { user: 'f00d' } },
  ]) {
    it(`finds a listed one by ${JSON.stringify(names)}, whether the login succeeded or failed`, () => {
      const rules = listed('root\nf00d\na5d1e0a7f0c54c0f9a4b4d0b0f6b6f12')
      assert.equal(rules.first(by(names)), 0)
      assert.equal(rules.first(by(names, 'failure')), 0)
    })
  }

  it('leaves others, and what administrators do besides logging in', () => {
    const rules = listed('root')
    assert.equal(rules.first(by({ username: 'toor' })), -1)
    assert.equal(rules.first(by({ username: 'root', domain_name: 'root' })), 0)
    const grant = { ...by({ username: 'root' }) }
    assert.equal(rules.first({ ...grant, event: { ...grant.event, action: 'created.role_assignment' } }), -1)
  })
})

describe('The ready-made rule for changes by API', () => {
  const rules = ruleSet('api-change')
  const call = (topic: string, action: string, outcome: string) => ({ topic, event: { action, outcome } })

  it('finds the one event that another audit middleware sends', () => {
    assert.equal(rules.first(call('audit.cadf', 'create/put', 'success')), 0)
    assert.equal(rules.first(call('audit.cadf', 'read/get', 'success')), -1)
  })

  it('finds a change during which the service broke down, as it may have been made', () => {
    assert.equal(rules.first(call('audit.http.response', 'update', 'unknown')), 0)
  })

  it('leaves the announcement and what was refused', () => {
    assert.equal(rules.first(call('audit.http.request', 'update', 'pending')), -1)
    assert.equal(rules.first(call('audit.http.response', 'update', 'failure')), -1)
  })
})

describe('The ready-made rule for events that are not valid', () => {
  it('finds one that a function node has spoilt', () => {
    const [message] = messagesOf('keystone-cadf.jsonl')
    const spoilt = { ...message, event: { ...(message?.['event'] as object), eventTime: 'yesterday' } }
    assert.equal(ruleSet('not-valid').first(spoilt), 0)
    assert.equal(ruleSet('not-valid').first({ topic: 'x' }), 0)
  })
})
