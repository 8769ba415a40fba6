import type { LabClock } from '../clock'
import { asObject, asText, type JsonObject } from '../decode'
import { expecting, KeystoneFailure, unauthorized } from './failure'
import type { Identity } from './identity'
import type { Domain, Token, TokenScope, User } from './model'

/** What Keystone tells of a login by password; of the other methods, of disabled users and unknown projects it tells nothing. */
export type LoginReport =
  | { readonly outcome: 'success' | 'failure'; readonly user: User }
  | { readonly outcome: 'failure'; readonly claimed: { readonly name: string; readonly domain: Domain | undefined } }

/** Answers the body of `POST /v3/auth/tokens`: password, token and application_credential methods. */
export function login(
  identity: Identity,
  clock: LabClock,
  body: unknown,
  report: (login: LoginReport) => void = () => {},
): Token {
  const auth = asObject(asObject(body)?.['auth'])
  if (auth === undefined) throw expecting('auth', 'request body')
  const proof = asObject(auth['identity'])
  if (proof === undefined) throw expecting('identity', 'auth')
  const methods = proof['methods']
  if (!Array.isArray(methods) || methods.length === 0) throw expecting('methods', 'identity')

  const [method] = methods as unknown[]
  switch (method) {
    case 'password': {
      const user = byPassword(identity, asObject(asObject(proof['password'])?.['user']), report)
      return identity.issue({ user, scope: scopeOf(identity, auth['scope'], user), methods: ['password'] })
    }
    case 'token': {
      const value = asText(asObject(proof['token'])?.['id'])
      if (value === undefined) throw expecting('id', 'token')
      const held = identity.find(value)
      if (held === undefined) throw invalidToken(identity, value)
      if (held.applicationCredential !== undefined) throw noScopeForCredentials()
      const scope = auth['scope'] === undefined ? held.scope : scopeOf(identity, auth['scope'], held.user)
      const combined = [...new Set(['token', ...held.methods])]
      return identity.issue({ user: held.user, scope, methods: combined, expiresAt: held.expiresAt })
    }
    case 'application_credential':
      return byApplicationCredential(identity, clock, asObject(proof['application_credential']), auth['scope'])
    default:
      throw unauthorized('Attempted to authenticate with an unsupported method.')
  }
}

/** A right password is a success, whatever becomes of the scope that was asked for with it. */
function byPassword(identity: Identity, claimed: JsonObject | undefined, report: (login: LoginReport) => void): User {
  if (claimed === undefined) throw expecting('user', 'password')
  const user = findUser(identity, claimed)
  if (user === undefined) {
    const name = asText(claimed['name']) ?? asText(claimed['id']) ?? ''
    const { id, name: called } = asObject(claimed['domain']) ?? {}
    const domain = identity.domains.find((each) => each.id === id || each.name === called)
    report({ outcome: 'failure', claimed: { name, domain } })
    throw unauthorized()
  }
  if (user.enabled === false || identity.domain(user.domain.id)?.enabled === false) throw unauthorized()
  const right = user.password === claimed['password']
  report({ outcome: right ? 'success' : 'failure', user })
  if (!right) throw unauthorized()
  return user
}

function byApplicationCredential(
  identity: Identity,
  clock: LabClock,
  claimed: JsonObject | undefined,
  scope: unknown,
): Token {
  if (claimed === undefined) throw expecting('application_credential', 'identity')
  if (scope !== undefined) throw noScopeForCredentials()
  const id = asText(claimed['id'])
  const owner = id === undefined ? findUser(identity, asObject(claimed['user']) ?? {}) : undefined
  const credential = identity.applicationCredentials.find((each) =>
    id !== undefined ? each.id === id : each.name === claimed['name'] && each.userId === owner?.id,
  )
  if (credential === undefined) {
    // Keystone answers 404 here, not 401: whoever holds no valid id learns so.
    throw new KeystoneFailure(404, `Could not find Application Credential: ${id ?? String(claimed['name'])}.`)
  }
  if (credential.secret !== claimed['secret']) throw unauthorized()
  if (credential.expiresAt !== null && credential.expiresAt <= clock.now()) throw unauthorized()
  const user = identity.users.find((each) => each.id === credential.userId)
  const project = identity.projects.find((each) => each.id === credential.projectId)
  if (user === undefined || user.enabled === false) throw unauthorized()
  if (project === undefined || project.enabled === false) throw unauthorized()
  return identity.issue({
    user,
    scope: { kind: 'project', project },
    methods: ['application_credential'],
    applicationCredential: credential,
  })
}

function noScopeForCredentials(): KeystoneFailure {
  return unauthorized(
    'Error authenticating with application credential: Application credentials cannot request a scope.',
  )
}

/** By id, or by name within a domain. */
function findUser(identity: Identity, claimed: JsonObject): User | undefined {
  const { id, name } = claimed
  if (id !== undefined) return identity.users.find((user) => user.id === id)
  if (name !== undefined && claimed['domain'] === undefined) throw expecting('domain', 'user')
  return identity.users.find((user) => user.name === name && inDomain(user, claimed['domain']))
}

function inDomain(
  owned: { readonly domain: { readonly id: string; readonly name: string } },
  domain: unknown,
): boolean {
  const { id, name } = asObject(domain) ?? {}
  return id !== undefined ? owned.domain.id === id : name !== undefined && owned.domain.name === name
}

/** What was asked for; without a scope the user's default project, without that nothing. */
function scopeOf(identity: Identity, wanted: unknown, user: User): TokenScope {
  if (wanted === undefined) {
    const project = identity.projects.find(({ id }) => id === user.defaultProjectId)
    return project === undefined ? { kind: 'unscoped' } : { kind: 'project', project }
  }
  if (wanted === 'unscoped') return { kind: 'unscoped' }
  const { project, domain, system, unscoped } = asObject(wanted) ?? {}
  const given = [project, domain, system, unscoped].filter((each) => each !== undefined)
  if (given.length !== 1) throw expecting('system, project, domain, OS-TRUST:trust or unscoped', 'scope')
  if (unscoped !== undefined) return { kind: 'unscoped' }
  if (system !== undefined) {
    if (asObject(system)?.['all'] !== true) throw expecting('all', 'system')
    return { kind: 'system' }
  }
  if (domain !== undefined) {
    const { id, name } = asObject(domain) ?? {}
    const found = identity.domains.find((each) => (id !== undefined ? each.id === id : each.name === name))
    if (found === undefined || found.enabled === false) throw unauthorized()
    return { kind: 'domain', domain: found }
  }
  const { id, name, domain: within } = asObject(project) ?? {}
  const found = identity.projects.find((each) =>
    id !== undefined ? each.id === id : each.name === name && inDomain(each, within),
  )
  if (found === undefined || found.enabled === false) throw unauthorized()
  if (identity.domain(found.domain.id)?.enabled === false) throw unauthorized()
  return { kind: 'project', project: found }
}

/** What is no token at all is told apart from one that is no longer good. */
export function invalidToken(identity: Identity, value: string): KeystoneFailure {
  const known = identity.recognises(value)
  return new KeystoneFailure(404, known ? 'Failed to validate token' : 'Could not recognize Fernet token')
}
