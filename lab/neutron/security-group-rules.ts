import { attribute, standardAttributes } from './attributes'
import type { CallContext } from './context'
import { ruleDocument } from './documents'
import { NeutronFailure } from './failure'
import type { SecurityGroup, SecurityGroupRule } from './model'
import type { ResourceKind } from './resource'
import { checkedRule, convertEthertype, convertPort, convertPrefix, convertProtocol, ruleKey } from './rule-checks'
import { groupNotFound } from './security-groups'
import type { NeutronWorld } from './world'

const direction = (value: unknown): string | undefined =>
  value === 'ingress' || value === 'egress' ? undefined : `'${String(value)}' is not in ['ingress', 'egress']`

/** Rules: made singly or in bulk, deleted, never changed. */
export function securityGroupRules(world: NeutronWorld): ResourceKind<SecurityGroupRule> {
  const sent = { post: true, filter: true, sort: true, default: null }

  /** A group that this project may use; another project's does not exist for it. */
  function groupFor(context: CallContext, id: string, project: string): SecurityGroup {
    const group = world.securityGroups.get(id)
    const usable =
      group !== undefined &&
      (context.isAdmin ||
        group.project_id === project ||
        group.shared_with.some((each) => each === project || each === '*'))
    if (!usable) throw groupNotFound(id)
    return group
  }

  return {
    singular: 'security_group_rule',
    plural: 'security_group_rules',
    path: 'security-group-rules',
    attributes: {
      ...standardAttributes,
      direction: { post: true, required: true, filter: true, sort: true, reason: direction },
      protocol: { ...sent, convert: convertProtocol },
      port_range_min: { ...sent, convert: convertPort },
      port_range_max: { ...sent, convert: convertPort },
      ethertype: { ...sent, default: 'IPv4', convert: convertEthertype },
      remote_ip_prefix: { ...sent, convert: convertPrefix },
      remote_group_id: sent,
      remote_address_group_id: sent,
      security_group_id: { post: true, required: true, filter: true, sort: true, reason: attribute.text(36) },
      normalized_cidr: {},
    },
    rows: () => world.rules.values(),
    row: (id) => world.rules.get(id),
    // The owner of the group sees all of its rules.
    readable: (context, rule) =>
      context.seesAll ||
      rule.project_id === context.projectId ||
      world.securityGroups.get(rule.security_group_id)?.project_id === context.projectId,
    notFound: (id) => new NeutronFailure(404, 'SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`),
    document: (_context, rule) => ruleDocument(rule),
    lastState: (_context, rule) => ruleDocument(rule),
    create(context, items) {
      if (new Set(items.map((item) => item['security_group_id'])).size > 1) {
        throw new NeutronFailure(
          400,
          'SecurityGroupNotSingleGroupRules',
          'Only allowed to update rules for one security profile at a time',
        )
      }
      const rules = items.map((item) => {
        const rule = checkedRule(item)
        const project = String(item['project_id'])
        if (typeof rule.remote_group_id === 'string') groupFor(context, rule.remote_group_id, project)
        if (
          typeof rule.remote_address_group_id === 'string' &&
          !world.addressGroups.has(rule.remote_address_group_id)
        ) {
          throw new NeutronFailure(
            404,
            'AddressGroupNotFound',
            `Address group ${rule.remote_address_group_id} could not be found.`,
          )
        }
        return rule
      })
      const [first] = items
      const group = groupFor(context, String(first?.['security_group_id']), String(first?.['project_id']))
      refuseDuplicates(rules)
      const revision = group.revision_number
      const made = rules.map((rule) => world.addRule(group, rule))
      // One request is one change of the group, however many rules it brings.
      group.revision_number = revision + 1
      return made
    },
    remove(_context, rule) {
      world.rules.delete(rule.id)
      const group = world.securityGroups.get(rule.security_group_id)
      if (group !== undefined) world.touch(group)
    },
  }

  function refuseDuplicates(rules: readonly Partial<SecurityGroupRule>[]): void {
    const keys = new Set<string>()
    for (const rule of rules) {
      const key = ruleKey(rule)
      if (keys.has(key)) {
        throw new NeutronFailure(409, 'DuplicateSecurityGroupRuleInPost', 'Duplicate Security Group Rule in POST.')
      }
      keys.add(key)
    }
    for (const known of world.rulesOf(String(rules[0]?.security_group_id))) {
      if (keys.has(ruleKey(known))) {
        throw new NeutronFailure(
          409,
          'SecurityGroupRuleExists',
          `Security group rule already exists. Rule id is ${known.id}.`,
        )
      }
    }
  }
}
