import { type CadfEvent, UNKNOWN } from './event'

/** What producers write where they know nothing: this package and keystonemiddleware `unknown`, Hermes' producers `unavailable`. */
const PLACEHOLDERS: ReadonlySet<string> = new Set(['', UNKNOWN, 'unavailable', 'None', 'null'])

/**
 * Whether a value of an event tells anything: false for what is absent and for the words that stand for it. Whatever makes
 * a tenant, a key to count by or a key to join by of a value asks this first.
 */
export function isKnown(value: unknown): value is string {
  return typeof value === 'string' && !PLACEHOLDERS.has(value)
}

const PREFIX = /^(?:openstack:|urn:uuid:)/i
const HEX = /^[0-9a-f]+$/i
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * An id in the spelling by which two are compared: older pycadf writes `openstack:<uuid>`, others `urn:uuid:<uuid>`, Keystone
 * UUIDs without dashes. What is no UUID stays as it is, but for the prefix.
 */
export function idKey(id: string): string {
  const bare = id.includes(':') ? id.replace(PREFIX, '') : id
  if (UUID.test(bare)) return bare.replaceAll('-', '').toLowerCase()
  return HEX.test(bare) ? bare.toLowerCase() : bare
}

/** Whether two ids name the same thing. What is not known is the same as nothing, not even as itself. */
export function sameId(a: unknown, b: unknown): boolean {
  return isKnown(a) && isKnown(b) && (a === b || idKey(a) === idKey(b))
}

/**
 * Who acted, as a key to count by: the user's id; for a federated login the user named in the credential; for a login of a
 * user who does not exist the name that was tried, with its domain. Undefined where the event does not tell: in all these
 * cases `initiator.id` is made up anew for each event, or is `unknown`.
 */
export function actorKey(event: CadfEvent): string | undefined {
  const { initiator } = event
  if (isKnown(initiator.user_id)) return idKey(initiator.user_id)
  const federated = initiator.credential?.['user']
  if (isKnown(federated)) return idKey(federated)
  const tried = initiator['user_name']
  if (isKnown(tried)) return `${isKnown(initiator.domain_id) ? initiator.domain_id : ''}/${tried}`
  // A federated login that failed: the id is random.
  if (initiator.credential?.['identity_provider'] !== undefined) return undefined
  return isKnown(initiator.id) ? idKey(initiator.id) : undefined
}

const CORRELATION = 'correlation_id?value='

/** The audit middleware's tag that both events of a request share. */
export function correlationId(event: CadfEvent): string | undefined {
  const tag = event.tags?.find((tag) => typeof tag === 'string' && tag.startsWith(CORRELATION))
  const id = tag?.slice(CORRELATION.length)
  return isKnown(id) ? id : undefined
}
