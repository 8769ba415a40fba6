import type { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { ReportedChange } from './changes'
import { asksForFloatingIps, groupToAsk, type Known } from './neutron-answers'

/** Why the addresses of a change may not be all of them; undefined if they are. */
export function incompleteness(change: ReportedChange, known: Known): string | undefined {
  const said = (reason: string) => `targets incomplete: ${reason}`
  if (change.missing !== undefined) {
    return said(`the notification does not tell ${change.missing}, and nothing is remembered of it`)
  }
  const failure = failureOf(change, known)
  if (failure !== undefined) return said(failure.message)
  const asked = groupToAsk(change) !== undefined || asksForFloatingIps(change)
  return asked ? blindness(change, known) : undefined
}

/** The question of a change that got no answer. */
export function failureOf(change: ReportedChange, known: Known): OperatorError | undefined {
  const group = groupToAsk(change)
  if (group !== undefined) return known.groupFailure(group)
  return asksForFloatingIps(change) && change.port !== undefined ? known.portFailure(change.port.id) : undefined
}

/**
 * Neutron leaves out the ports of other projects without a word, so an empty answer is no proof. A rule's own project tells
 * nothing: it is that of whoever made the rule, and an administrator makes rules in other projects' groups.
 */
function blindness(change: ReportedChange, { identity, group }: Known): string | undefined {
  if (identity === undefined || identity.seesAllProjects) return undefined
  const id = groupToAsk(change)
  const owner = id === undefined ? undefined : group(id)
  const project = id === undefined ? change.port?.project_id : owner?.project_id
  if (project === identity.projectId && owner?.shared !== true) return undefined
  const whose =
    id === undefined
      ? `the port is in ${quote(project || 'a project that is not named', 60)}`
      : owner === undefined
        ? 'and does not see this group'
        : `the group is ${owner.shared ? 'shared with other projects' : `in ${quote(owner.project_id, 60)}`}`
  const roles = quote(identity.roles.join(', ') || 'none', 80)
  return `targets incomplete: the account sees project ${quote(identity.project ?? 'none', 60)} only (roles: ${roles}), ${whose}`
}
