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
  // How many messages of each recording; the recordings' README lists the event types.
  const table: Record<string, readonly number[]> = {
    //                          neutron, audit, octavia, audit, keystone, lockout, edge cases
    'open-to-any-source': [9, 0, 0, 0, 0, 0, 1],
    'ingress-rule-created': [14, 0, 0, 0, 0, 0, 1],
    'security-group-changed': [15 + 4 + 3 + 1 + 3, 0, 0, 0, 0, 0, 3],
    'address-published': [2, 0, 0, 0, 0, 0, 0],
    'neutron-changed': [77, 0, 0, 0, 0, 0, 3],
    failed: [0, 10, 0, 3, 5 + 1, 6, 3],
    'login-failed': [0, 0, 0, 0, 5, 6, 2],
    'role-granted-or-revoked': [0, 0, 0, 0, 7 + 7 - 1, 0, 1],
    'project-deleted': [0, 0, 0, 0, 3, 0, 2],
    'user-changed': [0, 0, 0, 0, 2 + 4 + 3 + 1 + 3 + 1, 2, 3],
    'changes-only': [157, 2 * 86, 3, 2 * 14, 92 - 17, 9 - 7, 33 - 6 - 2],
    'finished-only': [77, 117, 3, 49, 92, 9, 24],
    'from-outside': [0, 0, 0, 0, 1, 0, 10],
    'by-admin': [12, 20, 0, 2, 60, 2, 8],
    gap: [0, 0, 0, 0, 0, 0, 0],
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
