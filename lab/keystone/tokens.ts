import type { LabClock } from '../clock'
import { parseJson } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import { tokenDocument } from './documents'
import { forbidden, KeystoneFailure, unauthorized } from './failure'
import type { Identity } from './identity'
import { invalidToken, type LoginReport, login } from './login'
import type { CatalogService, Project, Token } from './model'
import { hasRole, isAdmin, isSystemReader } from './rights'

export interface TokensOptions {
  readonly identity: Identity
  readonly clock: LabClock
  readonly catalog: (project: Project | undefined) => readonly CatalogService[]
  readonly report: (login: LoginReport) => Promise<void>
}

/** `/v3/auth/tokens`: login, validation of one's own or another's token, revocation. @throws KeystoneFailure */
export async function tokens(
  request: LabRequest,
  { identity, clock, catalog, report }: TokensOptions,
): Promise<LabReply> {
  const { method, headers } = request
  const catalogOf = (token: Token) => (request.query.has('nocatalog') ? undefined : catalog(token.project))
  if (method === 'POST') {
    const reports: LoginReport[] = []
    try {
      const token = login(identity, clock, parseJson(request.body), (each) => reports.push(each))
      return json(201, tokenDocument(token, catalogOf(token)), { 'x-subject-token': token.value })
    } finally {
      for (const each of reports) await report(each)
    }
  }
  if (method !== 'GET' && method !== 'HEAD' && method !== 'DELETE') {
    throw new KeystoneFailure(405, 'The method is not allowed for the requested URL.')
  }
  const shown = headers['x-auth-token']
  const caller = identity.find(shown)
  // Not the 401 that one would expect, and with the token in its text.
  if (shown !== undefined && identity.hasLostItsRoles(shown)) throw notFound(shown)
  if (caller === undefined) throw unauthorized()
  const value = headers['x-subject-token']
  if (!value) throw new KeystoneFailure(404, 'No token in the request')
  // Keystone looks at the subject before the policy: an invalid one is 404 for everybody.
  const subject = identity.find(value)
  if (identity.hasLostItsRoles(value)) throw notFound(value)
  if (subject === undefined) throw invalidToken(identity, value)
  // Any token of the same user will do: the policy compares users, not tokens.
  const own = subject.user.id === caller.user.id
  if (method === 'DELETE') {
    if (!own && !isAdmin(caller)) throw forbidden('identity:revoke_token')
    identity.revoke(subject.value)
    return { status: 204 }
  }
  const may = own || isAdmin(caller) || isSystemReader(caller)
  if (method === 'HEAD' && !may) throw forbidden('identity:check_token')
  if (!may && !hasRole(caller, 'service')) throw forbidden('identity:validate_token')
  return json(200, tokenDocument(subject, catalogOf(subject)), { 'x-subject-token': subject.value })
}

function notFound(token: string): KeystoneFailure {
  return new KeystoneFailure(404, `Could not find token: ${token}.`)
}
