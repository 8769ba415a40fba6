import { isRecord } from '../openstack-error'
import type { KeystoneSession } from '../session'
import { byIds, type Found } from './by-id'
import { listAll, type QueryPair } from './paging'

/** A Neutron security group, as far as visibility needs it; member names are Neutron's own. */
export interface SecurityGroup {
  readonly id: string
  readonly project_id: string
  /** Shared with the asking project. To the owner it does not tell whether others have it too. */
  readonly shared: boolean
}

const FIELDS: readonly QueryPair[] = ['id', 'project_id', 'tenant_id', 'shared'].map((field) => ['fields', field])

/** Those of these groups that the account may see. */
export function securityGroups(session: KeystoneSession, ids: Iterable<string>): Promise<Found<SecurityGroup>> {
  return byIds(ids, async (chunk) => {
    const wanted = new Set(chunk)
    const query = [...chunk.map((id): QueryPair => ['id', id]), ...FIELDS]
    const items = await listAll(session, { collection: 'security_groups', query })
    return items.flatMap((item) => decodeGroup(item) ?? []).filter(({ id }) => wanted.has(id))
  })
}

function decodeGroup(value: unknown): SecurityGroup | undefined {
  if (!isRecord(value) || typeof value['id'] !== 'string') return undefined
  return {
    id: value['id'],
    project_id: String(value['project_id'] ?? value['tenant_id'] ?? ''),
    shared: value['shared'] === true,
  }
}
