import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { TokenFacts } from '../../openstack/token-facts'
import { type Check, parseCheck } from './parse'

/** What a request brings to a check beside the token: members of its path, `project_id`, `domain_id`. Absent is never equal. */
export type Variables = Readonly<Record<string, string | undefined>>

export interface Policy {
  /** A rule that does not exist is denied. */
  allows(rule: string, facts: TokenFacts, variables: Variables): boolean
  readonly rules: readonly string[]
}

type Decide = (facts: TokenFacts, variables: Variables) => boolean

/**
 * Compiles a policy once. `changes` are rules as an operator writes them, over the defaults: by name, an expression each, or
 * oslo.policy's older lists (any of the inner lists, whose checks must all hold).
 * @throws OperatorError `POLICY_SYNTAX`, `POLICY_RULE`
 */
export function compilePolicy(defaults: Readonly<Record<string, string>>, changes: unknown = {}): Policy {
  const checks = new Map<string, Check>()
  for (const [name, expression] of Object.entries(defaults)) checks.set(name, parseCheck(expression))
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    throw new OperatorError('POLICY_SYNTAX', 'The policy is no JSON object of rules.', { remedy: REMEDY })
  }
  for (const [name, rule] of Object.entries(changes)) checks.set(name, ruleCheck(name, rule))

  const decisions = new Map<string, Decide>()
  const decide = (name: string, within: readonly string[], asked: boolean): Decide => {
    const known = decisions.get(name)
    if (known !== undefined) return known
    const check = checks.get(name)
    if (check === undefined) {
      if (asked) return () => false
      throw wrongRule(within.at(-1) ?? '', `refers to the rule "${quote(name, 60)}", which does not exist`)
    }
    if (within.includes(name)) throw wrongRule(name, 'refers to itself')
    const made = compile(check, (other) => decide(other, [...within, name], false))
    decisions.set(name, made)
    return made
  }
  for (const name of checks.keys()) decide(name, [], true)
  return {
    rules: [...checks.keys()],
    allows: (rule, facts, variables) => decisions.get(rule)?.(facts, variables) === true,
  }
}

const REMEDY = 'Write {"rule": "expression", …}; docs/hermes-api.md has the rules and the syntax.'

function ruleCheck(name: string, rule: unknown): Check {
  if (typeof rule === 'string') return parseCheck(rule)
  if (!Array.isArray(rule)) throw wrongRule(name, 'is no text')
  if (rule.length === 0) return { kind: 'always' }
  const of = rule.map((inner): Check => {
    const parts: unknown[] = Array.isArray(inner) ? inner : [inner]
    return {
      kind: 'and',
      of: parts.map((part) => {
        if (typeof part !== 'string') throw wrongRule(name, 'has a check that is no text')
        return parseCheck(part)
      }),
    }
  })
  return { kind: 'or', of }
}

function compile(check: Check, ruleNamed: (name: string) => Decide): Decide {
  switch (check.kind) {
    case 'always':
      return () => true
    case 'never':
      return () => false
    case 'not': {
      const inner = compile(check.of, ruleNamed)
      return (facts, variables) => !inner(facts, variables)
    }
    case 'and':
    case 'or': {
      const of = check.of.map((each) => compile(each, ruleNamed))
      return check.kind === 'and'
        ? (facts, variables) => of.every((holds) => holds(facts, variables))
        : (facts, variables) => of.some((holds) => holds(facts, variables))
    }
    case 'rule':
      return ruleNamed(check.name)
    case 'role': {
      // Keystone's role names are case-insensitive.
      const wanted = check.name.toLowerCase()
      return ({ roles }) => roles.some((role) => role.toLowerCase() === wanted)
    }
    case 'literal':
      return (_, variables) => variableOf(variables, check.variable) === check.text
    case 'attribute': {
      const value = ATTRIBUTES[check.name]
      if (value === undefined) return () => false
      if ('literal' in check) return (facts) => value(facts) === check.literal
      return (facts, variables) => {
        const own = value(facts)
        return own !== undefined && own === variableOf(variables, check.variable)
      }
    }
  }
}

/** By the names of oslo.policy and of Hermes. */
const ATTRIBUTES: Readonly<Record<string, (facts: TokenFacts) => string | undefined>> = {
  user_id: (facts) => facts.userId,
  user_name: (facts) => facts.userName,
  user_domain_id: (facts) => facts.userDomainId,
  user_domain_name: (facts) => facts.userDomainName,
  project_id: (facts) => facts.projectId,
  tenant_id: (facts) => facts.projectId,
  project_name: (facts) => facts.projectName,
  project_domain_id: (facts) => facts.projectDomainId,
  project_domain_name: (facts) => facts.projectDomainName,
  domain_id: (facts) => facts.domainId,
  domain_name: (facts) => facts.domainName,
  system_scope: (facts) => (facts.system ? 'all' : undefined),
  application_credential_id: (facts) => facts.applicationCredentialId,
  is_admin_project: (facts) =>
    facts.isAdminProject === undefined ? undefined : facts.isAdminProject ? 'True' : 'False',
}

function variableOf(variables: Variables, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined
}

function wrongRule(name: string, why: string): OperatorError {
  return new OperatorError('POLICY_RULE', `The policy rule "${quote(name, 60)}" ${why}.`, { remedy: REMEDY })
}
