import type { HttpResponse } from '../../http/client'
import { isRecord, jsonObject } from '../../openstack/openstack-error'

/** What the page is told of a token, to show whom it works for. */
export interface Session {
  readonly user: { readonly id: string; readonly name: string; readonly domain: string }
  readonly scope:
    | { readonly kind: 'project'; readonly id: string; readonly name: string; readonly domain: string }
    | { readonly kind: 'domain'; readonly id: string; readonly name: string }
    | { readonly kind: 'system' | 'unscoped' }
  readonly roles: readonly string[]
  /** ISO 8601, by Keystone's clock. */
  readonly expiresAt: string
}

/** Reads Keystone's answer to a log-in or to the validation of a token. @throws OpenStackError OPENSTACK_ANSWER */
export function decodeSession(response: HttpResponse): Session {
  const { token } = jsonObject('Keystone (token)', response)
  const { user, project, domain, system, roles, expires_at: expires } = isRecord(token) ? token : {}
  const scope: Session['scope'] = isRecord(project)
    ? { kind: 'project', id: text(project['id']), name: text(project['name']), domain: domainName(project) }
    : isRecord(domain)
      ? { kind: 'domain', id: text(domain['id']), name: text(domain['name']) }
      : { kind: isRecord(system) ? 'system' : 'unscoped' }
  return {
    user: isRecord(user)
      ? { id: text(user['id']), name: text(user['name']), domain: domainName(user) }
      : { id: '', name: '', domain: '' },
    scope,
    roles: Array.isArray(roles) ? roles.flatMap((role) => (isRecord(role) ? [text(role['name'])] : [])) : [],
    expiresAt: text(expires),
  }
}

function domainName(of: Record<string, unknown>): string {
  return isRecord(of['domain']) ? text(of['domain']['name']) : ''
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
