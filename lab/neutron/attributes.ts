import { asObject, type JsonObject } from '../decode'
import type { CallContext } from './context'
import { badRequest, disallowedByPolicy } from './failure'
import type { Attribute, Attributes, ResourceKind } from './resource'

/** Objects sent in a POST or PUT, checked against the attributes of their kind; before this, nothing is published. */
export interface RequestBody {
  readonly bulk: boolean
  readonly items: readonly Attributes[]
}

/** Reads a body as the API layer does: unknown, missing, forbidden and malformed attributes are refused here. */
export function readBody(
  kind: ResourceKind,
  context: CallContext,
  method: 'POST' | 'PUT',
  document: unknown,
): RequestBody {
  const body = asObject(document)
  if (body === undefined) throw badRequest('Body contains invalid data')
  const many = body[kind.plural]
  if (many !== undefined) {
    if (method === 'PUT') throw badRequest('Bulk operation not supported')
    if (!Array.isArray(many)) throw badRequest('Body contains invalid data')
    if (many.length === 0) throw badRequest('Resources required')
    return { bulk: true, items: many.map((item) => read(kind, context, method, unwrapped(kind, item))) }
  }
  const one = body[kind.singular]
  if (one === undefined || one === null) throw badRequest(`Unable to find '${kind.singular}' in request body`)
  return { bulk: false, items: [read(kind, context, method, one)] }
}

function unwrapped(kind: ResourceKind, item: unknown): unknown {
  return asObject(item)?.[kind.singular] ?? item
}

function read(kind: ResourceKind, context: CallContext, method: 'POST' | 'PUT', sent: unknown): Attributes {
  const item = asObject(sent)
  if (item === undefined) throw badRequest(`Object '${kind.singular}' contains invalid data`)
  const given = withProject(context, method, item)
  const unknown = Object.keys(given).filter((name) => kind.attributes[name] === undefined)
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`)

  const result: Attributes = {}
  for (const [name, attribute] of Object.entries(kind.attributes)) {
    const sentValue = given[name]
    if (sentValue === undefined) {
      if (method === 'POST' && attribute.required) {
        throw badRequest(`Failed to parse request. Required attribute '${name}' not specified`)
      }
      if (method === 'POST' && attribute.default !== undefined) result[name] = structuredClone(attribute.default)
      continue
    }
    if (method === 'POST' && !attribute.post) throw badRequest(`Attribute '${name}' not allowed in POST`)
    if (method === 'PUT' && !attribute.put) throw badRequest(`Cannot update read-only attribute ${name}`)
    result[name] = checked(name, attribute, sentValue)
  }
  return result
}

/** `tenant_id` is the old name of `project_id`; who does not say gets the own project. */
function withProject(context: CallContext, method: 'POST' | 'PUT', item: JsonObject): JsonObject {
  const { tenant_id, project_id, ...rest } = item
  const project = project_id ?? tenant_id
  if (project === undefined && method === 'PUT') return rest
  return { ...rest, project_id: project ?? context.projectId }
}

function checked(name: string, attribute: Attribute, value: unknown): unknown {
  const reason = attribute.reason?.(value)
  if (reason !== undefined) throw badRequest(`Invalid input for ${name}. Reason: ${reason}.`)
  return attribute.convert === undefined ? value : attribute.convert(value)
}

/** The policy in front of the plugins: it comes after the `.start` notification. */
export function enforcePolicy(kind: ResourceKind, context: CallContext, action: string, body: RequestBody): void {
  if (context.isAdmin) return
  const rule = `${action}_${kind.singular}`
  for (const item of body.items) {
    const forbidden = Object.keys(item).filter((name) => kind.attributes[name]?.admin && differs(kind, name, item))
    if (action === 'create' && item['project_id'] !== context.projectId) throw disallowedByPolicy(`rule:${rule}`)
    if (forbidden.length > 0) {
      const parts = [`rule:${rule}`, ...forbidden.map((name) => `rule:${rule}:${name}`)]
      throw disallowedByPolicy(`(${parts.join(' and ')})`)
    }
  }
}

function differs(kind: ResourceKind, name: string, item: Attributes): boolean {
  const usual = kind.attributes[name]?.default
  return usual === undefined || JSON.stringify(item[name]) !== JSON.stringify(usual)
}

const text =
  (longest: number) =>
  (value: unknown): string | undefined =>
    typeof value !== 'string'
      ? `'${String(value)}' is not a valid string`
      : value.length > longest
        ? `'${value}' exceeds maximum length of ${longest}`
        : undefined

const uuid = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
    ? undefined
    : `'${String(value)}' is not a valid UUID`

const boolean = (value: unknown): unknown => {
  if (value === true || value === 1 || /^(true|1)$/i.test(String(value))) return true
  if (value === false || value === 0 || /^(false|0)$/i.test(String(value))) return false
  throw badRequest(`'${String(value)}' cannot be converted to boolean.`)
}

/** The attributes that all kinds share. */
export const standardAttributes: Readonly<Record<string, Attribute>> = {
  id: { filter: true, sort: true },
  project_id: { post: true, filter: true, sort: true },
  tenant_id: { filter: true, sort: true },
  description: { post: true, put: true, default: '', filter: true, sort: true, reason: text(255) },
  tags: { filter: true },
  created_at: {},
  updated_at: {},
  revision_number: { filter: true, sort: true },
}

export const attribute = { text, uuid, boolean }
