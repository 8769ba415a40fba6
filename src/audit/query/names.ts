import { ATTRIBUTES, type Attribute } from '../attributes'

/**
 * Names by which a request may ask for attributes. Hermes' older names mean something of today's event in today's contract,
 * and something of the notification in the older one; some of them are attributes of this package as well, as their older
 * meaning.
 */
const OLD_SORT_KEYS: ReadonlyMap<string, Attribute> = new Map([
  ['source', 'observer_type'],
  ['resource_type', 'target_type'],
  ['resource_name', 'target_id'],
  ['event_type', 'action'],
])

const SORTABLE: ReadonlySet<string> = new Set([
  'observer_type',
  'target_type',
  'target_id',
  'initiator_id',
  'initiator_type',
  'initiator_name',
  'action',
  'outcome',
  'request_path',
])

/** Of the `sort` parameter: Hermes' keys, the older ones as what they were renamed to. */
export function sortAttribute(key: string): Attribute | 'time' | undefined {
  if (key === 'time') return key
  return isAttribute(key) && SORTABLE.has(key) ? key : OLD_SORT_KEYS.get(key)
}

const ALL: ReadonlySet<string> = new Set(ATTRIBUTES)

export function isAttribute(name: string): name is Attribute {
  return ALL.has(name)
}

const OLD_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map([
  ['resource_type', 'target_type'],
  ['resource_name', 'target_name'],
  ['user_name', 'initiator_name'],
])

/**
 * Of `/v1/attributes/<name>`: every attribute, `time`, and the older names. `event_type` and `source` are those of the
 * notification, as the older Hermes had them. Undefined: there is none of that name.
 */
export function attributeNamed(name: string): Attribute | 'time' | undefined {
  if (name === 'time') return name
  return isAttribute(name) ? name : OLD_ATTRIBUTES.get(name)
}
