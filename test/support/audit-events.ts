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

const MINUTE = 60_000

/** Names that a page which takes texts for markup, or shows what nobody can see, would fall for. */
export const HOSTILE = [
  '<img src=x onerror="window.hacked=1">',
  '"><script>window.hacked=1</script>',
  "javascript:alert('x')",
  'admin\u202enimda',
  'ali\u200bce',
  `</textarea>${'x'.repeat(300)}`,
]

/**
 * 127 events of project `shop`: 120 that happened every ten minutes before `now`, every fourth a deletion, every tenth a
 * failure; the hostile ones; and a pair of request and response. And two of project `depot`.
 */
export function demoTrail(now: number): Occurrence[] {
  const plain = Array.from({ length: 120 }, (_, index) =>
    auditEvent(index, {
      at: now - (index + 1) * 10 * MINUTE,
      action: index % 4 === 3 ? 'delete' : 'create',
      outcome: index % 10 === 7 ? 'failure' : 'success',
      ...(index % 10 === 7 && { reason: { reasonType: 'HTTP', reasonCode: '403' } }),
      target: { name: `port-${index}` },
    }),
  )
  const hostile = HOSTILE.map((name, index) =>
    auditEvent(200 + index, {
      at: now - 5 * MINUTE - index * 1000,
      action: 'update',
      initiator: { name, host: { address: '203.0.113.5', agent: name } },
      target: { name, id: name },
      requestPath: `/v2.0/${name}`,
    }),
  )
  const asked = { action: 'update', requestPath: '/v2.0/ports/1', initiator: { request_id: 'req-pair' } } as const
  return [
    ...plain,
    ...hostile,
    auditEvent(300, { ...asked, at: now - 7 * MINUTE, outcome: 'pending' }),
    auditEvent(300, { ...asked, at: now - 7 * MINUTE + 200, outcome: 'success', target: { name: 'pair' } }),
    ...[400, 401].map((number) => depotEvent(number, now - 20 * MINUTE)),
  ]
}
