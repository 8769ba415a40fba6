import { UNKNOWN } from './event'

const PREFIX = /^(?:openstack:|urn:uuid:)/
const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/
const LONGEST = 200

/**
 * What two spellings of one id have in common: older pycadf writes `openstack:<uuid>`, newer `<uuid>`, and Keystone's ids
 * have no dashes. Undefined for what tells nothing apart: no text, `unknown`, and texts too long to be an id.
 */
export function identifierKey(id: unknown): string | undefined {
  if (typeof id !== 'string' || id.length > LONGEST) return undefined
  const bare = id.trim().toLowerCase().replace(PREFIX, '')
  if (bare === '' || bare === UNKNOWN) return undefined
  const uuid = UUID.exec(bare)
  return uuid === null ? bare : uuid.slice(1).join('')
}
