import type { Attribute } from '../attributes'

/**
 * Where the value of an attribute is kept. What few values and combinations occur of is kept once for each combination, and rows
 * hold its number: what was done by which service (`kind`), and who, from where and for whom (`party`). So the indexes of
 * time and tenant can hold all of it and stay small. What differs from event to event (`detail`) stands in the event's row.
 */
export const KIND = [
  'cloud',
  'event_type',
  'source',
  'action',
  'outcome',
  'observer_id',
  'observer_type',
  'observer_name',
  'target_type',
  'initiator_type',
  'reason_code',
  'severity',
] as const satisfies readonly Attribute[]

export const PARTY = [
  'initiator_id',
  'initiator_name',
  'initiator_user_id',
  'initiator_project_id',
  'initiator_domain_id',
  'target_project_id',
  'target_domain_id',
  'address',
] as const satisfies readonly Attribute[]

export const DETAIL = [
  'target_id',
  'target_name',
  'request_path',
  'request_id',
  'global_request_id',
  'message_id',
] as const satisfies readonly Attribute[]

/** Of the details, those by whose exact value events are looked up. */
export const LOOKED_UP = ['target_id', 'request_id', 'global_request_id', 'message_id', 'request_path'] as const

export type Place = 'kind' | 'party' | 'detail'

const PLACES = new Map<Attribute, Place>([
  ...KIND.map((name) => [name, 'kind'] as const),
  ...PARTY.map((name) => [name, 'party'] as const),
  ...DETAIL.map((name) => [name, 'detail'] as const),
])

export function placeOf(attribute: Attribute): Place {
  return PLACES.get(attribute) ?? 'detail'
}

/** Every attribute has a place: a new one that is forgotten here does not compile. */
type Placed = (typeof KIND)[number] | (typeof PARTY)[number] | (typeof DETAIL)[number]
const complete: Attribute extends Placed ? true : never = true
void complete
