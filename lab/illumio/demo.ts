import type { Pce } from './service'

/** What the demo PCE can make happen by name: what a person sees of it, and the type of its event. */
export const PCE_OCCURRENCES = {
  login: { says: 'dana logs in', type: 'user.login' },
  'failed-login': { says: 'somebody tries a password that is wrong', type: 'user.login' },
  'key-rejected': { says: 'a request with an API key that is none', type: 'request.authentication_failed' },
  tampering: { says: 'the firewall of a workload was changed by hand', type: 'agent.tampering' },
  offline: { says: 'a workload is no longer heard of', type: 'system_task.agent_offline_check' },
  'rule-change': { says: 'dana disables a rule', type: 'sec_rule.update' },
  provision: { says: 'dana provisions a policy with narrow rules', type: 'sec_policy.create' },
  'open-provision': {
    ...{ says: 'dana provisions a policy with a rule that lets any service in from anywhere' },
    type: 'sec_policy.create',
  },
} as const

export type PceOccurrence = keyof typeof PCE_OCCURRENCES

export function isPceOccurrence(name: unknown): name is PceOccurrence {
  return typeof name === 'string' && Object.hasOwn(PCE_OCCURRENCES, name)
}

type Fields = Readonly<Record<string, unknown>>

const DANA = { user: { href: '/users/21', username: 'dana@example.net' } }
const SYSTEM = { system: {} }

/** Makes an occurrence happen at the PCE, with the policy that belongs to it. Answers the event's href. */
export function happenAtDemoPce(pce: Pce, name: PceOccurrence): string {
  return pce.happen({ created_by: DANA, event_type: PCE_OCCURRENCES[name].type, ...makers[name](pce) })
}

const makers: Readonly<Record<PceOccurrence, (pce: Pce) => Fields>> = {
  login: () => ({}),
  'failed-login': () => ({
    ...{ status: 'failure', severity: 'warning', created_by: SYSTEM },
    action: call('POST', '/login/users/sign_in', 401, '203.0.113.9'),
    notifications: [note('user.login_failed', { associated_user: { supplied_username: 'o\u2019neil & sons <x>' } })],
  }),
  'key-rejected': ({ org }) => ({
    ...{ status: 'failure', severity: 'err', created_by: SYSTEM },
    action: call('GET', `/api/v2/orgs/${org}/workloads`, 401, '203.0.113.9'),
    notifications: [note('request.authentication_failed', { api_key: { key_id: 'api_000example' } })],
  }),
  tampering: ({ org }) => ({
    ...{ status: null, severity: 'err', action: null },
    created_by: { agent: { href: `/orgs/${org}/agents/412`, hostname: 'db-04.example.net' } },
    notifications: [
      note('workload.oob_policy_changes', {
        ...{ tampering_revert_succeeded: true, num_events: 3 },
        workload: { href: `/orgs/${org}/workloads/9b6c0000-0000-4000-8000-0000000000aa` },
      }),
    ],
  }),
  offline: ({ org }) => ({
    ...{ status: null, severity: 'warning', action: null },
    created_by: SYSTEM,
    resource_changes: [
      change(
        'update',
        { workload: { href: `/orgs/${org}/workloads/9b6c0000-0000-4000-8000-0000000000bb`, name: 'web-11' } },
        { online: { before: true, after: false } },
      ),
    ],
  }),
  'rule-change': ({ org }) => {
    const rule = `/orgs/${org}/sec_policy/draft/rule_sets/88/sec_rules/301`
    return {
      ...{ action: call('PUT', `/api/v2${rule}`, 204) },
      resource_changes: [change('update', { sec_rule: { href: rule } }, { enabled: { before: true, after: false } })],
    }
  },
  provision: (pce) => provisioned(pce, false),
  'open-provision': (pce) => provisioned(pce, true),
}

/** A new version of the policy: what it holds can be fetched by its href, as at a real PCE. */
function provisioned(pce: Pce, open: boolean): Fields {
  const before = Math.max(
    92,
    ...[...pce.resources.keys()].map((href) => Number(/\/sec_policy\/(\d+)$/.exec(href)?.[1] ?? 0)),
  )
  const version = before + 1
  const policy = `/orgs/${pce.org}/sec_policy/${version}`
  pce.resources.set(policy, { href: policy, version, commit_message: `CHG-10${version}` })
  pce.resources.set(`${policy}/services`, [
    { href: `${policy}/services/1`, name: 'All Services', service_ports: [{ proto: -1 }] },
    { href: `${policy}/services/7`, name: 'HTTPS', service_ports: [{ port: 443, proto: 6 }] },
  ])
  pce.resources.set(`${policy}/ip_lists`, [
    {
      ...{ href: `${policy}/ip_lists/1`, name: 'Any (0.0.0.0/0 and ::/0)' },
      ip_ranges: [{ from_ip: '0.0.0.0/0' }, { from_ip: '::/0' }],
    },
    { href: `${policy}/ip_lists/6`, name: 'Partner VPN', ip_ranges: [{ from_ip: '198.51.100.0/24' }] },
  ])
  pce.resources.set(`${policy}/rule_sets`, [
    {
      ...{ href: `${policy}/rule_sets/88`, name: 'Payments prod', enabled: true },
      rules: [rule(policy, 301, open ? 1 : 6, open ? 1 : 7)],
    },
  ])
  return {
    action: call('POST', `/api/v2/orgs/${pce.org}/sec_policy`, 201),
    resource_changes: [
      change(
        'create',
        { sec_policy: { href: policy, version, commit_message: `CHG-10${version}` } },
        { version: { before, after: version }, workloads_affected: { before: null, after: 42 } },
      ),
    ],
  }
}

function rule(policy: string, id: number, ipList: number, service: number): Fields {
  return {
    ...{ href: `${policy}/rule_sets/88/sec_rules/${id}`, enabled: true },
    providers: [{ label: { href: policy.replace(/sec_policy.*/, 'labels/14') } }],
    consumers: [{ ip_list: { href: `${policy}/ip_lists/${ipList}` } }],
    ingress_services: [{ href: `${policy}/services/${service}` }],
  }
}

function call(method: string, endpoint: string, code: number, from = '198.51.100.17'): Fields {
  return { api_endpoint: endpoint, api_method: method, http_status_code: code, src_ip: from }
}

function note(type: string, info: Fields): Fields {
  return { notification_type: type, info }
}

function change(type: string, resource: Fields, changes: Fields): Fields {
  return { resource, changes, change_type: type }
}
