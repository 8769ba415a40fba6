import { ROOT_ACTIONS } from '../action'

/** A property that conditions often ask for, with values seen there; the dialog suggests them. */
export interface KnownProperty {
  readonly path: string
  readonly values?: readonly string[]
}

const OUTCOMES = ['success', 'failure', 'pending', 'unknown']
const TYPE_URIS = [
  'service/security',
  'service/security/account/user',
  'service/network',
  'service/compute',
  'service/load-balancer',
  'data/security/account/user',
  'data/security/project',
  'data/security/domain',
  'data/security/role',
  'data/security/group',
  'data/security/credential',
  'network/port',
  'network/floatingip',
  'network/security-group',
  'network/security-group-rule',
  'unknown',
]
const TOPICS = [
  'security_group_rule.create.end',
  'security_group_rule.delete.end',
  'security_group.create.end',
  'security_group.update.end',
  'security_group.delete.end',
  'port.create.end',
  'port.update.end',
  'port.delete.end',
  'floatingip.create.end',
  'floatingip.update.end',
  'floatingip.delete.end',
  'router.interface.create',
  'router.interface.delete',
  'identity.authenticate',
  'identity.user.created',
  'identity.user.updated',
  'identity.user.deleted',
  'identity.project.created',
  'identity.project.updated',
  'identity.project.deleted',
  'identity.role_assignment.created',
  'identity.role_assignment.deleted',
  'identity.application_credential.created',
  'audit.http.request',
  'audit.http.response',
  'octavia.loadbalancer.create.end',
  'gap.rabbitmq',
  'gap.log-file',
]
const ACTIONS = [
  ...ROOT_ACTIONS,
  'read/list',
  'update/add',
  'update/remove',
  'created.project',
  'created.role_assignment',
]
const DIRECTIONS = ['ingress', 'egress']
const PROTOCOLS = ['tcp', 'udp', 'icmp', 'ipv6-icmp', 'null']
const NETWORKS = ['0.0.0.0/0', '::/0', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'null']

/** Properties of the CADF event, the notification and the recorded payloads; those met most often come first. */
export const KNOWN_PROPERTIES: readonly KnownProperty[] = [
  { path: 'topic', values: TOPICS },
  { path: 'event.action', values: ACTIONS },
  { path: 'event.outcome', values: OUTCOMES },
  { path: 'event.eventType', values: ['activity', 'monitor', 'control'] },
  { path: 'event.initiator.id' },
  { path: 'event.initiator.name' },
  { path: 'event.initiator.username' },
  { path: 'event.initiator.user_id' },
  { path: 'event.initiator.project_id' },
  { path: 'event.initiator.domain_id' },
  { path: 'event.initiator.host.address', values: NETWORKS },
  { path: 'event.initiator.host.agent' },
  { path: 'event.initiator.typeURI', values: TYPE_URIS },
  { path: 'event.initiator.credential.identity_provider' },
  { path: 'event.target.id' },
  { path: 'event.target.name' },
  { path: 'event.target.typeURI', values: TYPE_URIS },
  { path: 'event.target.project_id' },
  { path: 'event.observer.typeURI', values: TYPE_URIS },
  { path: 'event.observer.name' },
  { path: 'event.reason.reasonCode', values: ['400', '401', '403', '404', '409'] },
  { path: 'event.reason.reasonType' },
  { path: 'event.requestPath' },
  { path: 'event.severity' },
  { path: 'event.tags' },
  { path: 'event.attachments.*.name' },
  { path: 'event.added', values: ['initiator.id', 'target.id', 'outcome'] },
  { path: 'event.flags' },
  { path: 'notification.publisherId' },
  { path: 'notification.priority', values: ['INFO', 'WARN', 'ERROR', 'CRITICAL', 'AUDIT'] },
  { path: 'notification.context.userName' },
  { path: 'notification.context.projectName' },
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
  { path: 'exposure.addresses.*.address', values: NETWORKS },
  { path: 'exposure.addresses.*.global', values: ['true', 'false'] },
  { path: 'exposure.incomplete' },
  { path: 'scan.status', values: ['launched', 'partial', 'refused', 'not-needed', 'dry-run'] },
]

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
