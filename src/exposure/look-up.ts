import { describeError, OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { Found } from '../openstack/neutron/by-id'
import { type FloatingIp, type FloatingIpCensus, floatingIpsOfPorts } from '../openstack/neutron/floating-ips'
import { type Port, portsOfGroups } from '../openstack/neutron/ports'
import type { KeystoneSession, SessionIdentity } from '../openstack/session'
import { addressesOfPort, addressOfFloatingIp } from './addresses'
import { type ReportedChange, reportedChanges } from './changes'
import type { Change, ExposedAddress, Exposure } from './model'
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

interface Known {
  readonly portsOf: (groupId: string) => readonly Port[]
  readonly floatingOf: (portId: string) => readonly FloatingIp[]
  readonly groupFailure: (groupId: string) => OperatorError | undefined
  readonly portFailure: (portId: string) => OperatorError | undefined
  readonly identity: SessionIdentity | undefined
}

async function askNeutron(changes: readonly ReportedChange[], { session, census }: LookUpWorld): Promise<Known> {
  const groups = new Set(changes.flatMap((change) => groupToAsk(change) ?? []))
  const ownPorts = changes.filter(asksForFloatingIps).flatMap(({ port }) => port ?? [])
  if (groups.size === 0 && ownPorts.length === 0) return known(nothing(), nothing(), undefined)

  let identity: SessionIdentity
  try {
    identity = await session.identity()
  } catch (thrown) {
    const error = thrown instanceof OperatorError ? thrown : new OperatorError('UNEXPECTED', describeError(thrown))
    const failed = (ids: Iterable<string>) => ({ items: [], failed: new Map([...ids].map((id) => [id, error])) })
    return known(failed(groups), failed(ownPorts.map(({ id }) => id)), undefined)
  }
  const ports = await portsOfGroups(session, groups)
  // Floating IPs lead to IPv4 addresses only.
  const withIpv4 = [...ports.items, ...ownPorts].filter((port) =>
    port.fixed_ips.some((ip) => !ip.ip_address.includes(':')),
  )
  const portIds = withIpv4.map(({ id }) => id)
  const floatingIps = await floatingIpsOfPorts(session, portIds, { census })
  return known(ports, floatingIps, identity)
}

/** A deleted group had no members: Neutron refuses to delete one that is in use. */
function groupToAsk({ subject, kind, groupId }: ReportedChange): string | undefined {
  return subject.announced || kind === 'sg_delete' ? undefined : groupId
}

/** A port that is gone has lost its floating IPs with it. */
function asksForFloatingIps({ kind }: ReportedChange): boolean {
  return kind === 'port_create' || kind === 'port_update'
}

function nothing<T>(): Found<T> {
  return { items: [], failed: new Map() }
}

function known(ports: Found<Port>, floatingIps: Found<FloatingIp>, identity: SessionIdentity | undefined): Known {
  const byGroup = new Map<string, Port[]>()
  for (const port of ports.items) for (const group of port.security_groups) push(byGroup, group, port)
  const byPort = new Map<string, FloatingIp[]>()
  for (const floatingIp of floatingIps.items) push(byPort, floatingIp.port_id ?? '', floatingIp)
  return {
    portsOf: (groupId) => byGroup.get(groupId) ?? [],
    floatingOf: (portId) => byPort.get(portId) ?? [],
    groupFailure: (groupId) => ports.failed.get(groupId),
    portFailure: (portId) => floatingIps.failed.get(portId),
    identity,
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
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

function addressesOf(change: ReportedChange, known: Known): ExposedAddress[] {
  const { rule, port, floatingIp } = change
  if (floatingIp !== undefined) return addressOfFloatingIp(floatingIp)
  if (port !== undefined) return addressesOfPort(port, asksForFloatingIps(change) ? known.floatingOf(port.id) : [])
  const group = groupToAsk(change)
  if (group === undefined) return []
  const addresses = known.portsOf(group).flatMap((member) => addressesOfPort(member, known.floatingOf(member.id)))
  // A rule is for one family; a whole group is for both.
  const family = rule === undefined ? undefined : rule.ethertype === 'IPv6' ? 6 : 4
  return addresses.filter((address) => family === undefined || address.family === family)
}

function incompleteness(change: ReportedChange, known: Known): string | undefined {
  const said = (reason: string) => `targets incomplete: ${reason}`
  if (change.missing !== undefined) {
    return said(`the notification does not tell ${change.missing}, and nothing is remembered of it`)
  }
  const failure = failureOf(change, known)
  if (failure !== undefined) return said(failure.message)
  const asked = groupToAsk(change) !== undefined || asksForFloatingIps(change)
  return asked ? blindness(change, known) : undefined
}

/** Why the addresses of a change are not all there. */
function failureOf(change: ReportedChange, known: Known): OperatorError | undefined {
  const group = groupToAsk(change)
  if (group === undefined) {
    return asksForFloatingIps(change) && change.port !== undefined ? known.portFailure(change.port.id) : undefined
  }
  const failures = known.portsOf(group).map(({ id }) => known.portFailure(id))
  return known.groupFailure(group) ?? failures.find((failure) => failure !== undefined)
}

/** Neutron leaves out the ports of other projects without a word, so an empty answer is no proof. */
function blindness({ projectId }: ReportedChange, { identity }: Known): string | undefined {
  if (identity === undefined || identity.seesAllProjects || projectId === identity.projectId) return undefined
  const roles = quote(identity.roles.join(', ') || 'none', 80)
  return (
    `targets incomplete: the account sees the ports of project ${quote(identity.project ?? 'none', 60)} only (roles: ${roles}), ` +
    `the change is in ${projectId === undefined ? 'a project that is not named' : quote(projectId, 60)}`
  )
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
function union(changes: readonly Change[]): ExposedAddress[] {
  const found = new Map<string, ExposedAddress>()
  for (const { addresses } of changes) {
    for (const address of addresses) found.set(`${address.kind} ${address.address} ${address.portId ?? ''}`, address)
  }
  return [...found.values()]
}
