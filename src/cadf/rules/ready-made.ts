import type { Condition, Group, Operator, Rule } from './model'

/** A rule from the dialog's menu; its name and explanation stand in the locale under `ready.<id>`. */
export interface ReadyMadeRule {
  readonly id: string
  readonly rule: Omit<Rule, 'name'>
}

const THIS_RULE = 'payload.security_group_rule, payload.security_group_rules.*'
const WHO = ['name', 'username', 'user_name', 'user_id', 'id', 'credential.user']
  .map((name) => `event.initiator.${name}`)
  .join(', ')
const READS = 'read\nread/*\nlist\nlist/*'

/**
 * The menu's rules. Each is tested against the recorded messages. Where a rule can be said on the CADF event it is, so
 * that it also holds for other sources; security-group rules have members that CADF has no place for.
 */
export const READY_MADE: readonly ReadyMadeRule[] = [
  {
    id: 'open-to-any-source',
    rule: all(
      is('topic', 'equals', 'security_group_rule.create.end'),
      // Together for one rule: a bulk request sends several in one message.
      oneElementOf(
        THIS_RULE,
        is('.direction', 'equals', 'ingress'),
        isNot('.remote_group_id', 'exists'),
        isNot('.remote_address_group_id', 'exists'),
        // No prefix at all means any source; so do 0.0.0.0/0 and ::/0, and 0.0.0.0/1 with 128.0.0.0/1. fc00::/7 is private.
        isNot('.remote_ip_prefix', 'regexp', '\\.\\d+/([89]|[1-9]\\d)$|:/([4-9]|\\d{2,3})$'),
      ),
    ),
  },
  {
    id: 'ingress-rule-created',
    rule: all(
      is('topic', 'equals', 'security_group_rule.create.end'),
      oneElementOf(THIS_RULE, is('.direction', 'equals', 'ingress')),
    ),
  },
  {
    id: 'security-group-changed',
    rule: all(is('topic', 'wildcard', 'security_group.*.end\nsecurity_group_rule.*.end')),
  },
  {
    id: 'address-published',
    rule: all(
      is('topic', 'one-of', 'floatingip.create.end\nfloatingip.update.end'),
      is('payload.floatingip.port_id', 'exists'),
    ),
  },
  {
    id: 'neutron-changed',
    rule: all(
      is('event.observer.typeURI', 'equals', 'service/network'),
      // Adding an interface to a router is told once, without start and end.
      is('topic', 'wildcard', '*.end\nrouter.interface.*'),
    ),
  },
  {
    id: 'failed',
    // Keystone reports a refused change of password as a success with reason code 400.
    rule: any(is('event.outcome', 'equals', 'failure'), is('event.reason.reasonCode', 'gte', '400')),
  },
  {
    id: 'login-failed',
    rule: all(is('event.action', 'wildcard', 'authenticate\nauthenticate/*'), is('event.outcome', 'equals', 'failure')),
  },
  {
    id: 'admin-login',
    rule: all(
      is('event.action', 'wildcard', 'authenticate\nauthenticate/*'),
      // One list for the name and the id, wherever the source writes them: Keystone `username`, for a user who does not
      // exist `user_name`, for a federated one `credential.user`; others `name`.
      oneElementOf(WHO, is('.', 'one-of', 'admin')),
    ),
  },
  {
    id: 'role-granted-or-revoked',
    rule: all(
      is('topic', 'one-of', 'identity.role_assignment.created\nidentity.role_assignment.deleted'),
      is('event.outcome', 'equals', 'success'),
    ),
  },
  { id: 'project-deleted', rule: all(is('topic', 'equals', 'identity.project.deleted')) },
  {
    id: 'user-or-credential-created',
    // Credentials are EC2 keys and TOTP secrets, application credentials, and the access tokens of OAuth 1.
    rule: all(
      is(
        'topic',
        'one-of',
        'identity.user.created\nidentity.credential.created\nidentity.application_credential.created\n' +
          'identity.OS-OAUTH1:access_token.created',
      ),
    ),
  },
  { id: 'user-changed', rule: all(is('topic', 'wildcard', 'identity.user.*\nidentity.group.*')) },
  {
    id: 'changes-only',
    rule: all(isNot('event.action', 'wildcard', `${READS}\nmonitor\nmonitor/*\nauthenticate\nauthenticate/*`)),
  },
  {
    id: 'api-change',
    rule: all(
      // The request only tells of an attempt. `audit.cadf` is the event type of SAP's audit middleware, which sends one event.
      is('topic', 'one-of', 'audit.http.response\naudit.cadf'),
      isNot('event.action', 'wildcard', READS),
      // A service that broke down has the outcome `unknown`: the change may have been made.
      isNot('event.outcome', 'one-of', 'failure\npending'),
    ),
  },
  { id: 'no-reads', rule: all(isNot('event.action', 'wildcard', READS)) },
  { id: 'finished-only', rule: all(isNot('event.outcome', 'equals', 'pending')) },
  {
    id: 'from-outside',
    rule: all(
      is('event.initiator.host.address', 'exists'),
      isNot(
        'event.initiator.host.address',
        'in-network',
        '10.0.0.0/8\n172.16.0.0/12\n192.168.0.0/16\n127.0.0.0/8\n::1\nfc00::/7\nfe80::/10',
      ),
    ),
  },
  {
    id: 'by-admin',
    // Keystone spells the acting user's name `username`, the audit middleware `name`.
    rule: any(is('event.initiator.username', 'equals', 'admin'), is('event.initiator.name', 'equals', 'admin')),
  },
  {
    id: 'not-opted-out',
    rule: all(isNot('topic', 'opt-out', 'identity.authenticate.success\nidentity.authenticate.pending')),
  },
  { id: 'not-valid', rule: all(isNot('event', 'valid-cadf')) },
  { id: 'gap', rule: all(is('topic', 'wildcard', 'gap.*')) },
]

function all(...conditions: (Condition | Group)[]): Omit<Rule, 'name'> {
  return { match: 'all', conditions }
}

function any(...conditions: (Condition | Group)[]): Omit<Rule, 'name'> {
  return { match: 'any', conditions }
}

function oneElementOf(within: string, ...conditions: Condition[]): Group {
  return { match: 'all', within, conditions }
}

function is(path: string, op: Operator, value = ''): Condition {
  return { path, op, not: false, value, ignoreCase: false }
}

function isNot(path: string, op: Operator, value = ''): Condition {
  return { ...is(path, op, value), not: true }
}
