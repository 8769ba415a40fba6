import type { Node, NodeAPI } from 'node-red'
import type { Scope } from '../../src/audit/model'
import { OperatorError } from '../../src/errors/operator-error'
import { evaluated } from '../shared/evaluate'
import type { AuditQueryConfig, QuerySettings } from './settings'

/**
 * What the node may see with this message: all that is stored, or what belongs to the tenants that the dialog names. Tenants that
 * a message should name and does not are none: nothing is seen then.
 */
export async function scopeOf(
  RED: NodeAPI,
  node: Node,
  { store }: AuditQueryConfig,
  { tenants, cloud }: QuerySettings,
  msg: object,
): Promise<Scope> {
  if (tenants === undefined) return { tenants: 'all', ...(cloud === '' ? {} : { cloud }) }
  const named = idsOf(await evaluated(RED, node, msg, tenants, 'AUDIT_QUERY_SETTING'))
  return { tenants: named, cloud: cloud === '' ? cloudOf(RED, store) : cloud }
}

function idsOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  const all: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(/[\s,]+/) : [value]
  return all.flatMap((id) => {
    if (typeof id !== 'string') {
      throw new OperatorError('AUDIT_QUERY_SETTING', 'The tenants are neither a text nor a list of texts.', {
        remedy: 'Give ids of projects and domains.',
      })
    }
    return id === '' ? [] : [id]
  })
}

/** Of the events that say no other. */
function cloudOf(RED: NodeAPI, store: string | undefined): string {
  const { cloud } = (RED.nodes.getNode(store ?? '') ?? {}) as { cloud?: unknown }
  return typeof cloud === 'string' ? cloud : ''
}
