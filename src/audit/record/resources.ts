export type Fields = Readonly<Record<string, unknown>>
export type Role = 'initiator' | 'target' | 'observer'

const NOTHING: Fields = {}

/**
 * A resource of an event, whatever was sent for it. A short reference (`{"id": "target"}`, which keystonemiddleware sends as
 * observer) is the resource that it names.
 */
export function resourceOf(event: Fields, role: Role): Fields {
  const resource = fieldsOf(event[role])
  if (resource === undefined) return typeof event[`${role}Id`] === 'string' ? { id: event[`${role}Id`] } : NOTHING
  const { id } = resource
  if ('typeURI' in resource || (id !== 'target' && id !== 'initiator') || id === role) return resource
  const named = fieldsOf(event[id])
  return named !== undefined && 'typeURI' in named ? named : resource
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}
