import assert from 'node:assert/strict'
import { TENANT_RULES, type TenantRule } from '../../../../src/audit/tenants/rules'
import { tenantsOf } from '../../../../src/audit/tenants/tenants-of'
import { recordedOccurrences } from '../../../support/recorded-occurrences'

const USER = 'service/security/account/user'

/** Tenants of an event with this initiator and target, and further members. */
function tenants(initiator: object, target: object, rest: object = {}, added = {}, rules = ALL): readonly string[] {
  return tenantsOf(
    { initiator: { id: 'u', typeURI: USER, ...initiator }, target: { id: 't', ...target }, ...rest },
    added,
    rules,
  )
}
const ALL: ReadonlySet<TenantRule> = new Set(TENANT_RULES)

const ROUTER = { typeURI: 'network/router' }
const PROJECT = { typeURI: 'data/security/project', id: 'p9' }
const DOMAIN = { typeURI: 'data/security/domain', id: 'd9' }
const USER_TARGET = { typeURI: 'data/security/account/user', id: 'u9' }
const GRANT = { action: 'created.role_assignment', flags: ['target.id is random'], role: 'r1' }

describe('An event is filed under', () => {
  const cases: [string, readonly string[], string[]][] = [
    ['the project that somebody acts in', tenants({ project_id: 'p1' }, ROUTER), ['p1']],
    ['the project of the target, too', tenants({ project_id: 'p1' }, { ...ROUTER, project_id: 'p2' }), ['p1', 'p2']],
    ['one project once', tenants({ project_id: 'p1' }, { ...ROUTER, project_id: 'p1' }), ['p1']],
    [
      'the project of the target alone, for a domain administrator',
      tenants({ domain_id: 'd1' }, { ...ROUTER, project_id: 'p2' }),
      ['p2'],
    ],
    ['the domain that somebody acts in', tenants({ domain_id: 'd1' }, ROUTER), ['d1']],
    ['the domain of the target, too', tenants({ domain_id: 'd1' }, { ...USER_TARGET, domain_id: 'd2' }), ['d1', 'd2']],
    [
      'the domain of the target, also where somebody acts in a project',
      tenants({ project_id: 'p1' }, { ...USER_TARGET, domain_id: 'd2' }),
      ['p1', 'd2'],
    ],
    [
      'no domain where the target is in a project',
      tenants({ project_id: 'p1' }, { ...ROUTER, project_id: 'p2', domain_id: 'd2' }),
      ['p1', 'p2'],
    ],
    ['the domain that is changed', tenants({ project_id: 'p1' }, DOMAIN), ['p1', 'd9']],
    [
      'the project that is created, and the domain of who creates it',
      tenants({ domain_id: 'd1' }, PROJECT),
      ['p9', 'd1'],
    ],
    [
      'the project that is created, and its own domain',
      tenants({ domain_id: 'd1' }, { ...PROJECT, domain_id: 'd2' }),
      ['p9', 'd1', 'd2'],
    ],
    [
      'the domain of a project, as a look-up has it',
      tenants({ project_id: 'p1' }, PROJECT, {}, { 'target.domain_id': 'd2' }),
      ['p1', 'p9', 'd2'],
    ],
    // Keystone's role assignments
    [
      'the project in which a role is given',
      tenants({ project_id: 'p1' }, { typeURI: USER }, { ...GRANT, project: 'p2' }),
      ['p1', 'p2'],
    ],
    [
      'the domain in which a role is given',
      tenants({ domain_id: 'd1' }, { typeURI: USER }, { ...GRANT, domain: 'd2' }),
      ['d1', 'd2'],
    ],
    [
      'the domain in which a role is given to be inherited',
      tenants({}, { typeURI: USER }, { ...GRANT, domain: 'd2', inherited_to_projects: true }),
      ['d2'],
    ],
    [
      'nothing that other events call project',
      tenants({}, ROUTER, { action: 'create', project: 'p2', domain: 'd2' }),
      [],
    ],
    // logins
    [
      'the domain that somebody tried to log in to',
      tenants({ domain_id: 'd1', user_name: 'nobody' }, { typeURI: USER }),
      ['d1'],
    ],
    [
      'the domain of the user who logged in, from a look-up',
      tenants({}, { typeURI: USER }, {}, { 'initiator.domain_id': 'd3' }),
      ['d3'],
    ],
    [
      'no home domain where the event says where somebody acts',
      tenants({ project_id: 'p1' }, ROUTER, {}, { 'initiator.domain_id': 'd3' }),
      ['p1'],
    ],
    [
      'no home domain where the event says in which one somebody acts',
      tenants({ domain_id: 'd1' }, ROUTER, {}, { 'initiator.domain_id': 'd3' }),
      ['d1'],
    ],
    // nobody
    ['nothing', tenants({}, ROUTER), []],
    ...['unknown', 'unavailable', 'None', 'null', ''].map((word): [string, readonly string[], string[]] => [
      `nothing for the word ${JSON.stringify(word)}`,
      tenants(
        { project_id: word, domain_id: word },
        { ...ROUTER, project_id: word, domain_id: word },
        { ...GRANT, project: word, domain: word },
        {
          'initiator.domain_id': word,
          'target.domain_id': word,
        },
      ),
      [],
    ]),
    ...[7, null, ['p1'], { id: 'p1' }, 'p1,p2', '*', 'p 1', 'p1\n', `p${'1'.repeat(300)}`].map(
      (value): [string, readonly string[], string[]] => [
        `nothing for ${JSON.stringify(value).slice(0, 20)}`,
        tenants({ project_id: value }, { ...ROUTER, project_id: value }),
        [],
      ],
    ),
  ]
  for (const [what, found, expected] of cases) it(what, () => assert.deepEqual(found, expected))

  it('nothing where the event has neither initiator nor target', () => assert.deepEqual(tenantsOf({}), []))

  it('the target that a short reference names', () => {
    const initiator = { id: 'u', typeURI: USER, project_id: 'p1' }
    assert.deepEqual(tenantsOf({ initiator, target: { id: 'initiator' } }), ['p1'])
  })
})

describe('Tenant rules that are switched off', () => {
  const everywhere = [{ project_id: 'p1' }, { ...PROJECT, domain_id: 'd2' }] as const
  it('name nobody', () => {
    assert.deepEqual(tenants(...everywhere, {}, {}, new Set()), [])
    assert.deepEqual(tenants(...everywhere, {}, {}, new Set(['acting-project'])), ['p1'])
    assert.deepEqual(tenants(...everywhere, {}, {}, new Set(['target-project'])), ['p9'])
    assert.deepEqual(tenants(...everywhere, {}, {}, new Set(['domain-of-project'])), ['d2'])
  })
  it('do not make another rule look elsewhere', () => {
    // A project's event does not go to a domain because projects are not to see it.
    const rules: ReadonlySet<TenantRule> = new Set(['acting-domain', 'target-domain', 'home-domain'])
    assert.deepEqual(
      tenants({ project_id: 'p1', domain_id: 'd1' }, { ...ROUTER, project_id: 'p2', domain_id: 'd2' }, {}, {}, rules),
      [],
    )
  })
})

describe('Recorded events', () => {
  it('are filed under the projects and domains that they name, and under nothing else', () => {
    for (const file of ['keystone-cadf', 'neutron', 'neutron-audit', 'octavia', 'octavia-audit', 'edge-cases']) {
      for (const { event, payload } of recordedOccurrences(`${file}.jsonl`)) {
        const sent = JSON.stringify(payload)
        for (const tenant of tenantsOf(event)) {
          // Of Neutron's own notifications the request context names the project.
          const context = event.initiator.project_id === tenant || event.initiator.domain_id === tenant
          assert.ok(sent.includes(`"${tenant}"`) || context, tenant)
        }
      }
    }
  })
})
