import { SEVERITIES } from '../../notify/model'
import { ACTIONS, EVENT_TYPES, KEYSTONE_ACTIONS, OUTCOMES, RESOURCE_TYPES, TARGET_TYPES } from '../taxonomy'
import type { Operator } from './model'

/** A property that conditions often ask for, with values seen there; the dialog suggests them. */
export interface KnownProperty {
  readonly path: string
  readonly values?: readonly string[]
}

/** The event types of the recorded services; Neutron's `.start` tell only of attempts and are left out. */
const TOPICS = [
  ...finished('security_group_rule', 'create', 'delete'),
  ...finished('security_group', 'create', 'update', 'delete'),
  ...finished('port', 'create', 'update', 'delete'),
  ...finished('floatingip', 'create', 'update', 'delete'),
  ...['router.interface.create', 'router.interface.delete'],
  ...finished('router', 'create', 'update', 'delete'),
  ...finished('network', 'create', 'update', 'delete'),
  ...finished('subnet', 'create', 'update', 'delete'),
  ...finished('address_group', 'create', 'update', 'delete'),
  ...finished('port_forwarding', 'create', 'delete'),
  ...finished('rbac_policy', 'create', 'delete'),
  ...finished('tag', 'create'),
  ...finished('octavia.loadbalancer', 'create', 'update', 'delete'),
  ...['audit.http.request', 'audit.http.response'],
  'identity.authenticate',
  ...KEYSTONE_ACTIONS.map((action) => action.replace(/^(\w+)\.(.*)$/, 'identity.$2.$1')),
  ...['gap.rabbitmq', 'gap.log-file', 'gap.illumio'],
  // Of an Illumio PCE: what watchers are made for; there are some 270, and releases add more.
  ...['user.login', 'user.logout', 'request.authentication_failed', 'request.authorization_failed'],
  ...['sec_policy.create', 'sec_policy.restore', 'rule_set.create', 'rule_set.update', 'rule_set.delete'],
  ...['sec_rule.create', 'sec_rule.update', 'sec_rule.delete', 'ip_list.update', 'workloads.set_labels'],
  ...['agent.tampering', 'agent.clone_detected', 'system_task.agent_offline_check', 'api_key.create'],
]
const DIRECTIONS = ['ingress', 'egress']
const PROTOCOLS = ['tcp', 'udp', 'icmp', 'ipv6-icmp', 'null']
const NETWORKS = ['0.0.0.0/0', '::/0', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'null']

/** Properties of the CADF event, the notification and the recorded payloads; those met most often come first. */
export const KNOWN_PROPERTIES: readonly KnownProperty[] = [
  { path: 'topic', values: TOPICS },
  { path: 'event.action', values: ACTIONS },
  { path: 'event.outcome', values: OUTCOMES },
  { path: 'event.eventType', values: EVENT_TYPES },
  { path: 'event.initiator.id' },
  { path: 'event.initiator.name' },
  { path: 'event.initiator.username' },
  { path: 'event.initiator.user_name' },
  { path: 'event.initiator.user_id' },
  { path: 'event.initiator.project_id' },
  { path: 'event.initiator.domain_id' },
  { path: 'event.initiator.domain_name' },
  { path: 'event.initiator.request_id' },
  { path: 'event.initiator.host.address', values: NETWORKS },
  { path: 'event.initiator.host.trust', values: ['last-hop', 'claimed', 'peer'] },
  { path: 'event.initiator.host.agent' },
  { path: 'event.initiator.typeURI', values: RESOURCE_TYPES },
  { path: 'event.initiator.credential.identity_provider' },
  { path: 'event.initiator.credential.user' },
  { path: 'event.target.id' },
  { path: 'event.target.name' },
  { path: 'event.target.typeURI', values: TARGET_TYPES },
  { path: 'event.target.parent.id' },
  { path: 'event.target.parent.typeURI', values: TARGET_TYPES },
  { path: 'event.target.project_id' },
  { path: 'event.target.domain_id' },
  { path: 'event.observer.id' },
  { path: 'event.observer.typeURI', values: RESOURCE_TYPES },
  { path: 'event.observer.name' },
  {
    path: 'event.reason.reasonCode',
    values: ['200', '201', '202', '204', '400', '401', '403', '404', '409', '500', '503'],
  },
  { path: 'event.reason.reasonType', values: ['HTTP'] },
  { path: 'event.reason.policyType' },
  { path: 'event.reason.policyId' },
  { path: 'event.role' },
  { path: 'event.user' },
  { path: 'event.group' },
  { path: 'event.project' },
  { path: 'event.domain' },
  { path: 'event.inherited_to_projects', values: ['true', 'false'] },
  { path: 'event.requestPath' },
  { path: 'event.severity', values: SEVERITIES },
  { path: 'event.tags' },
  { path: 'event.attachments.*.name' },
  { path: 'event.added', values: ['initiator.id', 'target.id', 'outcome'] },
  { path: 'event.flags' },
  { path: 'notification.publisherId' },
  { path: 'notification.priority', values: ['INFO', 'WARN', 'ERROR', 'CRITICAL', 'AUDIT'] },
  { path: 'notification.context.userName' },
  { path: 'notification.context.projectId' },
  { path: 'notification.context.projectName' },
  { path: 'notification.context.domainId' },
  { path: 'notification.context.roles', values: ['admin', 'member', 'reader', 'service'] },
  { path: 'notification.context.isAdmin', values: ['true', 'false'] },
  { path: 'notification.source.cloud' },
  { path: 'notification.source.exchange', values: ['neutron', 'keystone', 'octavia', 'nova', 'cinder'] },
  { path: 'notification.source.redelivered', values: ['true', 'false'] },
  { path: 'payload.security_group_rule.direction', values: DIRECTIONS },
  { path: 'payload.security_group_rule.ethertype', values: ['IPv4', 'IPv6'] },
  { path: 'payload.security_group_rule.protocol', values: PROTOCOLS },
  { path: 'payload.security_group_rule.port_range_min', values: ['22', '80', '443', '3389'] },
  { path: 'payload.security_group_rule.port_range_max', values: ['22', '80', '443', '3389'] },
  { path: 'payload.security_group_rule.remote_ip_prefix', values: NETWORKS },
  { path: 'payload.security_group_rule.remote_group_id' },
  { path: 'payload.security_group_rule.remote_address_group_id' },
  { path: 'payload.security_group_rule.security_group_id' },
  { path: 'payload.security_group_rule.project_id' },
  {
    path: 'payload.port.device_owner',
    values: ['compute:nova', 'network:router_interface', 'network:dhcp', 'Octavia'],
  },
  { path: 'payload.port.port_security_enabled', values: ['true', 'false'] },
  { path: 'payload.port.fixed_ips.*.ip_address', values: NETWORKS },
  { path: 'payload.floatingip.floating_ip_address', values: NETWORKS },
  { path: 'payload.floatingip.port_id' },
  { path: 'payload.status', values: ['success', 'failure', 'null'] },
  { path: 'payload.severity', values: SEVERITIES },
  { path: 'payload.created_by.user.username' },
  { path: 'payload.created_by.agent.hostname' },
  { path: 'payload.action.src_ip', values: NETWORKS },
  { path: 'payload.action.http_status_code', values: ['200', '201', '204', '401', '403'] },
  { path: 'payload.resource_changes.*.change_type', values: ['create', 'update', 'delete'] },
  { path: 'payload.resource_changes.*.resource.rule_set.name' },
  { path: 'payload.resource_changes.*.resource.*.href' },
  { path: 'payload.notifications.*.notification_type' },
  { path: 'exposure.addresses.*.address', values: NETWORKS },
  { path: 'exposure.addresses.*.global', values: ['true', 'false'] },
  { path: 'exposure.incomplete' },
  { path: 'scan.status', values: ['launched', 'partial', 'refused', 'not-needed', 'dry-run'] },
]

/** One entry of the dialog's menu "ask about": a condition to begin with. */
export interface Question {
  readonly path: string
  readonly op: Operator
}

/**
 * What an audit asks, and what to look at for each question; the headings stand in the locale under `about.<id>`. Project and domain
 * have many places: those of the token that acted, those of the thing acted on, and those of a role assignment.
 */
export const QUESTIONS: readonly { readonly about: string; readonly questions: readonly Question[] }[] = [
  about(
    ...(['initiator', 'initiator.name', 'initiator.username', 'initiator.user_id', 'initiator.id'] as const),
    ...(['initiator.typeURI', { path: 'event.initiator.host.address', op: 'in-network' }] as const),
  ),
  about('target', 'target.typeURI', 'target.id', 'target.name', 'requestPath'),
  about('observer', 'observer.typeURI', 'observer.name', 'observer.id'),
  about('action', { path: 'event.action', op: 'wildcard' }, { path: 'topic', op: 'one-of' }),
  about('outcome', 'outcome'),
  about('reason', { path: 'event.reason.reasonCode', op: 'gte' }, 'reason.reasonCode', 'reason.reasonType'),
  about('project', 'initiator.project_id', 'target.project_id', 'project'),
  about('domain', 'initiator.domain_id', 'target.domain_id', 'domain'),
  about('severity', { path: 'event', op: 'at-least' }, { path: 'event.severity', op: 'at-least' }),
  about('whole', { path: 'topic', op: 'opt-out' }, { path: 'event', op: 'valid-cadf' }),
]

/** A text stands for "is one of" on this member of the event. */
function about(id: string, ...questions: (string | Question)[]): { about: string; questions: Question[] } {
  const made = questions.map(
    (one): Question => (typeof one === 'string' ? { path: `event.${one}`, op: 'one-of' } : one),
  )
  return { about: id, questions: made }
}

function finished(resource: string, ...verbs: string[]): string[] {
  return verbs.map((verb) => `${resource}.${verb}.end`)
}

/** What "some element of" may lead to, and the properties of such an element, to be written with a leading dot. */
export const KNOWN_ELEMENTS: readonly { readonly within: string; readonly properties: readonly KnownProperty[] }[] = [
  {
    within: 'payload.security_group_rule, payload.security_group_rules.*',
    properties: elementsOf('payload.security_group_rule'),
  },
  { within: 'payload.port, payload.ports.*', properties: elementsOf('payload.port') },
  { within: 'exposure.addresses.*', properties: elementsOf('exposure.addresses.*') },
  {
    within: 'event.attachments.*',
    properties: [{ path: '.name' }, { path: '.content' }, { path: '.typeURI', values: ['mime:application/json'] }],
  },
]

function elementsOf(path: string): KnownProperty[] {
  return KNOWN_PROPERTIES.filter((known) => known.path.startsWith(`${path}.`)).map((known) => ({
    ...known,
    path: known.path.slice(path.length),
  }))
}
