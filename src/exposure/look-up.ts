import type { OperatorError } from '../errors/operator-error'
import type { FloatingIpCensus } from '../openstack/neutron/floating-ips'
import type { KeystoneSession } from '../openstack/session'
import { addressesOfPort, addressOfFloatingIp } from './addresses'
import { type ReportedChange, reportedChanges } from './changes'
import { failureOf, incompleteness } from './incompleteness'
import type { Change, ExposedAddress, Exposure } from './model'
import { askNeutron, asksForFloatingIps, groupToAsk, type Known } from './neutron-answers'
import type { Occurrence } from './occurrence'
import type { RuleMemory } from './rule-memory'
import { noScanReason } from './verdict'

export interface LookUpWorld {
  readonly session: KeystoneSession
  readonly memory: RuleMemory
  readonly census: FloatingIpCensus
}

export interface LookUpOptions {
  readonly scanOnDelete: boolean
}

/** The answer for one occurrence. */
export interface LookedUp {
  readonly exposure: Exposure
  /** Set when something is missing that asking later could bring. */
  readonly retry: OperatorError | undefined
}

/**
 * What these notifications changed and which addresses that concerns, one answer for each in their order. The groups of all of them are asked for together, and
 * nothing is kept from one call to the next, so that the answer is Neutron's of this moment.
 * What could not be found out is marked `incomplete` with the reason; journal errors alone are thrown.
 */
export async function lookUpExposure(
  occurrences: readonly Occurrence[],
  world: LookUpWorld,
  options: LookUpOptions,
): Promise<LookedUp[]> {
  const reported = occurrences.map(reportedChanges)
  const changes = await recalled(reported.flat(), world.memory)
  const known = await askNeutron(changes, world)

  let next = 0
  return reported.map((list) => {
    const own = changes.slice(next, next + list.length)
    next += list.length
    const failures = own.flatMap((change) => failureOf(change, known) ?? [])
    return {
      exposure: exposureOf(own.map((change) => judged(change, known, options))),
      retry: failures.find(({ retryable }) => retryable),
    }
  })
}

/** The exposure of a batch from those of its members. */
export function joinedExposure(exposures: readonly Exposure[]): Exposure {
  return exposureOf(exposures.flatMap(({ changes }) => changes))
}

/** Fills in the rules that deletes name only by id, and keeps the memory up to date. */
async function recalled(changes: readonly ReportedChange[], memory: RuleMemory): Promise<ReportedChange[]> {
  const certain = changes.filter(({ subject }) => !subject.announced)
  const shown = (change: ReportedChange) => [...(change.rule === undefined ? [] : [change.rule]), ...change.groupRules]
  await memory.remember(certain.filter(({ subject }) => subject.action !== 'delete').flatMap(shown))

  const nameless = changes.filter(({ kind, rule }) => kind === 'sg_rule_del' && rule === undefined)
  const rules = nameless.length === 0 ? new Map() : await memory.recall(nameless.map(({ resourceId }) => resourceId))
  const filled = changes.map((change) => {
    const rule = change.kind === 'sg_rule_del' ? (change.rule ?? rules.get(change.resourceId)) : change.rule
    if (rule === undefined || rule === change.rule) return change
    return { ...change, rule, groupId: rule.security_group_id, projectId: rule.project_id, missing: undefined }
  })
  const deletes = filled.filter(({ subject }) => !subject.announced && subject.action === 'delete')
  await memory.deleted(deletes.flatMap(shown))
  return filled
}

function judged(change: ReportedChange, known: Known, { scanOnDelete }: LookUpOptions): Change {
  const { occurrence, subject, rule, groupRules, port, floatingIp } = change
  const reason = noScanReason(
    subject,
    {
      rules: rule === undefined ? groupRules : [rule],
      portDown: port?.admin_state_up === false,
      ...(floatingIp === undefined ? {} : { associated: floatingIp.port_id !== null }),
    },
    scanOnDelete,
  )
  const incomplete = incompleteness(change, known)
  return {
    kind: change.kind,
    messageId: occurrence.messageId,
    eventId: occurrence.eventId,
    resourceId: change.resourceId,
    ...(change.projectId === undefined ? {} : { projectId: change.projectId }),
    ...(change.groupId === undefined ? {} : { securityGroupId: change.groupId }),
    ...(rule === undefined ? {} : { rule }),
    scan: reason === undefined,
    ...(reason === undefined ? {} : { noScanReason: reason }),
    addresses: addressesOf(change, known),
    ...(incomplete === undefined ? {} : { incomplete }),
  }
}

function addressesOf(change: ReportedChange, known: Known): readonly ExposedAddress[] {
  const { rule, port, floatingIp } = change
  if (floatingIp !== undefined) return addressOfFloatingIp(floatingIp)
  if (port !== undefined) return addressesOfPort(port, asksForFloatingIps(change) ? known.floatingOf(port.id) : [])
  const group = groupToAsk(change)
  // A rule is for one family; a whole group is for both.
  const family = rule === undefined ? undefined : rule.ethertype === 'IPv6' ? 6 : 4
  return group === undefined ? [] : known.addressesOf(group, family)
}

const REASONS_SHOWN = 3

function exposureOf(changes: readonly Change[]): Exposure {
  const reasons = [...new Set(changes.flatMap(({ incomplete }) => incomplete ?? []))]
  const shown = reasons.slice(0, REASONS_SHOWN).join('; ')
  const more = reasons.length > REASONS_SHOWN ? `; and ${reasons.length - REASONS_SHOWN} more` : ''
  return {
    changes,
    addresses: union(changes),
    ...(reasons.length === 0 ? {} : { incomplete: `${shown}${more}` }),
  }
}

/** Two projects may use the same private address, so an address is one only together with its port. */
function union(changes: readonly Change[]): readonly ExposedAddress[] {
  const lists = new Set(changes.map(({ addresses }) => addresses))
  const [only] = lists
  // Within one list every address is there once.
  if (only !== undefined && lists.size === 1) return only
  const found = new Map<string, ExposedAddress>()
  for (const addresses of lists) {
    for (const address of addresses) found.set(`${address.kind} ${address.address} ${address.portId ?? ''}`, address)
  }
  return [...found.values()]
}
