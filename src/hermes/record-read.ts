import type { CadfResource } from '../cadf/event'
import type { KnownCall } from './model'
import type { Reading } from './scope'

/**
 * Puts it on record when somebody reads another tenant's events: in that tenant's trail and in the reader's own. It is awaited
 * before the answer goes out: what cannot be recorded is not shown.
 */
export async function recordRead(call: KnownCall, reading: Reading, action: 'read' | 'read/list'): Promise<void> {
  if (reading.kind === 'nothing' || !reading.foreign) return
  const { cloud } = reading.scope
  const own = call.facts.projectId ?? call.facts.domainId
  const ids = new Set([...(reading.tenant === '*' ? [] : [reading.tenant]), ...(own === undefined ? [] : [own])])
  await call.trail.tell({
    action,
    outcome: 'success',
    initiator: initiatorOf(call),
    target: {
      id: reading.tenant,
      typeURI: 'data/security/project',
      ...(reading.tenant === '*' ? { name: 'all projects' } : {}),
    },
    tenants: [...ids].map((id) => ({ cloud: cloud ?? '', id })),
    requestPath: call.requestPath,
  })
}

/** The caller as a CADF resource. */
export function initiatorOf({ facts, address, agent }: Pick<KnownCall, 'facts' | 'address' | 'agent'>): CadfResource {
  const { userId, userName, projectId, projectName, domainId, domainName, applicationCredentialId } = facts
  return {
    id: userId,
    typeURI: 'service/security/account/user',
    user_id: userId,
    ...(userName === undefined ? {} : { name: userName, username: userName }),
    ...(projectId === undefined ? {} : { project_id: projectId }),
    ...(projectName === undefined ? {} : { project_name: projectName }),
    ...(domainId === undefined ? {} : { domain_id: domainId }),
    ...(domainName === undefined ? {} : { domain_name: domainName }),
    ...(applicationCredentialId === undefined ? {} : { application_credential_id: applicationCredentialId }),
    host: { ...(address === '' ? {} : { address }), ...(agent === '' ? {} : { agent }) },
  }
}
