import type { Attribute } from '../attributes'
import type { Filling, StoredEvent } from '../model'
import { attributesOf } from '../record/attributes-of'
import { recordKey } from '../record/record-of'
import { type Fields, fieldsOf } from '../record/resources'
import type { TenantRule } from '../tenants/rules'
import { tenantsOf } from '../tenants/tenants-of'
import { heldEvent } from '../trail/own-events'
import { type Filed, recordable } from '../trail/recording'

/** Attributes that may come of a look-up, by the path of what was looked up. */
const ATTRIBUTE_OF: ReadonlyMap<string, Attribute> = new Map([
  ['initiator.name', 'initiator_name'],
  ['initiator.domain_id', 'initiator_domain_id'],
  ['target.name', 'target_name'],
  ['target.domain_id', 'target_domain_id'],
])

export interface FillingOptions {
  readonly rules: ReadonlySet<TenantRule>
  /** Tenants of whom nothing is recorded are told nothing later either. */
  readonly settingsOf: Parameters<typeof recordable>[1]
  readonly recordByDefault: boolean
}

/** The event of a stored body, of a conflict the one that it holds; undefined for what cannot be read. */
export function storedFields({ body }: StoredEvent): Fields | undefined {
  try {
    const event = fieldsOf(JSON.parse(body))
    return event && heldEvent(event)
  } catch {
    return undefined
  }
}

/**
 * What is to be filled in of an event that was stored while look-ups had no answer. What was known then stays; a tenant is added only
 * where what is new gives a reason for it.
 * @param event as it is stored
 * @param told what look-ups tell now
 */
export function fillingOf(
  stored: StoredEvent,
  event: Fields,
  told: Readonly<Record<string, string>>,
  { rules, settingsOf, recordByDefault }: FillingOptions,
): Filling {
  const before = stored.added ?? {}
  const added = { ...told, ...before }
  const now = attributesOf(event, stored.notification, stored.cloud, added)
  const attributes: Partial<Record<Attribute, string>> = {}
  for (const [path, attribute] of ATTRIBUTE_OF) {
    const value = now[attribute]
    if (before[path] === undefined && added[path] !== undefined && value !== undefined) attributes[attribute] = value
  }
  const reasons = new Set(tenantsOf(event, before, rules))
  const tenants = tenantsOf(event, added, rules).filter((id) => !reasons.has(id) && !stored.tenants.includes(id))
  const filed: Filed = { cloud: stored.cloud, tenants, attributes: now, notification: stored.notification }
  const seenBy = recordable(filed, settingsOf, recordByDefault)?.tenants ?? []
  // What is told of the event that a conflict holds is nothing about the conflict.
  const isHeld = event['id'] !== undefined && recordKey(String(event['id'])) !== stored.id
  return isHeld
    ? { event: stored, added: before, attributes: {}, tenants: seenBy }
    : { event: stored, added, attributes, tenants: seenBy }
}
