import { randomUUID } from 'node:crypto'
import type { Token } from '../keystone/model'

/** Who asks, as Neutron's request context has it. */
export interface CallContext {
  readonly requestId: string
  readonly at: Date
  readonly userId: string
  readonly userName: string
  /** Empty for an unscoped token: it owns nothing. */
  readonly projectId: string
  readonly roles: readonly string[]
  readonly isAdmin: boolean
  /** May read every project's objects: administrators and services. */
  readonly seesAll: boolean
}

export function callContext(token: Token, at: Date): CallContext {
  const roles = token.roles.map((role) => role.name)
  const isAdmin = roles.includes('admin')
  return {
    requestId: `req-${randomUUID()}`,
    at,
    userId: token.user.id,
    userName: token.user.name,
    projectId: token.project?.id ?? '',
    roles,
    isAdmin,
    seesAll: isAdmin || roles.includes('service') || roles.includes('advsvc'),
  }
}
