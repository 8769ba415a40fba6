import type { NodeAPI } from 'node-red'
import { ATTRIBUTES, type Attribute } from '../../src/audit/attributes'
import type { AuditTrail } from '../../src/audit/trail'
import { serviceOf } from '../shared/config-node'
import { type Problem, problemOf } from '../shared/dialog-request'

interface Request {
  readonly body?: unknown
}
interface Response {
  json(body: unknown): void
}

const WIDE: Readonly<Record<string, readonly Attribute[]>> = {
  project: ['initiator_project_id', 'target_project_id'],
  domain: ['initiator_domain_id', 'target_domain_id'],
}
const MOST = 200

/**
 * Tells the dialog which values an attribute has in a deployed store. That there are none to tell (not deployed yet, store away)
 * is an answer too: the dialog goes on without.
 */
export function addAdminEndpoints(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/audit-query/values',
    RED.auth.needsPermission('audit-query.read'),
    (request: Request, response: Response) => {
      const { store, attribute } = (request.body ?? {}) as Record<string, unknown>
      const trail = serviceOf<AuditTrail>(RED, typeof store === 'string' ? store : undefined)
      const none = (problem: Problem) => response.json({ values: [], problem })
      const attributes = attributesOf(attribute)
      if (typeof trail?.store?.distinct !== 'function')
        none({ code: 'AUDIT_STORE_CONFIG', message: 'The store is not deployed.' })
      else if (attributes.length === 0) none({ code: 'AUDIT_BAD_PARAMETER', message: 'There is no such attribute.' })
      else {
        valuesOf(trail, attributes).then(
          (values) => response.json({ values }),
          (thrown: unknown) => none(problemOf(thrown)),
        )
      }
    },
  )
}

function attributesOf(name: unknown): readonly Attribute[] {
  if (typeof name !== 'string') return []
  if (Object.hasOwn(WIDE, name)) return WIDE[name] ?? []
  return ATTRIBUTES.filter((one) => one === name)
}

async function valuesOf({ store }: AuditTrail, attributes: readonly Attribute[]): Promise<string[]> {
  const filter = { scope: { tenants: 'all' }, where: [] } as const
  const found = await Promise.all(
    attributes.map((attribute) => store.distinct({ filter, attribute, limit: MOST, order: 'value', counts: false })),
  )
  return [...new Set(found.flat().map(({ value }) => value))].sort().slice(0, MOST)
}
