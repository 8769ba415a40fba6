import type { Notification } from '../notification/model'
import { actionOf } from './action'
import type { Outcome } from './event'
import { BY_FIRST_SEGMENT, BY_PUBLISHER, type Service } from './services'

/** An event type of the form `<resource>.<verb>[.<phase>]`, understood. */
export interface EventTypeParts {
  /** Undefined where neither event type, publisher nor exchange tell. */
  readonly service: Service | undefined
  /** Names under which a payload holds the resource: `security_group_rule`, `router_interface`; the narrowest first. */
  readonly members: readonly string[]
  /** Names under which a payload holds only the resource's id: `security_group_rule_id`. */
  readonly idMembers: readonly string[]
  /** The resource's names in the plural, as a bulk request's payload has them. */
  readonly plurals: readonly string[]
  /** CADF type of the resource; undefined where the taxonomy has no place for it. */
  readonly typeURI: string | undefined
  /** CADF action; undefined for a verb of which nothing is known. */
  readonly action: string | undefined
  /** What the phase says; undefined without a phase. */
  readonly outcome: Outcome | undefined
}

const PHASES: ReadonlyMap<string, Outcome> = new Map([
  ['start', 'pending'],
  ['progress', 'pending'],
  ['end', 'success'],
  ['success', 'success'],
  ['error', 'failure'],
  ['fail', 'failure'],
  ['failed', 'failure'],
  ['failure', 'failure'],
])

/** A cloud has some hundreds of event types of some tens of characters; the limits keep invented ones from filling the memory. */
const REMEMBERED = 2000
const LONGEST_REMEMBERED = 200
const remembered = new Map<string, EventTypeParts>()

export function eventTypeParts(notification: Notification): EventTypeParts {
  const publisher = publisherWord(notification)
  const key = `${notification.eventType}\n${publisher}`
  const known = remembered.get(key)
  if (known !== undefined) return known
  const parts = understand(notification.eventType, publisher)
  if (remembered.size < REMEMBERED && key.length <= LONGEST_REMEMBERED) remembered.set(key, parts)
  return parts
}

/** `network` of `network.controller1`, `nova-compute` of `nova-compute:host`; without a publisher the exchange. */
function publisherWord(notification: Notification): string {
  const publisher = notification.publisherId
  if (publisher === null || publisher === '') return notification.source.exchange ?? ''
  const end = publisher.search(/[.:]/)
  return end < 0 ? publisher : publisher.slice(0, end)
}

function understand(eventType: string, publisher: string): EventTypeParts {
  const segments = eventType.split('.')
  const phase = segments.length > 2 ? PHASES.get(segments.at(-1) ?? '') : undefined
  if (phase !== undefined) segments.pop()
  const first = BY_FIRST_SEGMENT.get(segments[0] ?? '')
  // A publisher knows better: Ironic's ports are not Neutron's.
  const service = first?.onlyService ? first.service : (BY_PUBLISHER.get(publisher) ?? first?.service)
  const named = first?.onlyService ? segments.slice(1) : segments
  // compute.instance.live_migration._post: the resource is one segment, the rest is the verb. Elsewhere
  // (router.interface.create) the verb is the last one.
  const resourceLength = service?.name === 'compute' ? 1 : Math.max(1, named.length - 1)
  const resource = named.slice(0, resourceLength).map(withoutExtension)
  const verb = named.slice(resourceLength)
  const members = [...new Set([resource.join('_'), resource.at(-1) ?? ''])].filter((name) => name !== '')
  return {
    service,
    members,
    idMembers: members.flatMap((name) => [`${name}_id`, `${name}_uuid`]),
    plurals: members.flatMap(plurals),
    typeURI: service === undefined ? undefined : typeOf(service, resource),
    action: actionOf(verb),
    outcome: phase,
  }
}

/** Keystone names the resources of its extensions `OS-TRUST:trust`. */
function withoutExtension(segment: string): string {
  return segment.slice(segment.lastIndexOf(':') + 1)
}

function plurals(member: string): string[] {
  return member.endsWith('y') ? [`${member.slice(0, -1)}ies`, `${member}s`] : [`${member}s`, `${member}es`]
}

function typeOf(service: Service, resource: readonly string[]): string | undefined {
  const last = resource.at(-1) ?? ''
  const special = Object.hasOwn(service.types, last) ? service.types[last] : undefined
  if (special !== undefined) return special
  const path = resource.map((segment) => segment.replaceAll('_', '-'))
  if (!path.every((segment) => /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(segment))) return undefined
  return `${service.root}/${path.join('/')}`
}
