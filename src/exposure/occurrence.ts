/** A notification as the port lookup needs it: the event type, the payload as published, and the ids that name it. */
export interface Occurrence {
  readonly topic: string
  readonly payload: unknown
  readonly messageId: string
  readonly eventId: string
}

/** The kinds of Neutron resource whose changes expose something. */
export type ResourceKind = 'security_group_rule' | 'security_group' | 'port' | 'floatingip'
export type Action = 'create' | 'update' | 'delete'

/** What an event type says. `announced`: a `.start`, sent before Neutron has looked at the request. */
export interface Subject {
  readonly resource: ResourceKind
  readonly action: Action
  readonly announced: boolean
}

/** Undefined for event types that change no exposure. */
export function subjectOf(topic: string): Subject | undefined {
  const match = /^(security_group_rule|security_group|port|floatingip)\.(create|update|delete)\.(start|end)$/.exec(
    topic,
  )
  if (match === null) return undefined
  const [, resource, action, phase] = match as unknown as [string, ResourceKind, Action, 'start' | 'end']
  // Rules are immutable: there is no such event.
  if (resource === 'security_group_rule' && action === 'update') return undefined
  return { resource, action, announced: phase === 'start' }
}

/** One resource of a notification: its id as far as it is named, and the object as far as it was sent. */
export interface Sent {
  readonly id: string
  readonly object: Readonly<Record<string, unknown>> | undefined
}

/**
 * The resources in a payload, in every shape that Neutron sends: `{port: {…}}`; in bulk `{ports: […]}` under the same event type;
 * a delete with the id only, with an empty object, or with the whole last state; an update's `.start` with the id beside the
 * changed members. Never empty: what cannot be read is one resource without a name.
 */
export function resourcesOf({ resource }: Subject, payload: unknown): Sent[] {
  const body = recordOf(payload) ?? {}
  const many = body[`${resource}s`]
  const objects = Array.isArray(many) && many.length > 0 ? many.map(recordOf) : [recordOf(body[resource])]
  return objects.map((object) => {
    const id = textOf(object?.['id']) ?? textOf(body[`${resource}_id`]) ?? textOf(body['id']) ?? ''
    return { id, object: object === undefined || Object.keys(object).length === 0 ? undefined : object }
  })
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
