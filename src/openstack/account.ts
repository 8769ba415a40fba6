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
  readonly credential: string
  readonly credentialBy: NameKind
  /** Empty: any, if the catalogue has only one. */
  readonly region: string
  readonly interface: EndpointInterface
  /** Used instead of the catalogue's; empty: the catalogue's. */
  readonly networkEndpoint: string
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
  credential: '',
  credentialBy: 'id',
  region: '',
  interface: 'public',
  networkEndpoint: '',
}

/** @throws KEYSTONE_CONFIGURATION, naming what is missing */
export function authOf(fields: AccountFields, secrets: AccountSecrets): KeystoneAuth {
  const user = () =>
    named('user', fields.user, fields.userBy, () => nameOrId('user domain', fields.userDomain, fields.userDomainBy))
  if (fields.authType === 'application_credential') {
    const value = required('application credential', fields.credential)
    const credential = fields.credentialBy === 'id' ? { id: value } : { name: value, user: user() }
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
