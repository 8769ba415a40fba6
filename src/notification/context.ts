import type { NotificationContext } from './model'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/**
 * The request context of a message body. oslo flattens it to `_context_*` members: today's names (`user_id`), those of
 * oslo.context's policy values (`user`), and the tenant names from before projects. Only the named ones are taken, so
 * `_context_auth_token`, `_context_service_catalog` and their like never get further.
 */
export function contextOf(body: Readonly<Record<string, unknown>>): NotificationContext {
  const context: Writable<NotificationContext> = {}
  const userId = text(body['_context_user_id']) ?? text(body['_context_user'])
  if (userId !== undefined) context.userId = userId
  const userName = text(body['_context_user_name'])
  if (userName !== undefined) context.userName = userName
  const projectId =
    text(body['_context_project_id']) ??
    text(body['_context_tenant_id']) ??
    text(body['_context_project']) ??
    text(body['_context_tenant'])
  if (projectId !== undefined) context.projectId = projectId
  const projectName = text(body['_context_project_name']) ?? text(body['_context_tenant_name'])
  if (projectName !== undefined) context.projectName = projectName
  // The domain of the token's scope, not the home domain of the user: the latter says nothing about whose tenant it is.
  const domainId = text(body['_context_domain_id']) ?? text(body['_context_domain'])
  if (domainId !== undefined) context.domainId = domainId
  const requestId = text(body['_context_request_id'])
  if (requestId !== undefined) context.requestId = requestId
  const globalRequestId = text(body['_context_global_request_id'])
  if (globalRequestId !== undefined) context.globalRequestId = globalRequestId
  const roles = body['_context_roles']
  if (Array.isArray(roles)) context.roles = roles.filter((role) => typeof role === 'string')
  const isAdmin = body['_context_is_admin']
  if (typeof isAdmin === 'boolean') context.isAdmin = isAdmin
  const remoteAddress = text(body['_context_remote_address'])
  if (remoteAddress !== undefined) context.remoteAddress = remoteAddress
  return context
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
