import type { SecurityGroupRule } from './model'
import type { Subject } from './occurrence'

/** Why the addresses of a change are not to be scanned; undefined if they are. Reads after "Not scanned: ". */
export function noScanReason(
  { resource, action, announced }: Subject,
  known: {
    /** The rule changed, or all rules of a group created. */
    readonly rules?: readonly SecurityGroupRule[]
    readonly portDown?: boolean
    /** The floating IP has a port. */
    readonly associated?: boolean
  },
  scanOnDelete: boolean,
): string | undefined {
  if (announced) return 'only announced, Neutron has not decided yet'
  const rules = known.rules ?? []
  const letsIn = rules.some((rule) => rule.direction === 'ingress')
  if (resource === 'security_group_rule' && rules.length > 0 && !letsIn) return 'egress rule, lets nobody in'
  if (action === 'delete' || (resource === 'floatingip' && known.associated === false)) {
    return scanOnDelete ? undefined : 'delete, opens nothing'
  }
  switch (resource) {
    case 'security_group_rule':
      return undefined
    case 'security_group':
      if (action === 'update') return "a group's name and description open nothing"
      return letsIn ? undefined : 'the new group lets nobody in'
    case 'port':
      return known.portDown === true ? 'the port is switched off' : undefined
    case 'floatingip':
      return undefined
  }
}
