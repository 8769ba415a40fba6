import type { KeystoneAuth, NamedInDomain, NameOrId } from './auth'
import type { EndpointInterface } from './catalog'
import { OpenStackError } from './openstack-error'

export type NameKind = 'name' | 'id'

/** An account as the `keystone-config` node keeps it: flat texts, no secrets. */
export interface AccountFields {
  readonly authUrl: string
  readonly authType: 'password' | 'application_credential'
  readonly user: string
  readonly userBy: NameKind
  readonly userDomain: string
  readonly userDomainBy: NameKind
  /** `default`: the user's default project. */
  readonly scope: 'project' | 'system' | 'default'
  readonly project: string
  readonly projectBy: NameKind
  readonly projectDomain: string
  readonly projectDomainBy: NameKind
  readonly applicationCredential: string
  readonly applicationCredentialBy: NameKind
  /** Empty: any, if the catalogue has only one. */
  readonly region: string
  readonly interface: EndpointInterface
  /** Used instead of the catalogue's; empty: the catalogue's. */
  readonly networkEndpoint: string
  /** The cloud's policy shows this account the ports of all projects although it is no administrator. */
  readonly allProjects: boolean
}

export interface AccountSecrets {
  readonly password?: string
  /** Of the application credential. */
  readonly secret?: string
}

export const EMPTY_ACCOUNT: AccountFields = {
  authUrl: '',
  authType: 'application_credential',
  user: '',
  userBy: 'name',
  userDomain: 'Default',
  userDomainBy: 'name',
  scope: 'project',
  project: '',
  projectBy: 'name',
  projectDomain: 'Default',
  projectDomainBy: 'name',
  applicationCredential: '',
  applicationCredentialBy: 'id',
  region: '',
  interface: 'public',
  networkEndpoint: '',
  allProjects: false,
}

/** Reads a node's configuration; what is absent or of another type is as in {@link EMPTY_ACCOUNT}. */
export function accountFields(config: object): AccountFields {
  const given = config as Record<string, unknown>
  const text = (name: keyof AccountFields) => {
    const value = given[name]
    return typeof value === 'string' ? value.trim() : String(EMPTY_ACCOUNT[name])
  }
  const oneOf = <T extends string>(name: keyof AccountFields, allowed: readonly T[], otherwise: T): T =>
    allowed.find((value) => value === given[name]) ?? otherwise
  const nameOrId = (name: keyof AccountFields) => oneOf(name, ['name', 'id'], EMPTY_ACCOUNT[name] as NameKind)
  return {
    authUrl: text('authUrl'),
    authType: oneOf('authType', ['password', 'application_credential'], EMPTY_ACCOUNT.authType),
    user: text('user'),
    userBy: nameOrId('userBy'),
    userDomain: text('userDomain'),
    userDomainBy: nameOrId('userDomainBy'),
    scope: oneOf('scope', ['project', 'system', 'default'], EMPTY_ACCOUNT.scope),
    project: text('project'),
    projectBy: nameOrId('projectBy'),
    projectDomain: text('projectDomain'),
    projectDomainBy: nameOrId('projectDomainBy'),
    applicationCredential: text('applicationCredential'),
    applicationCredentialBy: nameOrId('applicationCredentialBy'),
    region: text('region'),
    interface: oneOf('interface', ['public', 'internal', 'admin'], EMPTY_ACCOUNT.interface),
    networkEndpoint: text('networkEndpoint'),
    allProjects: given['allProjects'] === true,
  }
}

/** @throws KEYSTONE_CONFIGURATION, naming what is missing */
export function authOf(fields: AccountFields, secrets: AccountSecrets): KeystoneAuth {
  const user = () =>
    named('user', fields.user, fields.userBy, () => nameOrId('user domain', fields.userDomain, fields.userDomainBy))
  if (fields.authType === 'application_credential') {
    const value = required('application credential', fields.applicationCredential)
    const credential = fields.applicationCredentialBy === 'id' ? { id: value } : { name: value, user: user() }
    return { method: 'application_credential', credential, secret: required('secret', secrets.secret) }
  }
  const login = { method: 'password', user: user(), password: required('password', secrets.password) } as const
  if (fields.scope === 'default') return login
  if (fields.scope === 'system') return { ...login, scope: { system: 'all' } }
  const project = named('project', fields.project, fields.projectBy, () =>
    nameOrId('project domain', fields.projectDomain, fields.projectDomainBy),
  )
  return { ...login, scope: { project } }
}

function named(what: string, value: string, by: NameKind, domain: () => NameOrId): NamedInDomain {
  const text = required(what, value)
  return by === 'id' ? { id: text } : { name: text, domain: domain() }
}

function nameOrId(what: string, value: string, by: NameKind): NameOrId {
  const text = required(what, value)
  return by === 'id' ? { id: text } : { name: text }
}

function required(what: string, value: string | undefined): string {
  // Secrets are taken as they are: a blank at the end may belong to them.
  if (value !== undefined && value.trim() !== '') return what === 'password' || what === 'secret' ? value : value.trim()
  throw new OpenStackError('KEYSTONE_CONFIGURATION', `The account has no ${what}.`, {
    retryable: true,
    remedy: 'Open the account node and fill it in.',
  })
}
