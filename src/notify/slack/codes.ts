import type { NotifyFailure } from '../channel'

/** By kind, the error codes of chat.postMessage, auth.test and of incoming web hooks; any other code is the message's fault. */
const BY_KIND: Partial<Readonly<Record<NotifyFailure, readonly string[]>>> = {
  auth: [
    'access_denied',
    'accesslimited',
    'account_inactive',
    'ekm_access_denied',
    'enterprise_is_restricted',
    'invalid_auth',
    'invalid_token',
    'missing_scope',
    'no_permission',
    'not_allowed_token_type',
    'not_authed',
    'org_login_required',
    'team_access_not_granted',
    'token_expired',
    'token_revoked',
    'two_factor_setup_required',
  ],
  config: [
    'action_prohibited',
    'channel_is_archived',
    'channel_not_found',
    'deprecated_endpoint',
    'is_archived',
    'messages_tab_disabled',
    'method_deprecated',
    'no_active_hooks',
    'no_service',
    'no_service_id',
    'no_team',
    'not_in_channel',
    'posting_to_general_channel_denied',
    'restricted_action',
    'restricted_action_non_threadable_channel',
    'restricted_action_read_only_channel',
    'restricted_action_thread_locked',
    'restricted_action_thread_only_channel',
    'team_disabled',
    'team_not_found',
    'unknown_method',
    'user_not_found',
  ],
  too_large: ['msg_too_long', 'msg_blocks_too_long'],
  rate_limited: ['message_limit_exceeded', 'rate_limited', 'ratelimited', 'rollup_error'],
  transient: ['request_timeout', 'service_unavailable', 'team_added_to_org'],
  // Slack says of both that part of the operation may have succeeded.
  unknown: ['fatal_error', 'internal_error'],
}

const KINDS = new Map(
  Object.entries(BY_KIND).flatMap(([kind, codes]) => codes.map((code) => [code, kind as NotifyFailure] as const)),
)

export function kindOfCode(code: string): NotifyFailure | undefined {
  return KINDS.get(code)
}

const REMEDIES = new Map([
  ['not_in_channel', 'Invite the bot into the channel.'],
  [
    'channel_not_found',
    'Check the channel; its id (C…) is safer than its name, and private ones are only found by a member.',
  ],
  ['is_archived', 'Unarchive the channel or choose another.'],
  ['missing_scope', 'Give the app the scope chat:write and install it again.'],
  ['invalid_auth', 'Enter the bot token of the installed app again.'],
  ['token_revoked', 'Install the app again and enter its new bot token.'],
  ['no_service', 'The web hook was removed: make a new one and enter its address.'],
])

export function remedyOf(code: string): string | undefined {
  return REMEDIES.get(code)
}
