import type { Token } from './model'

export function hasRole(token: Token, name: string): boolean {
  return token.roles.some((role) => role.name === name)
}

/** Keystone's `admin_required`: the role, whatever the token is for. */
export function isAdmin(token: Token): boolean {
  return hasRole(token, 'admin')
}

export function isSystemReader(token: Token): boolean {
  return token.scope.kind === 'system' && hasRole(token, 'reader')
}

/** Who may see all projects, users and domains. */
export function seesAll(token: Token): boolean {
  return isAdmin(token) || isSystemReader(token)
}

/** The domain whose projects and users the token may see. */
export function readsDomain(token: Token): string | undefined {
  return token.scope.kind === 'domain' && hasRole(token, 'reader') ? token.scope.domain.id : undefined
}
