import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { defaultRules } from '../../../src/hermes/policy/defaults'
import { parseCheck } from '../../../src/hermes/policy/parse'
import { compilePolicy } from '../../../src/hermes/policy/policy'
import type { TokenFacts } from '../../../src/openstack/token-facts'

const nobody: TokenFacts = { userId: 'u1', roles: [], system: false, expiresAt: Number.POSITIVE_INFINITY }
const ada: TokenFacts = {
  ...nobody,
  projectId: 'p1',
  projectName: 'web',
  projectDomainName: 'Default',
  roles: ['reader'],
}

describe('A policy expression', () => {
  const cases: readonly (readonly [expression: string, allowed: boolean])[] = [
    ['@', true],
    ['', true],
    ['!', false],
    ['role:reader', true],
    ['role:READER', true],
    ['role:admin', false],
    ['not role:admin', true],
    ['not not role:reader', true],
    ['role:admin or role:reader', true],
    ['role:reader and role:admin', false],
    // and binds closer than or
    ['@ or ! and !', true],
    ['! and ! or @', true],
    ['(@ or !) and !', false],
    ['not (role:admin or role:reader)', false],
    ['NOT role:admin AND role:reader', true],
    ['project_id:%(project_id)s', true],
    ['project_id:%(other)s', false],
    ['project_id:%(missing)s', false],
    ['domain_id:%(missing)s', false],
    ['project_id:p1', true],
    ["project_name:'web'", true],
    ['project_domain_name:Default', true],
    ['tenant_id:%(project_id)s', true],
    ["'p1':%(project_id)s", true],
    ["'p2':%(project_id)s", false],
    ['rule:event:list', true],
    ['system_scope:all', false],
    ['is_admin_project:True', false],
    ['no_such_attribute:x', false],
    ['((role:reader))', true],
  ]
  for (const [expression, allowed] of cases) {
    it(`"${expression}" ${allowed ? 'allows' : 'denies'}`, () => {
      const policy = compilePolicy({ 'event:list': '@', asked: expression })
      assert.equal(policy.allows('asked', ada, { project_id: 'p1', other: 'p2' }), allowed)
    })
  }

  for (const expression of [
    'role',
    'role:',
    ':x',
    'role:a role:b',
    'role:a or',
    'and role:a',
    '(role:a',
    'role:a)',
    'project_id:%(project_id)',
    "project_name:'web",
    'http://server/',
    `${'('.repeat(50)}@${')'.repeat(50)}`,
    'a'.repeat(5000),
    "'a':'b'",
  ]) {
    it(`"${expression.slice(0, 30)}" is refused`, () => {
      assert.throws(() => parseCheck(expression), { code: 'POLICY_SYNTAX' })
    })
  }

  it('compares names with blanks and parentheses', () => {
    const rules = defaultRules({ name: 'cloud admins (all)', domain: "Ada's" })
    const policy = compilePolicy(rules)
    const admin = { ...ada, projectName: 'cloud admins (all)', projectDomainName: "Ada's" }
    assert.ok(policy.allows('cluster_viewer', admin, {}))
    assert.ok(!policy.allows('cluster_viewer', { ...admin, projectDomainName: 'Default' }, {}))
  })
})

describe('A policy', () => {
  it('denies rules that it does not have', () => {
    assert.ok(!compilePolicy({}).allows('event:list', ada, {}))
    assert.ok(!compilePolicy({}).allows('constructor', ada, {}))
  })

  it('takes nothing for a variable that a request does not have', () => {
    const policy = compilePolicy({ asked: 'user_name:%(toString)s or project_id:%(__proto__)s' })
    assert.ok(!policy.allows('asked', ada, {}))
  })

  it('is changed rule by rule, and others see the change', () => {
    const policy = compilePolicy({ a: 'rule:b', b: '!' }, { b: 'role:reader' })
    assert.ok(policy.allows('a', ada, {}))
  })

  it('understands the older lists', () => {
    const policy = compilePolicy({}, { a: [['role:admin'], ['role:reader', '@']], b: [], c: ['role:admin'] })
    assert.deepEqual(
      ['a', 'b', 'c'].map((rule) => policy.allows(rule, ada, {})),
      [true, true, false],
    )
  })

  for (const [why, changes, code] of [
    ['refers to itself', { a: 'rule:b', b: 'not rule:a' }, 'POLICY_RULE'],
    ['refers to nothing', { a: 'rule:none' }, 'POLICY_RULE'],
    ['is a number', { a: 1 }, 'POLICY_RULE'],
    ['is a list of numbers', { a: [[1]] }, 'POLICY_RULE'],
    ['is no object', ['a'], 'POLICY_SYNTAX'],
  ] as const) {
    it(`that ${why} is refused when it is compiled`, () => {
      assert.throws(() => compilePolicy({}, changes), { code })
    })
  }
})

describe('The default policy', () => {
  const policy = compilePolicy(defaultRules({ name: 'cloud', domain: 'Default' }))
  const viewer = {
    ...nobody,
    projectId: 'p1',
    projectName: 'web',
    projectDomainName: 'Default',
    roles: ['audit_viewer'],
  }
  const domainViewer = { ...nobody, domainId: 'd1', domainName: 'Shop', roles: ['audit_viewer'] }
  const cluster = { ...nobody, projectId: 'c1', projectName: 'cloud', projectDomainName: 'Default', roles: ['member'] }
  const own = { project_id: 'p1', domain_id: undefined }

  for (const [who, facts, variables, rules] of [
    [
      'a project’s viewer',
      viewer,
      own,
      { 'event:list': true, 'event:show': true, 'event:export': true, 'audit:update': false },
    ],
    ['a project’s viewer elsewhere', viewer, { project_id: 'p2' }, { 'event:list': false, 'audit:show': false }],
    [
      'a domain’s viewer',
      domainViewer,
      { domain_id: 'd1' },
      { 'event:list': true, domain_viewer: true, cluster_viewer: false },
    ],
    ['whoever lacks the role', ada, own, { 'event:list': false, 'audit:show': false }],
    ['an unscoped token', nobody, {}, { 'event:list': false, 'event:show': false, cluster_viewer: false }],
    ['a token for the system', { ...nobody, system: true, roles: ['admin'] }, {}, { 'event:list': false }],
    [
      'a cluster viewer',
      cluster,
      { project_id: 'p9' },
      { 'event:list': true, cluster_viewer: true, 'audit:disable': false },
    ],
    [
      'a cluster administrator',
      { ...cluster, roles: ['audit_admin'] },
      { project_id: 'p9' },
      { 'audit:disable': true, 'audit:retention': true, 'audit:update': true },
    ],
    [
      'a project’s administrator',
      { ...viewer, roles: ['audit_admin'] },
      own,
      { 'audit:update': true, 'audit:disable': false, 'audit:retention': false, 'trail:verify': false },
    ],
  ] as const) {
    it(`says of ${who}: ${Object.entries(rules)
      .map(([rule, is]) => `${rule} ${is ? 'yes' : 'no'}`)
      .join(', ')}`, () => {
      for (const [rule, allowed] of Object.entries(rules))
        assert.equal(policy.allows(rule, facts, variables), allowed, rule)
    })
  }

  it('has no cluster viewers where no project is named', () => {
    const none = compilePolicy(defaultRules({ name: ' ', domain: '' }))
    assert.ok(!none.allows('cluster_viewer', { ...cluster, projectName: '' }, {}))
  })
})
