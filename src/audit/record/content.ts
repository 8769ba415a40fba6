import { hash } from 'node:crypto'
import { idKey } from '../../cadf/identity'
import type { Notification } from '../../notification/model'
import type { Json, JsonObject } from './storable'

/** What this package says about an event, and what of another one it joined to it. */
const OURS = new Set(['added', 'flags', 'correlated'])

/**
 * A hash by which one tells whether two events of the same id say the same: of the event in canonical JSON, without what the
 * conversion adds to what the source sent. What only one of the ways knows that a notification can come by (bus, log file) is left
 * out too: who acted, where that stands beside the payload and not in it, and what the name of the exchange tells.
 */
export function contentHash(event: JsonObject, notification: Notification | undefined): string {
  const content: Record<string, Json> = {}
  for (const name of Object.keys(event)) if (!OURS.has(name)) content[name] = event[name] as Json
  const added = stringsOf(event['added'])
  // A payload that is no CADF event has no id of its own.
  if (notification !== undefined && typeof event['id'] === 'string' && isMadeOf(notification, event['id'])) {
    delete content['initiator']
    content['eventType'] = notification.eventType
    // Without a publisher the service is known by the name of the exchange.
    if (notification.publisherId === null) {
      delete content['observer']
      delete content['action']
      content['target'] = without(content['target'], ['typeURI'])
    }
  } else if (added.includes('initiator.typeURI')) delete content['initiator']
  else content['initiator'] = untrusted(content['initiator'])
  for (const path of added) {
    const [first = '', second, ...more] = path.split('.')
    if (second === undefined) delete content[first]
    else if (more.length === 0 && content[first] !== undefined) content[first] = without(content[first], [second])
  }
  content['id'] = typeof event['id'] === 'string' ? idKey(event['id']) : null
  return hash('sha256', canonical(content))
}

function isMadeOf(notification: Notification, id: string): boolean {
  return id === notification.messageId || idKey(id) === idKey(notification.messageId)
}

/** `host.trust` is this package's judgement. */
function untrusted(initiator: Json | undefined): Json {
  const host = isObject(initiator) ? initiator['host'] : undefined
  return isObject(initiator) && isObject(host) ? { ...initiator, host: without(host, ['trust']) } : (initiator ?? null)
}

function without(value: Json | undefined, names: readonly string[]): Json {
  if (!isObject(value)) return value ?? null
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
}

function stringsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** JSON with members in the order of their names: the same for the same content. */
export function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`
  const object = value as JsonObject
  let text = '{'
  for (const name of Object.keys(object).sort()) {
    text += `${text.length === 1 ? '' : ','}${named(name)}:${canonical(object[name] as Json)}`
  }
  return `${text}}`
}

/** Names repeat from event to event; invented ones must not fill the memory. */
const quotedNames = new Map<string, string>()
const REMEMBERED = 2000

function named(name: string): string {
  const known = quotedNames.get(name)
  if (known !== undefined) return known
  const quoted = JSON.stringify(name)
  if (quotedNames.size < REMEMBERED && name.length < 100) quotedNames.set(name, quoted)
  return quoted
}
