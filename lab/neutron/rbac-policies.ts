import { attribute, standardAttributes } from './attributes'
import { NeutronFailure } from './failure'
import type { RbacPolicy } from './model'
import type { ResourceKind } from './resource'
import { groupNotFound } from './security-groups'
import type { NeutronWorld } from './world'

/** Sharing of security groups with other projects, whose ports may then be members. */
export function rbacPolicies(world: NeutronWorld): ResourceKind<RbacPolicy> {
  const documentOf = (policy: RbacPolicy) => ({
    id: policy.id,
    project_id: policy.project_id,
    action: policy.action,
    object_id: policy.object_id,
    target_tenant: policy.target_tenant,
    object_type: policy.object_type,
    tenant_id: policy.project_id,
  })
  const sent = { post: true, required: true, filter: true, sort: true, reason: attribute.text(255) }
  return {
    singular: 'rbac_policy',
    plural: 'rbac_policies',
    path: 'rbac-policies',
    attributes: { ...standardAttributes, object_type: sent, object_id: sent, action: sent, target_tenant: sent },
    rows: () => world.rbacPolicies.values(),
    row: (id) => world.rbacPolicies.get(id),
    readable: (context, policy) => context.seesAll || policy.project_id === context.projectId,
    notFound: (id) =>
      new NeutronFailure(404, 'RbacPolicyNotFound', `RBAC policy of type rbac_policy with ID ${id} not found`),
    document: (_context, policy) => documentOf(policy),
    lastState: (_context, policy) => documentOf(policy),
    create(_context, items) {
      return items.map((item) => {
        if (item['object_type'] !== 'security_group') {
          throw new NeutronFailure(
            400,
            'InvalidInput',
            `Invalid input for operation: ${String(item['object_type'])} cannot be shared here.`,
          )
        }
        const group = world.securityGroups.get(String(item['object_id']))
        if (group === undefined || group.project_id !== item['project_id'])
          throw groupNotFound(String(item['object_id']))
        const policy: RbacPolicy = {
          ...world.standard(String(item['project_id'])),
          object_type: 'security_group',
          object_id: group.id,
          action: String(item['action']),
          target_tenant: String(item['target_tenant']),
        }
        world.rbacPolicies.set(policy.id, policy)
        group.shared_with.push(policy.target_tenant)
        return policy
      })
    },
    remove(_context, policy) {
      world.rbacPolicies.delete(policy.id)
      const group = world.securityGroups.get(policy.object_id)
      if (group !== undefined) group.shared_with = group.shared_with.filter((each) => each !== policy.target_tenant)
    },
  }
}
