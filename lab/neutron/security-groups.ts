import { attribute, standardAttributes } from './attributes'
import { groupDocument } from './documents'
import { badRequest, NeutronFailure } from './failure'
import type { SecurityGroup } from './model'
import type { ResourceKind } from './resource'
import type { NeutronWorld } from './world'

export function groupNotFound(id: string): NeutronFailure {
  return new NeutronFailure(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`)
}

const name = (value: unknown): string | undefined => {
  if (typeof value === 'string' && value.toLowerCase() === 'default') {
    throw new NeutronFailure(409, 'SecurityGroupDefaultAlreadyExists', 'Default security group already exists.')
  }
  return attribute.text(255)(value)
}

export function securityGroups(world: NeutronWorld): ResourceKind<SecurityGroup> {
  const inUse = (group: SecurityGroup): boolean =>
    [...world.ports.values()].some((port) => port.security_groups.includes(group.id))
  const refuseInUse = (group: SecurityGroup): never => {
    throw new NeutronFailure(409, 'SecurityGroupInUse', `Security Group ${group.id} in use.`)
  }
  return {
    singular: 'security_group',
    plural: 'security_groups',
    path: 'security-groups',
    attributes: {
      ...standardAttributes,
      name: { post: true, put: true, default: '', filter: true, sort: true, reason: name },
      stateful: { post: true, put: true, default: true, filter: true, sort: true, convert: attribute.boolean },
      shared: { filter: true },
      security_group_rules: {},
    },
    rows: () => world.securityGroups.values(),
    row: (id) => world.securityGroups.get(id),
    readable: (context, group) =>
      context.seesAll ||
      group.project_id === context.projectId ||
      group.shared_with.includes(context.projectId) ||
      group.shared_with.includes('*'),
    notFound: groupNotFound,
    document: (context, group) => groupDocument(world, context, group),
    lastState: (context, group) => groupDocument(world, context, group),
    create(_context, items) {
      return items.map((item) => {
        const project = String(item['project_id'])
        world.defaultGroup(project)
        return world.addGroup(project, String(item['name']), {
          description: String(item['description']),
          stateful: item['stateful'] === true,
        })
      })
    },
    update(_context, group, changes) {
      if (typeof changes['stateful'] === 'boolean' && changes['stateful'] !== group.stateful) {
        if (inUse(group)) refuseInUse(group)
        group.stateful = changes['stateful']
      }
      if (changes['name'] !== undefined) {
        if (group.name === 'default') {
          throw new NeutronFailure(
            409,
            'SecurityGroupCannotUpdateDefault',
            'Updating default security group not allowed.',
          )
        }
        group.name = String(changes['name'])
      }
      if (changes['description'] !== undefined) group.description = String(changes['description'])
      if (Object.keys(changes).length === 0) throw badRequest('Resource body required')
      world.touch(group)
    },
    remove(context, group) {
      if (inUse(group)) refuseInUse(group)
      if (group.name === 'default' && !context.isAdmin) {
        throw new NeutronFailure(
          409,
          'SecurityGroupCannotRemoveDefault',
          'Insufficient rights for removing default security group.',
        )
      }
      for (const rule of world.rulesOf(group.id)) world.rules.delete(rule.id)
      // Rules that trust the group go with it, in the database, without a word.
      for (const rule of world.rules.values()) if (rule.remote_group_id === group.id) world.rules.delete(rule.id)
      world.securityGroups.delete(group.id)
    },
  }
}
