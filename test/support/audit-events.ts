import { demoProjects, demoUsers } from '../../lab/demo/people'
import type { Occurrence } from '../../src/audit/trail'
import type { CadfEvent, CadfResource } from '../../src/cadf/event'

const { shop, depot } = demoProjects

/** An event of the demo cloud's project `shop`, for what it needs nothing to be said about. */
export function auditEvent(
  number: number,
  given: Omit<Partial<CadfEvent>, 'initiator' | 'target'> & {
    readonly at: number
    readonly initiator?: Partial<CadfResource>
    readonly target?: Partial<CadfResource>
  },
): Occurrence {
  const { at, initiator, target, ...rest } = given
  return {
    event: {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      eventType: 'activity',
      eventTime: new Date(at).toISOString().replace('Z', '+00:00'),
      action: 'create',
      outcome: 'success',
      initiator: {
        id: demoUsers.alice.id,
        typeURI: 'service/security/account/user',
        name: 'alice',
        project_id: shop.id,
        host: { address: '192.0.2.10', agent: 'openstacksdk/4' },
        ...initiator,
      },
      target: {
        id: `f00d0000-0000-4000-8000-${String(number).padStart(12, '0')}`,
        typeURI: 'network/port',
        project_id: shop.id,
        ...target,
      },
      observer: { id: 'neutron', typeURI: 'service/network', name: 'neutron' },
      ...rest,
    },
  }
}

/** The same in the partner's project. */
export function depotEvent(number: number, at: number): Occurrence {
  return auditEvent(number, {
    at,
    action: 'delete',
    initiator: { id: demoUsers.viktor.id, name: 'viktor', project_id: depot.id },
    target: { project_id: depot.id },
  })
}
