import { randomBytes, randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import { asObject, asText, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import type { Notifier } from '../notifications/notifier'
import { changeAssignment, changeIdentity } from './changes'
import { catalogDocument, versionDocument } from './documents'
import { keystoneEvents } from './events'
import { expecting, forbidden, KeystoneFailure, unauthorized } from './failure'
import type { Identity } from './identity'
import type { LoginReport } from './login'
import { lookUps } from './look-ups'
import type { CatalogService, Project, Token } from './model'
import { tokens } from './tokens'

export interface KeystoneOptions {
  readonly identity: Identity
  readonly clock: LabClock
  /** Asked for at each answer, since the other services' ports are known only once they listen. */
  readonly catalog: (project: Project | undefined) => readonly CatalogService[]
  readonly notifier: Notifier
  /** Event types that are not published, as `notification_opt_out`; for logins with the outcome after a dot. */
  readonly optOut?: readonly string[]
}

/** What Keystone says where no rule is to be named. */
const NOT_ALLOWED = 'You are not authorized to perform the requested action.'

/** Keystone v3 over HTTP. v2.0 does not exist, as in every release since Queens. */
export function keystoneService(options: KeystoneOptions): LabHandler {
  const { identity, clock, catalog } = options
  const events = keystoneEvents(options)
  const see = lookUps(identity)
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
    if (path === '/v3/auth/tokens') {
      const report = (each: LoginReport) => events.login(request, requestId, each)
      return tokens(request, { identity, clock, catalog, report })
    }
    if (!path.startsWith('/v3/')) return unknownUrl()

    const caller = identity.find(request.headers['x-auth-token'])
    if (caller === undefined) throw unauthorized()
    const [, , collection, id, part, partId] = path.split('/')
    if (path === '/v3/auth/catalog' && method === 'GET') {
      if (caller.project === undefined) throw new KeystoneFailure(403, NOT_ALLOWED)
      return json(200, { catalog: catalog(caller.project).map(catalogDocument), links: { self: `${origin}${path}` } })
    }
    if (collection === 'auth' && part === undefined && isRead(method)) {
      return see.own(caller, id ?? '', request) ?? unknownUrl()
    }
    if (part === undefined && isRead(method)) {
      if (collection === 'projects') return see.projects(caller, id, request)
      if (collection === 'users') return see.users(caller, id, request)
      if (collection === 'domains') return see.domains(caller, id, request)
    }
    if (part === undefined && (collection === 'projects' || collection === 'users')) {
      const changed = changeIdentity(identity, collection, { caller, id, request })
      await events.resource(request, requestId, caller, changed)
      return changed.reply
    }
    if (
      (collection === 'projects' || collection === 'domains') &&
      part === 'users' &&
      id !== undefined &&
      (method === 'PUT' || method === 'DELETE')
    ) {
      const assigned = changeAssignment(identity, caller, path, method)
      await events.assignment(request, requestId, caller, assigned)
      if (assigned.outcome === 'failure')
        throw new KeystoneFailure(
          404,
          `Could not find role assignment with role: ${assigned.role}, user or group: ${assigned.user}, project, domain, or system: ${Object.values(assigned.ground)[0]}.`,
        )
      return { status: 204 }
    }
    if (collection === 'users' && id !== undefined && part === 'application_credentials') {
      return applicationCredentials(caller, id, partId, request)
    }
    return unknownUrl()
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

/** Flask answers HEAD wherever it answers GET. */
function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
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
