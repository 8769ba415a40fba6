import { decodeFloatingIp, type FloatingIp } from '../openstack/neutron/floating-ips'
import { decodePort, type Port } from '../openstack/neutron/ports'
import { decodeRule } from '../openstack/neutron/security-group-rules'
import type { ChangeKind, SecurityGroupRule } from './model'
import { type Occurrence, resourcesOf, type Sent, type Subject, subjectOf } from './occurrence'

/** A change as the notification alone tells it: what it names, and where its addresses are to be found. */
export interface ReportedChange {
  readonly occurrence: Occurrence
  readonly subject: Subject
  readonly kind: ChangeKind
  readonly resourceId: string
  readonly projectId: string | undefined
  readonly groupId: string | undefined
  readonly rule: SecurityGroupRule | undefined
  /** Rules that came inside a group. */
  readonly groupRules: readonly SecurityGroupRule[]
  readonly port: Port | undefined
  readonly floatingIp: FloatingIp | undefined
  /** What the notification lacks, so that nothing can be looked up. */
  readonly missing: string | undefined
}

const KINDS: Readonly<Record<'security_group_rule' | 'security_group' | 'port', Readonly<Record<string, ChangeKind>>>> =
  {
    security_group_rule: { create: 'sg_rule_add', delete: 'sg_rule_del' },
    security_group: { create: 'sg_create', update: 'sg_update', delete: 'sg_delete' },
    port: { create: 'port_create', update: 'port_update', delete: 'port_delete' },
  }

/** The changes that a notification reports; none for event types that change no exposure. */
export function reportedChanges(occurrence: Occurrence): ReportedChange[] {
  const subject = subjectOf(occurrence.topic)
  if (subject === undefined) return []
  return resourcesOf(subject, occurrence.payload).flatMap((sent) => reported(occurrence, subject, sent) ?? [])
}

function reported(occurrence: Occurrence, subject: Subject, sent: Sent): ReportedChange | undefined {
  const { resource, action, announced } = subject
  const text = (name: string) => {
    const value = sent.object?.[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const base = {
    occurrence,
    subject,
    resourceId: sent.id,
    projectId: text('project_id') ?? text('tenant_id'),
    groupId: undefined,
    rule: undefined,
    groupRules: [],
    port: undefined,
    floatingIp: undefined,
    missing: undefined,
  }
  switch (resource) {
    case 'security_group_rule': {
      const rule = decodeRule(sent.object)
      const groupId = rule?.security_group_id ?? text('security_group_id')
      const kind = KINDS.security_group_rule[action] ?? 'sg_rule_add'
      return { ...base, kind, rule, groupId, missing: announced || groupId !== undefined ? undefined : 'its group' }
    }
    case 'security_group': {
      const inside = sent.object?.['security_group_rules']
      const groupRules = Array.isArray(inside) ? inside.flatMap((rule) => decodeRule(rule) ?? []) : []
      const groupId = sent.id === '' ? undefined : sent.id
      const kind = KINDS.security_group[action] ?? 'sg_update'
      return { ...base, kind, groupId, groupRules, missing: announced || groupId !== undefined ? undefined : 'its id' }
    }
    case 'port': {
      const port = announced ? undefined : decodePort(sent.object)
      const kind = KINDS.port[action] ?? 'port_update'
      return { ...base, kind, port, missing: announced || port !== undefined ? undefined : 'its addresses' }
    }
    case 'floatingip': {
      const floatingIp = announced ? undefined : decodeFloatingIp(sent.object)
      const kind = floatingIpKind(subject, sent, floatingIp)
      if (kind === undefined) return undefined
      return { ...base, kind, floatingIp, missing: announced || floatingIp !== undefined ? undefined : 'its address' }
    }
  }
}

/** An address that is only reserved, or given back without ever having had a port, exposes nothing: undefined. */
function floatingIpKind(
  { action, announced }: Subject,
  sent: Sent,
  floatingIp: FloatingIp | undefined,
): ChangeKind | undefined {
  if (announced) {
    if (action === 'delete') return 'fip_disassociate'
    const port = sent.object?.['port_id']
    if (typeof port === 'string') return 'fip_associate'
    // An announced change without `port_id` is about something else.
    return port === null && action === 'update' ? 'fip_disassociate' : undefined
  }
  if (floatingIp === undefined) return action === 'delete' ? 'fip_disassociate' : 'fip_associate'
  const associated = floatingIp.port_id !== null
  if (action === 'update') return associated ? 'fip_associate' : 'fip_disassociate'
  if (!associated) return undefined
  return action === 'create' ? 'fip_associate' : 'fip_disassociate'
}
