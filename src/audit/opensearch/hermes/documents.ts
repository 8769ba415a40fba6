import { idKey } from '../../../cadf/identity'
import type { StoredEvent } from '../../model'
import { microseconds } from '../../record/event-time'
import { members } from '../failure'
import type { Hit } from '../search'
import { tenantOfIndex } from './layout'

/** What Logstash and the data stream add to the event. */
const NOT_OF_THE_EVENT = ['@timestamp', '@version', 'tenant_ids', '_unique_id']

/** A document of Hermes as an event; it stands in no chain, so its sequence is 0. Undefined where it is none. */
export function hermesEvent({ source, index }: Hit, cloud: string): StoredEvent | undefined {
  const document = members(source)
  const { id, eventTime, outcome, tenant_ids } = document
  if (typeof id !== 'string') return undefined
  const tenant = tenantOfIndex(index)
  const event = Object.fromEntries(Object.entries(document).filter(([name]) => !NOT_OF_THE_EVENT.includes(name)))
  return {
    sequence: 0,
    cloud,
    id: idKey(id),
    phase: outcome === 'pending' ? 'pending' : 'final',
    time: microseconds(String(eventTime)) ?? 0,
    body: JSON.stringify(event),
    notification: {},
    tenants: Array.isArray(tenant_ids)
      ? tenant_ids.filter((one) => typeof one === 'string')
      : tenant === undefined
        ? []
        : [tenant],
  }
}
