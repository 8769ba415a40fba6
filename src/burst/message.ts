import { type CadfEvent, type CadfResource, EVENT_TYPE_URI, UNKNOWN } from '../cadf/event'
import { isKnown } from '../cadf/identity'
import { notificationOf } from '../message/members'
import type { BatchMember } from '../message/model'
import { ACTOR, type BurstPayload, type BurstPolicy, type Hit, type KeyPart } from './model'

export interface BurstFacts {
  readonly id: string
  readonly key: readonly KeyPart[]
  readonly hits: readonly Hit[]
  /** The event with which it became a burst. */
  readonly last: BatchMember
  readonly policy: BurstPolicy
  /** The node that counts. */
  readonly observer: { readonly id: string; readonly name: string }
  readonly now: number
}

/**
 * The message that tells of a burst. Its event is one of CADF's monitor events, which need a measurement; what it says of initiator and
 * target is what the key says, as all else may differ between the events that were counted.
 */
export function burstMessage(facts: BurstFacts): BatchMember {
  const { id, key, hits, last, policy, observer, now } = facts
  const [from = now, to = now] = [hits[0]?.at, hits.at(-1)?.at]
  const payload: BurstPayload = {
    ...{ key, count: hits.length, from: zoned(from), to: zoned(to) },
    threshold: { count: policy.count, seconds: policy.windowMs / 1000 },
    events: hits.map(({ eventId, messageId, at }) => ({ id: eventId, messageId, time: zoned(at) })),
    last: { topic: last.topic, action: last.event.action, outcome: last.event.outcome },
  }
  const added: string[] = []
  const reporter: CadfResource = { id: observer.id, typeURI: 'service/oss/monitoring', name: observer.name }
  const event: CadfEvent = {
    ...{
      typeURI: EVENT_TYPE_URI,
      id,
      eventType: 'monitor',
      eventTime: zoned(to),
      action: 'monitor',
      outcome: 'success',
    },
    initiator: keyed('initiator', key, last.event, added),
    target: keyed('target', key, last.event, added),
    observer: reporter,
    severity: 'warning',
    reason: { policyType: 'burst', policyId: `${policy.count} in ${policy.windowMs / 1000} s` },
    measurements: [
      {
        result: hits.length,
        metric: { metricId: `burst:${observer.id}`, unit: 'events', name: observer.name },
        calculatedBy: reporter,
      },
    ],
    attachments: [{ typeURI: 'mime:application/json', name: 'burst', content: payload }],
    ...(added.length > 0 ? { added } : {}),
  }
  const source = notificationOf(last)?.source
  return {
    topic: 'burst',
    payload,
    event,
    notification: {
      ...{ messageId: id, eventType: 'burst', publisherId: 'cadf-burst', priority: 'WARN', timestamp: zoned(now) },
      context: {},
      source: { kind: source?.kind ?? 'inject', cloud: source?.cloud ?? '' },
    },
  }
}

/** A resource of which is told what the key tells. Names come with the id of their user. */
function keyed(role: 'initiator' | 'target', key: readonly KeyPart[], last: CadfEvent, added: string[]): CadfResource {
  const of: CadfResource = last[role]
  const told: Record<string, unknown> = {}
  for (const { path, value } of key) {
    if (path === ACTOR && role === 'initiator') Object.assign(told, actor(of))
    const names = path.split('.')
    if (names[0] === 'event' && names[1] === role) put(told, names.slice(2), value)
  }
  const id = text(told['id']) ?? text(told['user_id'])
  if (id !== undefined) {
    for (const name of ['name', 'username', 'domain_id'] as const) {
      if (of[name] !== undefined && told[name] === undefined) told[name] = of[name]
    }
  } else added.push(`${role}.id`)
  return { ...told, id: id ?? UNKNOWN, typeURI: text(told['typeURI']) ?? of.typeURI }
}

/** Of somebody who does not exist there is no id, only the name that was tried. */
function actor(initiator: CadfResource): Record<string, unknown> {
  const names = ['user_id', 'name', 'username', 'user_name', 'domain_id', 'domain_name', 'credential']
  const told: Record<string, unknown> = Object.fromEntries(
    names.filter((name) => initiator[name] !== undefined).map((name) => [name, initiator[name]]),
  )
  const madeUp = initiator['user_name'] !== undefined || initiator.credential?.['identity_provider'] !== undefined
  if (told['user_id'] === undefined && !madeUp && isKnown(initiator.id)) told['id'] = initiator.id
  return told
}

function put(into: Record<string, unknown>, names: readonly string[], value: string): void {
  const [name = '', ...rest] = names
  if (name === '' || name in Object.prototype) return
  if (rest.length === 0) {
    into[name] = value
    return
  }
  const inner: Record<string, unknown> = { ...(into[name] as object | undefined) }
  put(inner, rest, value)
  into[name] = inner
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** DSP0262 wants the offset and no `Z`. */
function zoned(at: number): string {
  return new Date(at).toISOString().replace('Z', '+00:00')
}
