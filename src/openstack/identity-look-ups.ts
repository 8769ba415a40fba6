import { isRecord, jsonObject, OpenStackError } from './openstack-error'
import type { KeystoneSession, Service } from './session'

export const KEYSTONE: Service = { name: 'Keystone', type: 'identity', version: 'v3' }

export type IdentityKind = 'project' | 'user' | 'domain'

export interface IdentityEntry {
  readonly name?: string
  /** Of the domain that a project or a user belongs to. */
  readonly domainId?: string
}

/** `gone`: Keystone has none of this id (any more). `forbidden`: the account may not ask for this kind, whatever the id. */
export type IdentityAnswer = IdentityEntry | 'gone' | 'forbidden'

const PATHS: Readonly<Record<IdentityKind, string>> = { project: '/projects', user: '/users', domain: '/domains' }

/**
 * Asks Keystone what a project, a user or a domain is called. Keystone lets a project be read by those with a role in it, by readers
 * of its domain and of the system; an account that may see everything is a reader of the system (`--system all`).
 * @throws OpenStackError, HttpError where there is no answer that could be believed
 */
export async function identityEntry(
  session: KeystoneSession,
  kind: IdentityKind,
  id: string,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<IdentityAnswer> {
  try {
    const response = await session.request(KEYSTONE, {
      method: 'GET',
      path: `${PATHS[kind]}/${encodeURIComponent(id)}`,
      ...options,
    })
    return entryOf(jsonObject(`Keystone: GET ${PATHS[kind]}/…`, response)[kind])
  } catch (thrown) {
    if (thrown instanceof OpenStackError && thrown.code === 'OPENSTACK_NOT_FOUND') return 'gone'
    if (thrown instanceof OpenStackError && thrown.code === 'OPENSTACK_FORBIDDEN') return 'forbidden'
    throw thrown
  }
}

function entryOf(entry: unknown): IdentityEntry {
  if (!isRecord(entry)) {
    throw new OpenStackError('OPENSTACK_ANSWER', 'Keystone answered without the member that was asked for.', {
      retryable: true,
    })
  }
  const { name, domain_id: domainId } = entry
  return {
    ...(typeof name === 'string' && name !== '' ? { name } : {}),
    ...(typeof domainId === 'string' && domainId !== '' ? { domainId } : {}),
  }
}
