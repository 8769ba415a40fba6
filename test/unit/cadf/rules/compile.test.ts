import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { checkRules, compileRules } from '../../../../src/cadf/rules/compile'
import { RuleProblem } from '../../../../src/cadf/rules/model'

type Fields = Record<string, unknown>

const MESSAGE = {
  topic: 'security_group_rule.create.end',
  tenant: { name: 'blue' },
  event: {
    action: 'create',
    outcome: 'success',
    initiator: { id: 'u1', name: 'Dana', host: { address: '203.0.113.9' } },
    reason: { reasonCode: '404' },
    tags: ['a', 'correlation_id?value=7'],
    added: [],
    attachments: [{ name: 'payload', content: 'x' }, { name: 'key' }],
  },
  notification: { context: { roles: ['member', 'reader'], isAdmin: false }, publisherId: null },
  payload: {
    'binding:host_id': 'compute-1',
    count: 22,
    list: [
      { port: 22, source: '10.0.0.0/8' },
      { port: 443, source: '0.0.0.0/0' },
    ],
    deep: { er: { still: { more: { yet: 'here' } } } },
    text: 'two\nlines',
  },
}

function holds(condition: Fields, message: unknown = MESSAGE): boolean {
  return compileRules([{ conditions: [condition] }]).first(message) === 0
}

function problems(rules: unknown): [code: string, place: string][] {
  return checkRules(rules).map(({ code, rule, condition }) => [code, `${rule ?? ''}/${condition ?? ''}`])
}

describe('A condition', () => {
  const cases: readonly [sentence: string, condition: Fields, holds: boolean][] = [
    ['equals a text', { path: 'event.action', op: 'equals', value: 'create' }, true],
    ['tells upper from lower case', { path: 'event.initiator.name', op: 'equals', value: 'dana' }, false],
    ['or not', { path: 'event.initiator.name', op: 'equals', value: 'dana', ignoreCase: true }, true],
    ['compares numbers by their text', { path: 'payload.count', op: 'equals', value: '22' }, true],
    ['compares booleans by their text', { path: 'notification.context.isAdmin', op: 'equals', value: 'false' }, true],
    ['takes a number from a hand-written flow file', { path: 'payload.count', op: 'equals', value: 22 }, true],
    ['finds one of several lines', { path: 'event.action', op: 'one-of', value: 'read\n create \n' }, true],
    ['finds one of a hand-written list', { path: 'event.action', op: 'one-of', value: ['read', 'create'] }, true],
    ['finds none', { path: 'event.action', op: 'one-of', value: 'read\ndelete' }, false],
    ['knows null as nothing', { path: 'notification.publisherId', op: 'equals', value: 'null' }, true],
    ['knows a missing member as nothing', { path: 'event.severity', op: 'one-of', value: 'high\nnull' }, true],
    ['does not find nothing in something', { path: 'event.action', op: 'one-of', value: 'x\nnull' }, false],
    ['matches a prefix wildcard', { path: 'topic', op: 'wildcard', value: 'security_group*' }, true],
    ['matches wildcards inside', { path: 'topic', op: 'wildcard', value: '*_rule.?reate.*' }, true],
    ['matches one of several wildcards', { path: 'topic', op: 'wildcard', value: 'port.*\n*.end' }, true],
    ['anchors wildcards at both ends', { path: 'topic', op: 'wildcard', value: 'rule*' }, false],
    ['matches wildcards over line ends', { path: 'payload.text', op: 'wildcard', value: 'two*es' }, true],
    ['takes other signs in wildcards literally', { path: 'topic', op: 'wildcard', value: 'security.group*' }, false],
    ['takes escaped stars literally', { path: 'topic', op: 'wildcard', value: 'security\\*' }, false],
    ['ignores case in wildcards', { path: 'topic', op: 'wildcard', value: 'SECURITY*', ignoreCase: true }, true],
    ['matches an expression anywhere', { path: 'topic', op: 'regexp', value: '\\.(create|delete)\\.end$' }, true],
    ['matches an expression without case', { path: 'topic', op: 'regexp', value: '^SEC', ignoreCase: true }, true],
    ['knows what exists', { path: 'event.reason', op: 'exists' }, true],
    ['knows an empty list as existing', { path: 'event.added', op: 'exists' }, true],
    ['knows what does not exist', { path: 'event.severity', op: 'exists' }, false],
    ['knows null as not existing', { path: 'notification.publisherId', op: 'exists' }, false],
    ['finds an address in a network', ip('203.0.113.0/24'), true],
    ['finds an address in one of several', ip('10.0.0.0/8, 2001:db8::/32\n203.0.113.8/31'), true],
    ['finds no address where there is none', { path: 'topic', op: 'in-network', value: '0.0.0.0/0' }, false],
    ['compares numbers', { path: 'payload.count', op: 'gt', value: '21.5' }, true],
    ['compares numbers sent as text', { path: 'event.reason.reasonCode', op: 'gte', value: '400' }, true],
    ['excludes the limit', { path: 'payload.count', op: 'lt', value: '22' }, false],
    ['includes the limit', { path: 'payload.count', op: 'lte', value: '22' }, true],
    ['takes no text for a number', { path: 'topic', op: 'gte', value: '0' }, false],
    ['finds an element of a list', { path: 'event.tags.*', op: 'wildcard', value: 'correlation_id*' }, true],
    ['looks into a list at the end by itself', { path: 'event.tags', op: 'equals', value: 'a' }, true],
    ['finds a member of an element', { path: 'payload.list.*.port', op: 'equals', value: '443' }, true],
    ['finds one element by index', { path: 'payload.list.0.port', op: 'equals', value: '443' }, false],
    ['takes brackets for an index', { path: 'payload.list[1].port', op: 'equals', value: '443' }, true],
    ['takes quotes for odd names', { path: 'payload["binding:host_id"]', op: 'equals', value: 'compute-1' }, true],
    ['takes colons in names', { path: 'payload.binding:host_id', op: 'equals', value: 'compute-1' }, true],
    ['reaches deep', { path: 'payload.deep.er.still.more.yet', op: 'equals', value: 'here' }, true],
    ['takes a star for any member', { path: 'payload.deep.*.still.more.yet', op: 'equals', value: 'here' }, true],
    ['reaches any property through msg', { path: 'msg.tenant.name', op: 'equals', value: 'blue' }, true],
    ['sees only what the message has itself', { path: 'payload.constructor.name', op: 'exists' }, false],
    ['does not take the length of a text for a member', { path: 'topic.length', op: 'exists' }, false],
    ['counts a list', { path: 'payload.list.length', op: 'equals', value: '2' }, true],
  ]
  for (const [sentence, condition, expected] of cases) {
    it(`${sentence}`, () => assert.equal(holds(condition), expected))
    it(`${sentence}, negated`, () => assert.equal(holds({ ...condition, not: true }), !expected))
  }

  it('negated on a star means that no element is so', () => {
    const condition = { path: 'payload.list.*.port', op: 'equals', value: '22', not: true }
    assert.equal(holds(condition), false)
    assert.equal(holds(condition, { payload: { list: [{ port: 1 }, {}] } }), true)
    assert.equal(holds(condition, { payload: {} }), true)
  })

  it('holds on no message that is none', () => {
    for (const message of [null, 7, 'text', []]) {
      assert.equal(holds({ path: 'topic', op: 'exists' }, message), false)
    }
  })

  function ip(value: string): Fields {
    return { path: 'event.initiator.host.address', op: 'in-network', value }
  }
})

describe('A rule', () => {
  const yes = { path: 'topic', op: 'exists' }
  const no = { path: 'topic', op: 'exists', not: true }

  it('needs all of its conditions, or any', () => {
    const first = (rule: Fields) => compileRules([rule]).first(MESSAGE)
    assert.equal(first({ match: 'all', conditions: [yes, no] }), -1)
    assert.equal(first({ match: 'any', conditions: [yes, no] }), 0)
    assert.equal(first({ match: 'any', conditions: [no, no] }), -1)
    assert.equal(first({ conditions: [yes, no] }), -1)
  })

  it('takes groups as single conditions', () => {
    const first = (rule: Fields) => compileRules([rule]).first(MESSAGE)
    assert.equal(first({ match: 'all', conditions: [yes, { match: 'any', conditions: [no, yes] }] }), 0)
    assert.equal(first({ match: 'any', conditions: [no, { match: 'all', conditions: [no, yes] }] }), -1)
  })

  it('can ask that one element satisfies several conditions together', () => {
    const rule = (port: string, source: string) => ({
      conditions: [
        {
          within: 'payload.one, payload.list.*',
          conditions: [
            { path: '.port', op: 'equals', value: port },
            { path: '.source', op: 'equals', value: source },
            { path: 'topic', op: 'exists' },
          ],
        },
      ],
    })
    assert.equal(compileRules([rule('443', '0.0.0.0/0')]).first(MESSAGE), 0)
    assert.equal(compileRules([rule('22', '0.0.0.0/0')]).first(MESSAGE), -1)
    const single = { topic: 'x', payload: { one: { port: 22, source: '0.0.0.0/0' } } }
    assert.equal(compileRules([rule('22', '0.0.0.0/0')]).first(single), 0)
  })

  it('takes a list in "some element of" for its elements, and a lone dot for the element itself', () => {
    const rules = compileRules([
      { conditions: [{ within: 'event.tags', conditions: [{ path: '.', op: 'wildcard', value: 'correlation*' }] }] },
    ])
    assert.equal(rules.first(MESSAGE), 0)
  })

  it('is found by first match or among all matches, in order', () => {
    const rules = compileRules([
      { name: 'none', conditions: [no] },
      { name: 'one', conditions: [yes] },
      { name: 'two', conditions: [yes] },
    ])
    assert.deepEqual(rules.names, ['none', 'one', 'two'])
    assert.equal(rules.first(MESSAGE), 1)
    assert.deepEqual(rules.all(MESSAGE), [1, 2])
  })
})

describe('Rules that share a property', () => {
  it('read it anew for every message, also when it is the same object again', () => {
    const is = (value: string) => ({ conditions: [{ path: 'event.action', op: 'equals', value }] })
    const rules = compileRules([is('read'), is('create'), is('create')])
    const message = { event: { action: 'create' } }
    assert.equal(rules.first(message), 1)
    assert.deepEqual(rules.all(message), [1, 2])
    message.event.action = 'read'
    assert.equal(rules.first(message), 0)
    assert.equal(rules.first({ event: {} }), -1)
    assert.deepEqual(rules.all(message), [0])
  })
})

describe('Faulty rules', () => {
  const good = { path: 'topic', op: 'exists' }
  const rule = (condition: unknown) => [{ name: 'r', conditions: [good, condition] }]
  const cases: readonly [sentence: string, rules: unknown, code: string, place: string][] = [
    ['no rules', [], 'RULES_EMPTY', '/'],
    ['no list', 'x', 'RULES_EMPTY', '/'],
    ['a rule that is none', [7], 'RULE_SHAPE', '1/'],
    ['a name that is none', [{ name: 7, conditions: [good] }], 'RULE_SHAPE', '1/'],
    ['neither all nor any', [{ match: 'some', conditions: [good] }], 'RULE_SHAPE', '1/'],
    ['a rule without conditions', [{ conditions: [] }], 'RULE_EMPTY', '1/'],
    ['conditions that are no list', [{ conditions: {} }], 'RULE_SHAPE', '1/'],
    ['a condition that is none', rule(7), 'CONDITION_SHAPE', '1/2'],
    ['no property', rule({ op: 'exists' }), 'CONDITION_SHAPE', '1/2'],
    ['an empty property', rule({ path: ' ', op: 'exists' }), 'CONDITION_PATH', '1/2'],
    ['an unknown root', rule({ path: 'evnt.action', op: 'exists' }), 'CONDITION_PATH', '1/2'],
    ['a path that ends in a dot', rule({ path: 'event.', op: 'exists' }), 'CONDITION_PATH', '1/2'],
    ['a path with an open bracket', rule({ path: 'event[0', op: 'exists' }), 'CONDITION_PATH', '1/2'],
    ['the bare message', rule({ path: 'msg', op: 'exists' }), 'CONDITION_PATH', '1/2'],
    ['a relative path outside a group', rule({ path: '.x', op: 'exists' }), 'CONDITION_PATH', '1/2'],
    ['an unknown comparison', rule({ path: 'topic', op: 'like', value: 'x' }), 'CONDITION_OPERATOR', '1/2'],
    ['no comparison', rule({ path: 'topic' }), 'CONDITION_OPERATOR', '1/2'],
    ['a value that is an object', rule({ path: 'topic', op: 'equals', value: {} }), 'CONDITION_SHAPE', '1/2'],
    ['an empty list of values', rule({ path: 'topic', op: 'one-of', value: ' \n ' }), 'CONDITION_VALUE', '1/2'],
    ['an empty wildcard', rule({ path: 'topic', op: 'wildcard' }), 'CONDITION_VALUE', '1/2'],
    ['too long wildcards', rule({ path: 'topic', op: 'wildcard', value: '*a'.repeat(1000) }), 'CONDITION_VALUE', '1/2'],
    ['an empty expression', rule({ path: 'topic', op: 'regexp' }), 'CONDITION_VALUE', '1/2'],
    ['a broken expression', rule({ path: 'topic', op: 'regexp', value: '(' }), 'REGEXP_SYNTAX', '1/2'],
    ['a back-reference', rule({ path: 'topic', op: 'regexp', value: '(a)\\1' }), 'REGEXP_BACK_REFERENCE', '1/2'],
    ['no number', rule({ path: 'topic', op: 'lt', value: 'ten' }), 'CONDITION_NUMBER', '1/2'],
    ['an empty number', rule({ path: 'topic', op: 'lt', value: '' }), 'CONDITION_NUMBER', '1/2'],
    ['no network', rule({ path: 'topic', op: 'in-network', value: '10.0.0.300/8' }), 'CONDITION_NETWORK', '1/2'],
    ['an empty network', rule({ path: 'topic', op: 'in-network', value: ' ' }), 'CONDITION_NETWORK', '1/2'],
    ['an empty group', rule({ conditions: [] }), 'RULE_EMPTY', '1/2'],
    [
      'a faulty condition in a group',
      rule({ conditions: [good, { path: 'x', op: 'exists' }] }),
      'CONDITION_PATH',
      '1/2.2',
    ],
    ['a group in a group', rule({ conditions: [{ conditions: [good] }] }), 'GROUP_DEPTH', '1/2.1'],
    ['"some element of" that is no text', rule({ within: 7, conditions: [good] }), 'CONDITION_SHAPE', '1/2'],
    ['"some element of" nothing known', rule({ within: 'x', conditions: [good] }), 'CONDITION_PATH', '1/2'],
  ]
  for (const [sentence, rules, code, place] of cases) {
    it(`with ${sentence} are refused with ${code}`, () => {
      assert.deepEqual(problems(rules), [[code, place]])
      assert.throws(
        () => compileRules(rules),
        (thrown) => thrown instanceof RuleProblem && thrown.code === code,
      )
    })
  }

  it('are all reported at once, each with its place and the name of its rule', () => {
    const rules = [
      { name: 'good', conditions: [good] },
      {
        name: 'Ports\nopened',
        conditions: [
          { path: 'x', op: 'exists' },
          { path: 'topic', op: 'lt', value: 'ten' },
        ],
      },
      { conditions: [] },
    ]
    assert.deepEqual(
      checkRules(rules).map(({ message }) => message.slice(0, 60)),
      [
        'Rule 2 "Ports opened", condition 1: The property "x" begins ',
        'Rule 2 "Ports opened", condition 2: "ten" is no number.',
        'Rule 3: It has no condition, so that it would match every me',
      ],
    )
  })
})
