/** CADF action by whole event type; asked before the verb. */
const BY_TYPE: ReadonlyMap<string, string> = new Map([
  ['request.authentication_failed', 'authenticate'],
  ['request.authorization_failed', 'deny'],
  ['sec_policy.create', 'deploy'],
  ['sec_policy.restore', 'restore'],
])

/** CADF action by verb. */
const BY_VERB: ReadonlyMap<string, string> = new Map([
  ...verbs('create', 'create bulk_create invite accept_invitation create_pairing_key'),
  ...verbs('update', 'update bulk_update set_labels remove_labels reset_password update_password'),
  ...verbs('delete', 'delete bulk_delete unpair delete_all_pairing_keys'),
  ...verbs('authenticate', 'login sign_in authenticate verify_mfa use_expired_password'),
  ...verbs('revoke', 'logout sign_out login_session_terminated pce_session_terminated'),
  ...verbs('deploy', 'apply_policy deploy'),
  ...verbs('restore', 'restore undelete'),
  ...verbs('enable', 'activate unsuspend'),
  ...verbs('disable', 'deactivate suspend goodbye'),
  ...verbs('configure', 'upgrade'),
  ...verbs('evaluate', 'verify_connection recalc_rules'),
  ...verbs('renew', 'refresh_token'),
  ...verbs('monitor', 'tampering clone_detected missed_heartbeats degraded'),
])

/** CADF type of what an event is about, by the resource's key in `resource_changes`. */
const RESOURCES: ReadonlyMap<string, string> = new Map([
  ...verbs('data/security/policy', 'rule_set sec_rule sec_policy enforcement_boundary ip_list deny_rule'),
  ...verbs('data/security/account/user', 'user auth_security_principal security_principal user_local_profile'),
  ...verbs('data/security/key', 'api_key pairing_profile'),
  ...verbs('data/security/role', 'permission'),
  ...verbs('data/security/group', 'group'),
  ...verbs('data/security/account', 'service_account'),
  ...verbs('compute/machine', 'workload agent ven container_workload'),
  ...verbs('compute/cluster', 'container_cluster'),
])

/** Event types that tell of a condition which the PCE or an agent found, not of something that somebody did. */
const CONDITIONS =
  /^(system_task\.|lost_agent\.found$|database\.|network_enforcement_node\.(degraded|missed_heartbeats))/
const AGENT_CONDITIONS = new Set(['tampering', 'clone_detected', 'service_not_available', 'missed_heartbeats'])

export function actionOf(eventType: string): string {
  const known = BY_TYPE.get(eventType)
  if (known !== undefined) return known
  if (eventType.startsWith('system_task.')) return 'monitor'
  return BY_VERB.get(eventType.slice(eventType.indexOf('.') + 1)) ?? 'unknown'
}

/** `control` for a decision of policy, `monitor` for a condition found, `activity` for all that somebody did. */
export function kindOf(eventType: string): 'activity' | 'control' | 'monitor' {
  if (eventType === 'request.authorization_failed') return 'control'
  const [resource, verb = ''] = eventType.split('.')
  const found = resource === 'agent' && AGENT_CONDITIONS.has(verb)
  return found || CONDITIONS.test(eventType) ? 'monitor' : 'activity'
}

export function resourceTypeOf(key: string): string {
  return RESOURCES.get(key) ?? (key.startsWith('network') ? 'network' : 'data/config')
}

function verbs(meaning: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, meaning])
}
