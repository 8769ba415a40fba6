import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import english from '../../../../nodes/cadf-filter/locales/en-US/cadf-filter.json'
import { checkRules } from '../../../../src/cadf/rules/compile'
import { OPERATORS } from '../../../../src/cadf/rules/model'
import { KNOWN_PROPERTIES, QUESTIONS } from '../../../../src/cadf/rules/vocabulary'
import { ACTIONS, RESOURCE_TYPES, TARGET_TYPES } from '../../../../src/cadf/taxonomy'
import { messagesOf } from './recorded-messages'

const suggested = (path: string) => new Set(KNOWN_PROPERTIES.find((known) => known.path === path)?.values)
const keystone = ['keystone-cadf.jsonl', 'keystone-cadf-lockout.jsonl'].flatMap(messagesOf)
const neutron = ['neutron.jsonl', 'octavia.jsonl', 'neutron-audit.jsonl'].flatMap(messagesOf)

describe('What the dialog suggests', () => {
  it("holds every one of CADF's types of resources, actions, outcomes and kinds of event", () => {
    for (const part of ['initiator', 'target', 'observer']) {
      const types = suggested(`event.${part}.typeURI`)
      for (const type of RESOURCE_TYPES) assert.ok(types.has(type), `${part} ${type}`)
    }
    // The longest branch of each root, out of the list in pycadf's documentation.
    for (const type of [
      ...[
        'storage/queue',
        'compute/thread',
        'network/node/host',
        'service/bss/metering',
        'service/security/audit/filter',
      ],
      ...['data/workload/job', 'data/file/log', 'data/database/constraints', 'data/security/account/user/privilege'],
      ...['data/security/keymanager/secret', 'service/storage/image', 'unknown'],
    ]) {
      assert.ok(RESOURCE_TYPES.includes(type), type)
    }
    for (const action of ['undeploy', 'authenticate/login', 'evaluate', 'read/list', 'unknown']) {
      assert.ok(suggested('event.action').has(action), action)
    }
    assert.deepEqual([...suggested('event.outcome')], ['success', 'failure', 'pending', 'unknown'])
    assert.deepEqual([...suggested('event.eventType')], ['activity', 'monitor', 'control'])
  })

  it('names nothing twice', () => {
    for (const list of [
      RESOURCE_TYPES,
      TARGET_TYPES,
      ACTIONS,
      KNOWN_PROPERTIES.map(({ path }) => path),
      [...suggested('topic')],
    ]) {
      assert.equal(new Set(list).size, list.length)
    }
  })

  it('holds every event type that was recorded and that tells of something done', () => {
    for (const { topic } of [...keystone, ...neutron]) {
      if (!String(topic).endsWith('.start')) assert.ok(suggested('topic').has(String(topic)), String(topic))
    }
  })

  it('holds every action and type of a target that Keystone sent', () => {
    for (const { payload } of keystone) {
      const { action, target } = payload as { action: string; target: { typeURI: string } }
      assert.ok(suggested('event.action').has(action), action)
      assert.ok(suggested('event.target.typeURI').has(target.typeURI), target.typeURI)
    }
  })
})

describe('The suggestions for a target', () => {
  it('hold what API calls and notifications are about', () => {
    for (const { event } of [...neutron, ...messagesOf('octavia-audit.jsonl')]) {
      const type = (event as { target: { typeURI: string } }).target.typeURI
      const known = suggested('event.target.typeURI')
      assert.ok(known.has(type) || known.has(type.replace(/\/[^/]+$/, '')), type)
    }
  })
})

describe('The menu "ask about"', () => {
  const asked = QUESTIONS.flatMap(({ questions }) => questions)

  it('has a heading in the locale for each of its parts', () => {
    const headings: Record<string, string> = english['cadf-filter'].about
    assert.deepEqual(
      QUESTIONS.map(({ about }) => about),
      Object.keys(headings),
    )
  })

  it('asks with properties that are suggested, and comparisons that can be made', () => {
    const paths = new Set(KNOWN_PROPERTIES.map(({ path }) => path))
    for (const { path, op } of asked) {
      assert.ok(path === 'event' || paths.has(path), path)
      const value = { 'in-network': '10.0.0.0/8', gte: '400', 'at-least': 'err' }[op as string] ?? 'x'
      assert.deepEqual(checkRules([{ conditions: [{ path, op, value }] }]), [], `${path} ${op}`)
    }
  })

  it('has a text for every comparison and its opposite', () => {
    const texts: Record<string, string> = english['cadf-filter'].operator
    assert.deepEqual(Object.keys(texts).sort(), [...OPERATORS, ...OPERATORS.map((op) => `not-${op}`)].sort())
  })
})
