import { randomBytes, randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import { asObject, asText, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import type { Notifier } from '../notifications/notifier'
import { changeAssignment, changeIdentity } from './changes'
import { catalogDocument, projectDocument, tokenDocument, userDocument, versionDocument } from './documents'
import { keystoneEvents } from './events'
import { expecting, forbidden, KeystoneFailure, unauthorized } from './failure'
import type { Identity } from './identity'
import { type LoginReport, login } from './login'
import type { CatalogService, Project, Token } from './model'

export interface KeystoneOptions {
  readonly identity: Identity
  readonly clock: LabClock
  /** Asked for at each answer, since the other services' ports are known only once they listen. */
  readonly catalog: (project: Project | undefined) => readonly CatalogService[]
  readonly notifier: Notifier
  /** Event types that are not published, as `notification_opt_out`; for logins with the outcome after a dot. */
  readonly optOut?: readonly string[]
}

/** Keystone v3 over HTTP. v2.0 does not exist, as in every release since Queens. */
export function keystoneService(options: KeystoneOptions): LabHandler {
  const { identity, clock, catalog } = options
  const events = keystoneEvents(options)
  return async (request) => {
    const requestId = `req-${randomUUID()}`
    let reply: LabReply
    try {
      reply = await answer(request, requestId)
    } catch (error) {
      if (!(error instanceof KeystoneFailure)) throw error
      reply = error.reply(request.origin)
    }
    return { ...reply, headers: { ...reply.headers, 'x-openstack-request-id': requestId, vary: 'X-Auth-Token' } }
  }

  async function answer(request: LabRequest, requestId: string): Promise<LabReply> {
    const { method, origin } = request
    const path = request.path.replace(/\/+$/, '')
    if (path === '') {
      return json(300, { versions: { values: [versionDocument(origin)] } }, { location: `${origin}/v3/` })
    }
    if (path === '/v3') return json(200, { version: versionDocument(origin) })
    if (path === '/v3/auth/tokens') return tokens(request, requestId)
    if (!path.startsWith('/v3/')) return unknownUrl()

    const caller = identity.find(request.headers['x-auth-token'])
    if (caller === undefined) throw unauthorized()
    const [, , collection, id, part, partId] = path.split('/')
    if (path === '/v3/auth/catalog' && method === 'GET') {
      return json(200, { catalog: catalog(caller.project).map(catalogDocument), links: { self: `${origin}${path}` } })
    }
    if (path === '/v3/auth/projects' && method === 'GET') {
      const own = identity.projects.filter((project) => caller.user.roles[project.id] !== undefined)
      return list(
        'projects',
        own.map((project) => projectDocument(project, origin)),
        origin + path,
      )
    }
    if (method !== 'GET' && part === undefined && (collection === 'projects' || collection === 'users')) {
      const changed = changeIdentity(identity, collection, { caller, id, request })
      await events.resource(request, requestId, caller, changed)
      return changed.reply
    }
    if (
      collection === 'projects' &&
      part === 'users' &&
      id !== undefined &&
      (method === 'PUT' || method === 'DELETE')
    ) {
      const assigned = changeAssignment(identity, caller, path, method)
      await events.assignment(request, requestId, caller, assigned)
      if (assigned.outcome === 'failure')
        throw new KeystoneFailure(
          404,
          `Could not find role assignment with role: ${assigned.role}, user or group: ${assigned.user}, project, domain, or system: ${assigned.project}.`,
        )
      return { status: 204 }
    }
    if (collection === 'projects' && method === 'GET') return projects(caller, id, request)
    if (collection === 'users' && part === undefined && method === 'GET') return users(caller, id, request)
    if (collection === 'users' && id !== undefined && part === 'application_credentials') {
      return applicationCredentials(caller, id, partId, request)
    }
    return unknownUrl()
  }

  async function tokens(request: LabRequest, requestId: string): Promise<LabReply> {
    if (request.method === 'POST') {
      const reports: LoginReport[] = []
      try {
        const token = login(identity, clock, parseJson(request.body), (report) => reports.push(report))
        const shown = request.query.has('nocatalog') ? undefined : catalog(token.project)
        return json(201, tokenDocument(token, shown), { 'x-subject-token': token.value })
      } finally {
        for (const report of reports) await events.login(request, requestId, report)
      }
    }
    const caller = identity.find(request.headers['x-auth-token'])
    if (caller === undefined) throw unauthorized()
    const subject = identity.find(request.headers['x-subject-token'])
    const rights = isAdmin(caller) || caller.roles.some((role) => role.name === 'service') || subject === caller
    if (request.method === 'DELETE') {
      if (!rights) throw forbidden('identity:revoke_token')
      if (subject === undefined) throw new KeystoneFailure(404, 'Failed to validate token')
      identity.revoke(subject.value)
      return { status: 204 }
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return unknownUrl()
    // Keystone looks at the subject before the policy: an invalid one is 404 for everybody.
    if (subject === undefined) throw new KeystoneFailure(404, 'Failed to validate token')
    if (!rights) throw forbidden('identity:validate_token')
    const shown = request.query.has('nocatalog') ? undefined : catalog(subject.project)
    return json(200, tokenDocument(subject, shown), { 'x-subject-token': subject.value })
  }

  function projects(caller: Token, id: string | undefined, request: LabRequest): LabReply {
    if (id === undefined) {
      if (!isAdmin(caller)) throw forbidden('identity:list_projects')
      const { query } = request
      const name = query.get('name')
      const domain = query.get('domain_id') ?? query.get('parent_id')
      const enabled = query.get('enabled')
      const found = identity.projects
        .filter((project) => name === null || project.name === name)
        .filter((project) => domain === null || project.domain.id === domain)
        .filter((project) => enabled === null || (project.enabled !== false) === !/^(false|0)$/i.test(enabled))
      return list(
        'projects',
        found.map((each) => projectDocument(each, request.origin)),
        request.origin + request.path,
      )
    }
    if (!isAdmin(caller) && caller.project?.id !== id) throw forbidden('identity:get_project')
    const project = identity.projects.find((each) => each.id === id)
    if (project === undefined) throw new KeystoneFailure(404, `Could not find project: ${id}.`)
    return json(200, { project: projectDocument(project, request.origin) })
  }

  function users(caller: Token, id: string | undefined, request: LabRequest): LabReply {
    if (id === undefined) {
      if (!isAdmin(caller)) throw forbidden('identity:list_users')
      const name = request.query.get('name')
      const found = identity.users.filter((user) => name === null || user.name === name)
      return list(
        'users',
        found.map((each) => userDocument(each, request.origin)),
        request.origin + request.path,
      )
    }
    if (!isAdmin(caller) && caller.user.id !== id) throw forbidden('identity:get_user')
    const user = identity.users.find((each) => each.id === id)
    if (user === undefined) throw new KeystoneFailure(404, `Could not find user: ${id}.`)
    return json(200, { user: userDocument(user, request.origin) })
  }

  /** A user's own; restricted credentials may not make or delete credentials. */
  function applicationCredentials(
    caller: Token,
    userId: string,
    id: string | undefined,
    request: LabRequest,
  ): LabReply {
    const { method, origin } = request
    if (caller.user.id !== userId)
      throw forbidden(`identity:${method === 'POST' ? 'create' : 'get'}_application_credential`)
    if (caller.applicationCredential !== undefined && !caller.applicationCredential.unrestricted && method !== 'GET') {
      throw new KeystoneFailure(
        403,
        "Using method 'application_credential' is not allowed for managing additional application credentials.",
      )
    }
    if (method === 'DELETE' && id !== undefined) {
      identity.removeApplicationCredential(id)
      return { status: 204 }
    }
    if (method !== 'POST' || id !== undefined) return unknownUrl()
    const wanted = asObject(asObject(parseJson(request.body))?.['application_credential'])
    const name = asText(wanted?.['name'])
    if (wanted === undefined || name === undefined) throw expecting('name', 'application_credential')
    if (caller.project === undefined) throw expecting('project', 'token')
    const expires = asText(wanted['expires_at'])
    const credential = {
      id: randomBytes(16).toString('hex'),
      name,
      secret: asText(wanted['secret']) ?? randomBytes(64).toString('base64url'),
      description: asText(wanted['description']) ?? null,
      userId,
      projectId: caller.project.id,
      roles: caller.roles.map((role) => role.name),
      unrestricted: typeof wanted['unrestricted'] === 'boolean' ? wanted['unrestricted'] : null,
      expiresAt: expires === undefined ? null : new Date(expires.endsWith('Z') ? expires : `${expires}Z`),
    }
    identity.addApplicationCredential(credential)
    return json(201, {
      application_credential: {
        id: credential.id,
        name,
        description: credential.description,
        user_id: userId,
        project_id: credential.projectId,
        system: null,
        expires_at: expires ?? null,
        unrestricted: credential.unrestricted,
        roles: caller.roles.map((role) => ({ ...role, domain_id: null, description: null, options: {} })),
        secret: credential.secret,
        links: { self: `${origin}/v3/application_credentials/${credential.id}` },
      },
    })
  }
}

function isAdmin(token: Token): boolean {
  return token.roles.some((role) => role.name === 'admin')
}

function list(key: string, members: readonly unknown[], self: string): LabReply {
  return json(200, { [key]: members, links: { next: null, self, previous: null } })
}

/** Flask's own page: Keystone has no JSON body for a path it does not know. */
function unknownUrl(): LabReply {
  return {
    status: 404,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body:
      '<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n' +
      '<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n',
  }
}
