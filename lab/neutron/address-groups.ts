import { formatCidr, parseCidr } from './addresses'
import { attribute, standardAttributes } from './attributes'
import { addressGroupDocument } from './documents'
import { badRequest, NeutronFailure } from './failure'
import type { AddressGroup } from './model'
import type { ResourceKind } from './resource'
import type { NeutronWorld } from './world'

const cidrs = (value: unknown): string[] => {
  if (!Array.isArray(value)) throw badRequest(`Invalid input for addresses. Reason: '${String(value)}' is not a list.`)
  return (value as unknown[]).map((each) => {
    const cidr = parseCidr(String(each))
    if (cidr === undefined)
      throw badRequest(`Invalid input for addresses. Reason: '${String(each)}' is not a valid CIDR.`)
    return formatCidr(cidr)
  })
}

/** Named lists of prefixes. Changing what is in one is a member action: no notification tells of it. */
export function addressGroups(world: NeutronWorld): ResourceKind<AddressGroup> {
  return {
    singular: 'address_group',
    plural: 'address_groups',
    path: 'address-groups',
    attributes: {
      ...standardAttributes,
      name: { post: true, put: true, default: '', filter: true, sort: true, reason: attribute.text(255) },
      addresses: { post: true, default: [], convert: cidrs },
    },
    rows: () => world.addressGroups.values(),
    row: (id) => world.addressGroups.get(id),
    readable: (context, group) => context.seesAll || group.project_id === context.projectId,
    notFound: (id) => new NeutronFailure(404, 'AddressGroupNotFound', `Address group ${id} could not be found.`),
    document: (_context, group) => addressGroupDocument(group),
    lastState: (_context, group) => addressGroupDocument(group),
    create(_context, items) {
      return items.map((item) => {
        const group: AddressGroup = {
          ...world.standard(String(item['project_id']), String(item['description'])),
          name: String(item['name']),
          addresses: item['addresses'] as string[],
        }
        world.addressGroups.set(group.id, group)
        return group
      })
    },
    update(_context, group, changes) {
      Object.assign(group, changes)
      world.touch(group)
    },
    remove(_context, group) {
      if ([...world.rules.values()].some((rule) => rule.remote_address_group_id === group.id)) {
        throw new NeutronFailure(
          409,
          'AddressGroupInUse',
          `Address group ${group.id} is in use on one or more security group rules.`,
        )
      }
      world.addressGroups.delete(group.id)
    },
    member(_context, group, action, body) {
      if (action !== 'add_addresses' && action !== 'remove_addresses') return undefined
      const changed = cidrs(body['addresses'])
      const kept = group.addresses.filter((each) => !changed.includes(each))
      group.addresses = action === 'add_addresses' ? [...kept, ...changed] : kept
      world.touch(group)
      return { answer: { address_group: addressGroupDocument(group) } }
    },
  }
}
