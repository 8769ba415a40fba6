import { randomBytes } from 'node:crypto'
import { asObject, asText, parseJson } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import { projectDocument, userDocument } from './documents'
import { expecting, forbidden, KeystoneFailure } from './failure'
import type { Ground, Identity } from './identity'
import type { Domain, Project, Token, User } from './model'
import { isAdmin } from './rights'

/** What was done to a project or a user: the answer, and what is published about it. */
export interface Changed {
  readonly resource: 'project' | 'user'
  readonly operation: 'created' | 'updated' | 'deleted'
  readonly id: string
  readonly reply: LabReply
}

export interface Assigned {
  readonly operation: 'created' | 'deleted'
  /** Keystone also tells of the removal of a role that nobody had. */
  readonly outcome: 'success' | 'failure'
  /** The project or the domain, by id. */
  readonly ground: Ground
  readonly user: string
  readonly role: string
}

/** POST, PATCH and DELETE of projects and users, for administrators. @throws KeystoneFailure */
export function changeIdentity(
  identity: Identity,
  collection: 'projects' | 'users',
  call: { readonly caller: Token; readonly id: string | undefined; readonly request: LabRequest },
): Changed {
  const { caller, id, request } = call
  const resource = collection === 'projects' ? 'project' : 'user'
  const verbs: Readonly<Record<string, string>> = { POST: 'create', PATCH: 'update', DELETE: 'delete' }
  const verb = verbs[request.method]
  if (verb === undefined || (verb === 'create') !== (id === undefined)) {
    throw new KeystoneFailure(405, 'The method is not allowed for the requested URL.')
  }
  if (!isAdmin(caller)) throw forbidden(`identity:${verb}_${resource}`)
  const { origin } = request
  if (id === undefined) {
    const body = bodyOf(request, resource)
    const row = resource === 'project' ? newProject(identity, body) : newUser(identity, body)
    return { resource, operation: 'created', id: row.id, reply: json(201, { [resource]: shown(row, origin) }) }
  }
  const rows: readonly (Project | User)[] = resource === 'project' ? identity.projects : identity.users
  const row = rows.find((each) => each.id === id)
  if (row === undefined) throw new KeystoneFailure(404, `Could not find ${resource}: ${id}.`)
  if (verb === 'delete') {
    if (resource === 'project') identity.removeProject(id)
    else identity.removeUser(id)
    return { resource, operation: 'deleted', id, reply: { status: 204 } }
  }
  update(row, bodyOf(request, resource))
  return { resource, operation: 'updated', id, reply: json(200, { [resource]: shown(row, origin) }) }
}

/** `PUT` and `DELETE /v3/{projects|domains}/{id}/users/{user}/roles/{role}`, for administrators. @throws KeystoneFailure */
export function changeAssignment(identity: Identity, caller: Token, path: string, method: 'PUT' | 'DELETE'): Assigned {
  const [, , collection, groundId = '', , userId = '', roles, roleId = ''] = path.split('/')
  if (roles !== 'roles') throw new KeystoneFailure(404, 'The requested URL was not found on the server.')
  if (!isAdmin(caller)) throw forbidden(`identity:${method === 'PUT' ? 'create' : 'revoke'}_grant`)
  const user = identity.users.find(({ id }) => id === userId)
  if (user === undefined) throw new KeystoneFailure(404, `Could not find user: ${userId}.`)
  const onDomain = collection === 'domains'
  const grounds: readonly { readonly id: string }[] = onDomain ? identity.domains : identity.projects
  if (!grounds.some(({ id }) => id === groundId)) {
    throw new KeystoneFailure(404, `Could not find ${onDomain ? 'domain' : 'project'}: ${groundId}.`)
  }
  const role = identity.roles.find(({ id }) => id === roleId)
  if (role === undefined) throw new KeystoneFailure(404, `Could not find role: ${roleId}.`)
  const ground: Ground = onDomain ? { domain: groundId } : { project: groundId }
  const held = method === 'PUT' ? identity.grant(user, ground, role) : identity.takeAway(user, ground, role)
  return {
    operation: method === 'PUT' ? 'created' : 'deleted',
    outcome: method === 'DELETE' && !held ? 'failure' : 'success',
    ground,
    user: userId,
    role: roleId,
  }
}

function newProject(identity: Identity, body: Record<string, unknown>): Project {
  const name = asText(body['name'])
  if (name === undefined) throw expecting('name', 'project')
  const domain = domainOf(identity, body)
  const id = randomBytes(16).toString('hex')
  if (identity.projects.some((project) => project.name === name && project.domain.id === domain.id)) {
    const why = 'it is not permitted to have two projects with either the same name or same id in the same domain'
    const which = `name is ${name}, project id ${id}`
    throw new KeystoneFailure(409, `Conflict occurred attempting to store project - ${why}: ${which}.`)
  }
  const project: Project = { id, name, domain }
  update(project, body)
  identity.projects.push(project)
  return project
}

function newUser(identity: Identity, body: Record<string, unknown>): User {
  const name = asText(body['name'])
  if (name === undefined) throw expecting('name', 'user')
  const domain = domainOf(identity, body)
  if (identity.users.some((user) => user.name === name && user.domain.id === domain.id)) {
    const why = `Duplicate entry found with name ${name} at domain ID ${domain.id}`
    throw new KeystoneFailure(409, `Conflict occurred attempting to store user - ${why}.`)
  }
  const user: User = {
    id: randomBytes(16).toString('hex'),
    name,
    domain,
    password: '',
    roles: {},
  }
  update(user, body)
  identity.users.push(user)
  return user
}

/** The one that the body names, else the default domain. */
function domainOf(identity: Identity, body: Record<string, unknown>): Domain {
  const id = asText(body['domain_id']) ?? 'default'
  const domain = identity.domain(id)
  if (domain === undefined) throw new KeystoneFailure(404, `Could not find domain: ${id}.`)
  return domain
}

function update(row: Project | User, body: Record<string, unknown>): void {
  const { name, enabled, description, password } = body
  if (typeof name === 'string') row.name = name
  if (typeof enabled === 'boolean') row.enabled = enabled
  if (typeof description === 'string' && !('password' in row)) row.description = description
  if (typeof password === 'string' && 'password' in row) row.password = password
}

function shown(row: Project | User, origin: string): unknown {
  return 'password' in row ? userDocument(row, origin) : projectDocument(row, origin)
}

function bodyOf(request: LabRequest, resource: string): Record<string, unknown> {
  const body = asObject(asObject(parseJson(request.body))?.[resource])
  if (body === undefined) throw expecting(resource, 'request body')
  return body
}
