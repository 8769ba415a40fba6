import { answerDate } from '../http/answer-date'
import type { HttpResponse } from '../http/client'
import { keystoneTime } from './keystone-time'
import { isRecord, OpenStackError } from './openstack-error'

/** Who a token stands for, and where. What the token does not tell is absent. */
export interface TokenFacts {
  readonly userId: string
  readonly userName?: string
  readonly userDomainId?: string
  readonly userDomainName?: string
  readonly projectId?: string
  readonly projectName?: string
  readonly projectDomainId?: string
  readonly projectDomainName?: string
  /** Scope of the token, not the home of its user. */
  readonly domainId?: string
  readonly domainName?: string
  /** The token is for the cloud as a whole. */
  readonly system: boolean
  readonly roles: readonly string[]
  readonly applicationCredentialId?: string
  /** As Keystone says, where it is told which project is the administrators'. */
  readonly isAdminProject?: boolean
  /** By this machine's clock, ms since 1970. */
  readonly expiresAt: number
}

/**
 * Reads the answer to the validation of a token. Expiry is reckoned from the server's clock (`Date`), as for our own tokens.
 * @throws OpenStackError KEYSTONE_ANSWER
 */
export function decodeTokenFacts(
  body: Record<string, unknown>,
  response: Pick<HttpResponse, 'headers'>,
  now: number,
): TokenFacts {
  const token = body['token']
  const user = isRecord(token) ? token['user'] : undefined
  const userId = isRecord(user) ? textOf(user['id']) : undefined
  const expires = isRecord(token) ? keystoneTime(token['expires_at']) : undefined
  if (!isRecord(token) || !isRecord(user) || userId === undefined || expires === undefined) {
    throw new OpenStackError('KEYSTONE_ANSWER', 'Keystone (token) answered a token without user or expires_at.', {
      retryable: true,
    })
  }
  const date = answerDate(response)
  const project = isRecord(token['project']) ? token['project'] : {}
  const domain = isRecord(token['domain']) ? token['domain'] : {}
  const system = isRecord(token['system']) && token['system']['all'] === true
  const credential = token['application_credential']
  const admin = token['is_admin_project']
  return {
    userId,
    ...present('userName', user['name']),
    ...present('userDomainId', nested(user, 'id')),
    ...present('userDomainName', nested(user, 'name')),
    ...present('projectId', project['id']),
    ...present('projectName', project['name']),
    ...present('projectDomainId', nested(project, 'id')),
    ...present('projectDomainName', nested(project, 'name')),
    ...present('domainId', domain['id']),
    ...present('domainName', domain['name']),
    ...present('applicationCredentialId', isRecord(credential) ? credential['id'] : undefined),
    ...(typeof admin === 'boolean' ? { isAdminProject: admin } : {}),
    system,
    roles: Array.isArray(token['roles'])
      ? token['roles'].flatMap((role) => (isRecord(role) ? (textOf(role['name']) ?? []) : []))
      : [],
    expiresAt: expires + (date === undefined ? 0 : now - date),
  }
}

function nested(of: Record<string, unknown>, name: string): unknown {
  return isRecord(of['domain']) ? of['domain'][name] : undefined
}

function present<N extends string>(name: N, value: unknown): { [key in N]?: string } {
  const text = textOf(value)
  return text === undefined ? {} : ({ [name]: text } as { [key in N]?: string })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
