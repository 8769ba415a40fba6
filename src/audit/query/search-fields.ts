import { ATTRIBUTES, type Attribute } from '../attributes'
import { attributeNamed, isAttribute } from './names'

/** Members of the CADF event by path, as whoever knows Hermes' stored documents writes them, and what is indexed of them. */
const PATHS: ReadonlyMap<string, Attribute> = new Map<string, Attribute>([
  ['observer.id', 'observer_id'],
  ['observer.typeURI', 'observer_type'],
  ['observer.name', 'observer_name'],
  ['target.id', 'target_id'],
  ['target.typeURI', 'target_type'],
  ['target.name', 'target_name'],
  ['target.project_id', 'target_project_id'],
  ['target.domain_id', 'target_domain_id'],
  ['initiator.id', 'initiator_id'],
  ['initiator.typeURI', 'initiator_type'],
  ['initiator.name', 'initiator_name'],
  ['initiator.username', 'initiator_name'],
  ['initiator.user_id', 'initiator_user_id'],
  ['initiator.project_id', 'initiator_project_id'],
  ['initiator.domain_id', 'initiator_domain_id'],
  ['initiator.request_id', 'request_id'],
  ['initiator.global_request_id', 'global_request_id'],
  ['initiator.host.address', 'address'],
  ['reason.reasonCode', 'reason_code'],
  ['requestPath', 'request_path'],
])

/** Beginnings by which a name is meant as a path of an event, so that a misspelt one is not searched as text. */
const ROOTS = /^(?:initiator|target|observer|reason|attachments|tags|payload)\./

/** For a name before a colon: the attribute; `unknown`: meant as a field, but there is none; `text`: not meant as one. */
export function searchField(name: string): Attribute | 'unknown' | 'text' {
  const path = PATHS.get(name)
  if (path !== undefined) return path
  if (isAttribute(name)) return name
  const old = attributeNamed(name)
  if (old !== undefined && old !== 'time') return old
  return ROOTS.test(name) || /_(?:id|type|name)$/.test(name) || TIMES.has(name) ? 'unknown' : 'text'
}
const TIMES: ReadonlySet<string> = new Set(['time', 'eventTime'])

/** For documents and pickers. */
export const SEARCH_FIELDS: readonly string[] = [...ATTRIBUTES, ...PATHS.keys()]
