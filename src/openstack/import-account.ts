import { parseAllDocuments } from 'yaml'
import { describeError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { type AccountFields, type AccountSecrets, EMPTY_ACCOUNT } from './account'
import { isRecord, OpenStackError } from './openstack-error'

/** One account read from a text, ready for the dialog. */
export interface ImportedAccount {
  /** Name of the cloud in clouds.yaml; for variables `OS_CLOUD` or empty. */
  readonly name: string
  readonly fields: AccountFields
  readonly secrets: AccountSecrets
  /** What the text says and this account does not take over, with the reason. */
  readonly notUsed: readonly { readonly key: string; readonly reason: string }[]
}

/** Larger texts are no account files. */
const LONGEST_TEXT = 256 * 1024

/**
 * Reads a `clouds.yaml` (all its clouds; a `secure.yaml` may follow after a `---` line and is merged over it) or the `OS_*`
 * variables of an openrc file.
 * @throws KEYSTONE_CONFIGURATION if the text is neither
 */
export function importAccounts(text: string): ImportedAccount[] {
  if (text.length > LONGEST_TEXT) throw unreadable('it is too long')
  if (/^\s*(?:export\s+|set\s+)?OS_[A-Z0-9_]+\s*=/m.test(text)) return [importVariables(text)]
  return importClouds(text)
}

function importClouds(text: string): ImportedAccount[] {
  let documents: unknown[]
  try {
    documents = parseAllDocuments(text, { logLevel: 'silent' }).map((document) => {
      const [error] = document.errors
      if (error !== undefined) throw error
      return document.toJS({ maxAliasCount: 100 })
    })
  } catch (thrown) {
    // The parser's message shows the line, and with it maybe a password: only its first sentence is repeated.
    throw unreadable(quote(describeError(thrown).split(' at line')[0] ?? '', 100))
  }
  const merged = documents.filter(isRecord).reduce<Record<string, unknown>>(mergedOver, {})
  const clouds = merged['clouds']
  if (!isRecord(clouds) || Object.keys(clouds).length === 0) throw unreadable('it names no clouds and no OS_ variables')
  return Object.entries(clouds).map(([name, cloud]) => {
    const { auth, ...rest } = isRecord(cloud) ? cloud : {}
    const values = new Map<string, string>()
    for (const [key, value] of Object.entries({ ...rest, ...(isRecord(auth) ? auth : {}) })) {
      values.set(key, isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : String(value ?? ''))
    }
    return account(name, values, (key) => (isRecord(auth) && key in auth ? `auth.${key}` : key))
  })
}

function mergedOver(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key]
    merged[key] = isRecord(below) && isRecord(value) ? mergedOver(below, value) : value
  }
  return merged
}

function importVariables(text: string): ImportedAccount {
  const values = new Map<string, string>()
  const unresolved: { key: string; reason: string }[] = []
  for (const line of text.split(/\r?\n/)) {
    const [, name, raw] = /^\s*(?:export\s+|set\s+)?OS_([A-Z0-9_]+)\s*=\s*(.*?)\s*;?\s*$/.exec(line) ?? []
    if (name === undefined || raw === undefined) continue
    const [, double, single] = /^"(.*)"$|^'(.*)'$/.exec(raw) ?? []
    // Inside single quotes a dollar sign is a dollar sign.
    if (single === undefined && /\$[A-Za-z_{(]|`/.test(raw)) {
      unresolved.push({ key: `OS_${name}`, reason: 'refers to the shell; enter the value by hand' })
      continue
    }
    values.set(name.toLowerCase(), single ?? double?.replace(/\\(["$`\\])/g, '$1') ?? raw)
  }
  const name = values.get('cloud') ?? ''
  values.delete('cloud')
  const read = account(name, values, (key) => `OS_${key.toUpperCase()}`)
  return { ...read, notUsed: [...read.notUsed, ...unresolved] }
}

const REASONS: Readonly<Record<string, string>> = {
  regions: 'choose one region',
  verify: 'choose a TLS configuration node',
  insecure: 'choose a TLS configuration node',
  cacert: 'choose a TLS configuration node with this CA',
  cert: 'choose a TLS configuration node with this client certificate',
  key: 'choose a TLS configuration node with this client key',
  profile: 'profiles are not looked up; enter its address by hand',
  token: 'a ready token soon expires; use an application credential',
  domain_id: 'a domain scope cannot list ports',
  domain_name: 'a domain scope cannot list ports',
  identity_api_version: 'only v3 exists',
  volume_api_version: 'not needed here',
  image_api_version: 'not needed here',
}

function account(name: string, values: Map<string, string>, shown: (key: string) => string): ImportedAccount {
  const notUsed: { key: string; reason: string }[] = []
  const take = (...keys: string[]): string => {
    let taken = ''
    for (const key of keys) {
      const value = values.get(key)
      values.delete(key)
      if (value !== undefined && taken === '') taken = value
    }
    return taken
  }
  /** An id beats a name, as it needs no domain. */
  const nameOrId = (ids: string[], names: string[], otherwise: string) => {
    const id = take(...ids)
    const named = take(...names)
    if (id !== '') return { value: id, by: 'id' } as const
    return { value: named === '' ? otherwise : named, by: 'name' } as const
  }

  const authType = take('auth_type')
  const credential = nameOrId(['application_credential_id'], ['application_credential_name'], '')
  const byCredential = /applicationcredential/.test(authType) || (authType === '' && credential.value !== '')
  if (authType !== '' && !/^(v3)?password$|^v3applicationcredential$/.test(authType)) {
    notUsed.push({ key: shown('auth_type'), reason: `${quote(authType, 40)} is not supported; password is assumed` })
  }
  const fallbackDomain = nameOrId(['default_domain_id', 'default_domain'], ['default_domain_name'], '')
  const domain = (prefix: string) => {
    const found = nameOrId([`${prefix}_domain_id`], [`${prefix}_domain_name`], '')
    if (found.value !== '') return found
    return fallbackDomain.value !== '' ? fallbackDomain : ({ value: 'Default', by: 'name' } as const)
  }
  const user = nameOrId(['user_id'], ['username'], '')
  const userDomain = domain('user')
  const project = nameOrId(['project_id', 'tenant_id'], ['project_name', 'tenant_name'], '')
  const projectDomain = domain('project')
  const system = take('system_scope') !== ''
  const wantedInterface = take('interface', 'endpoint_type').replace(/URL$/, '')
  const fields: AccountFields = {
    ...EMPTY_ACCOUNT,
    authUrl: take('auth_url'),
    authType: byCredential ? 'application_credential' : 'password',
    user: user.value,
    userBy: user.by,
    userDomain: userDomain.value,
    userDomainBy: userDomain.by,
    scope: system ? 'system' : project.value === '' && !byCredential ? 'default' : 'project',
    project: project.value,
    projectBy: project.by,
    projectDomain: projectDomain.value,
    projectDomainBy: projectDomain.by,
    applicationCredential: credential.value,
    applicationCredentialBy: credential.value === '' ? 'id' : credential.by,
    region: take('region_name', 'region'),
    interface: wantedInterface === 'internal' || wantedInterface === 'admin' ? wantedInterface : 'public',
    networkEndpoint: take('network_endpoint_override', 'network_endpoint'),
  }
  if (/^(true|1)?$/i.test(values.get('verify') ?? '')) values.delete('verify')
  const password = take('password')
  const secret = take('application_credential_secret')
  if (byCredential && password !== '') {
    notUsed.push({ key: shown('password'), reason: 'the application credential is used instead' })
  }
  for (const key of values.keys())
    notUsed.push({ key: quote(shown(key), 60), reason: REASONS[key] ?? 'has no meaning here' })
  return {
    name,
    fields,
    secrets: {
      ...(password === '' || byCredential ? {} : { password }),
      ...(secret === '' ? {} : { secret }),
    },
    notUsed,
  }
}

function unreadable(why: string): OpenStackError {
  return new OpenStackError('KEYSTONE_CONFIGURATION', `The text cannot be read: ${why}.`, {
    remedy: 'Paste a clouds.yaml, or the lines of an openrc file.',
  })
}
