import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { defaultRules } from '../../../src/hermes/policy/defaults'
import { compilePolicy } from '../../../src/hermes/policy/policy'
import { readingOf, variablesOf } from '../../../src/hermes/scope'
import type { TokenFacts } from '../../../src/openstack/token-facts'

const policy = compilePolicy(defaultRules({ name: 'cloud', domain: 'Default' }))
const nobody: TokenFacts = { userId: 'u', roles: [], system: false, expiresAt: Number.POSITIVE_INFINITY }
const WHO: Readonly<Record<string, TokenFacts>> = {
  'project P': { ...nobody, projectId: 'P', roles: ['audit_viewer'] },
  'domain D': { ...nobody, domainId: 'D', roles: ['audit_viewer'] },
  admin: { ...nobody, projectId: 'A', projectName: 'cloud', projectDomainName: 'Default', roles: ['member'] },
  'project P without the role': { ...nobody, projectId: 'P', roles: ['member'] },
  'domain D without the role': { ...nobody, domainId: 'D', roles: ['member'] },
  unscoped: nobody,
  'the system': { ...nobody, system: true, roles: ['audit_viewer', 'admin'] },
}

/** Who, project_id, domain_id, what is read: a tenant (with `!` one's own), `nothing`, or 403. Section 4.3 of the contract. */
const TABLE = `
project P | - | - | !P
project P | P | - | !P
project P | Q | - | 403
project P | * | - | 403
project P | default | - | 403
project P | - | P | 403
project P | - | D | 403
project P | P | D | nothing
project P | Q | D | 403
domain D | - | - | !D
domain D | - | D | !D
domain D | - | E | 403
domain D | P | - | 403
domain D | D | - | 403
domain D | * | - | 403
domain D | P | D | nothing
admin | - | - | !A
admin | A | - | !A
admin | X | - | X
admin | D | - | D
admin | * | - | *
admin | - | D | D
admin | X | D | nothing
project P without the role | - | - | 403
project P without the role | P | - | 403
project P without the role | * | - | 403
domain D without the role | - | D | 403
unscoped | - | - | 403
unscoped | P | - | 403
unscoped | * | - | 403
the system | - | - | 403
the system | * | - | 403
`

describe('What a token reads', () => {
  for (const row of TABLE.trim().split('\n')) {
    const [who = '', project = '', domain = '', expected = ''] = row.split('|').map((cell) => cell.trim())
    const given = [project === '-' ? '' : `project_id=${project}`, domain === '-' ? '' : `domain_id=${domain}`]
    it(`of ${who} with ${given.filter(Boolean).join('&') || 'no parameters'}: ${expected}`, () => {
      const facts = WHO[who] as TokenFacts
      const asked = { facts, projectId: project === '-' ? '' : project, domainId: domain === '-' ? '' : domain }
      const read = () => {
        if (!policy.allows('event:list', facts, variablesOf(asked))) return '403'
        try {
          const reading = readingOf(policy, 'one', asked)
          return reading.kind === 'nothing' ? 'nothing' : `${reading.foreign ? '' : '!'}${reading.tenant}`
        } catch (thrown) {
          return String((thrown as { status: number }).status)
        }
      }
      assert.equal(read(), expected)
    })
  }

  it('is never everything, even where a policy lets everybody in', () => {
    const permissive = compilePolicy(defaultRules({ name: '', domain: '' }), { 'event:list': '@', cluster_viewer: '@' })
    assert.throws(() => readingOf(permissive, 'one', { facts: nobody, projectId: '', domainId: '' }), { status: 403 })
  })

  it('may be everything for auditors of the system, where the policy says so and they ask for it', () => {
    const auditors = compilePolicy(defaultRules({ name: '', domain: '' }), {
      cluster_viewer: 'role:admin and system_scope:all',
    })
    const system = { facts: WHO['the system'] as TokenFacts, projectId: '*', domainId: '' }
    assert.ok(auditors.allows('event:list', system.facts, variablesOf(system)))
    const reading = readingOf(auditors, 'one', system)
    assert.equal(reading.kind === 'tenant' && reading.tenant, '*')
    assert.throws(() => readingOf(auditors, 'one', { ...system, projectId: '' }), { status: 403 })
  })

  it('stays within the cloud, also where all of it is read', () => {
    const asked = { facts: WHO['admin'] as TokenFacts, projectId: '*', domainId: '' }
    const reading = readingOf(policy, 'one', asked)
    assert.deepEqual(reading.kind === 'tenant' && reading.scope, { tenants: 'all', cloud: 'one' })
  })
})
