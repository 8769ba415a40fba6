import { type CadfAttachment, type CadfResource, UNKNOWN } from './event'
import type { EventTypeParts } from './event-type'

type Fields = Readonly<Record<string, unknown>>

/**
 * The resource that a payload is about: an object under the resource's name (Neutron), a list under its plural (bulk
 * requests), only an id (the start of a delete), a versioned object (Nova) or a flat payload (Octavia, Nova, Cinder …).
 */
export function targetOf(parts: EventTypeParts, payload: unknown, added: string[]): CadfResource {
  const fields = fieldsOf(payload) ?? {}
  if (typeof fields['parent_resource'] === 'string') return parentOf(fields, fields['parent_resource'], added)
  const bulk = bulkOf(parts, fields)
  const objects = bulk ?? [objectOf(parts, fields)]
  const object = objects[0] ?? {}
  if (objects.length > 1) return severalOf(parts, objects, added)

  const target: CadfResource = {
    id: idOf(parts, object) ?? idOf(parts, fields) ?? missing('target.id', added),
    typeURI: parts.typeURI ?? missing('target.typeURI', added),
  }
  return describe(target, object)
}

/** Tags name the resource that they were put on; they have no id of their own. */
function parentOf(fields: Fields, parent: string, added: string[]): CadfResource {
  const singular = parent.replace(/ies$/, 'y').replace(/s$/, '').replaceAll('_', '-')
  const valid = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(singular)
  return {
    id: text(fields['parent_resource_id']) ?? missing('target.id', added),
    typeURI: valid ? `network/${singular}/tag` : missing('target.typeURI', added),
  }
}

/** CADF has room for one target; the members of a bulk request are listed in an attachment. */
function severalOf(parts: EventTypeParts, objects: readonly Fields[], added: string[]): CadfResource {
  const members = objects.map((object) => {
    const member: Record<string, string> = {}
    const id = idOf(parts, object)
    const name = nameOf(object)
    if (id !== undefined) member['id'] = id
    if (name !== undefined) member['name'] = name
    return member
  })
  const attachment: CadfAttachment = { typeURI: 'mime:application/json', name: 'members', content: members }
  const target: CadfResource = {
    id: missing('target.id', added),
    typeURI: parts.typeURI ?? missing('target.typeURI', added),
    attachments: [attachment],
  }
  const projects = new Set(objects.map(projectOf))
  const project = projects.size === 1 ? [...projects][0] : undefined
  if (project !== undefined) target.project_id = project
  return target
}

function bulkOf(parts: EventTypeParts, fields: Fields): Fields[] | undefined {
  for (const plural of parts.plurals) {
    const list = fields[plural]
    if (Array.isArray(list)) return list.map((member) => fieldsOf(member) ?? {})
  }
  return undefined
}

function objectOf(parts: EventTypeParts, fields: Fields): Fields {
  for (const name of parts.members) {
    const object = fieldsOf(fields[name])
    if (object !== undefined) return object
  }
  for (const name in fields) {
    if (name.endsWith('_object.data')) return fieldsOf(fields[name]) ?? {}
  }
  return fields
}

function idOf(parts: EventTypeParts, object: Fields): string | undefined {
  for (const name of parts.idMembers) {
    const id = identifier(object[name])
    if (id !== undefined) return id
  }
  return (
    identifier(object['id']) ??
    identifier(object['uuid']) ??
    identifier(object['resource_info']) ??
    identifier(object['stack_identity'])
  )
}

function describe(target: CadfResource, object: Fields): CadfResource {
  const name = nameOf(object)
  if (name !== undefined) target.name = name
  const project = projectOf(object)
  if (project !== undefined) target.project_id = project
  const domain = text(object['domain_id'])
  if (domain !== undefined) target.domain_id = domain
  return target
}

function nameOf(object: Fields): string | undefined {
  return text(object['name']) ?? text(object['display_name']) ?? text(object['stack_name'])
}

function projectOf(object: Fields): string | undefined {
  return text(object['project_id']) ?? text(object['tenant_id']) ?? text(object['owner'])
}

function missing(path: string, added: string[]): string {
  added.push(path)
  return UNKNOWN
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'number' ? String(value) : text(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}
