import type { Identity } from '../keystone/identity'
import type { Token } from '../keystone/model'
import { json, type LabReply, type LabRequest } from './exchange'

/** Who asks, behind the token middleware that stands in front of every service. */
export interface Caller {
  readonly token: Token
  readonly projectId: string
  readonly isAdmin: boolean
}

export function callerOf(identity: Identity, request: LabRequest): Caller | undefined {
  const token = identity.find(request.headers['x-auth-token'])
  if (token === undefined) return undefined
  const isAdmin = token.roles.some(({ name }) => name === 'admin')
  return { token, projectId: token.project?.id ?? '', isAdmin }
}

/** As the middleware answers without a valid token. */
export function unauthenticated(keystoneOrigin: string): LabReply {
  return json(
    401,
    { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } },
    { 'www-authenticate': `Keystone uri="${keystoneOrigin}"` },
  )
}

/** `all_tenants=1`, as Nova and Cinder read it. */
export function isTrue(text: string | null): boolean {
  return text !== null && /^(1|t|true|on|y|yes|)$/i.test(text)
}
