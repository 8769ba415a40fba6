import type { NamedInDomain, NameOrId } from '../../openstack/auth'
import { isRecord } from '../../openstack/openstack-error'

/** What a person typed. Where a domain is left empty, the name beside it is an id. */
export interface Credentials {
  readonly user: NamedInDomain
  readonly password: string
  /** Absent: the user's default project. */
  readonly scope?: { readonly project: NamedInDomain } | { readonly domain: NameOrId }
}

/** Longer ones are nobody's: Keystone itself cuts user names at 255 and refuses longer passwords than 4096. */
const LONGEST = 4096

/** The form as the page sends it, or a sentence about what is missing. */
export function decodeCredentials(body: unknown): Credentials | string {
  if (!isRecord(body)) return 'The log-in is not a JSON object.'
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string') return `The field ${JSON.stringify(name.slice(0, 40))} is not a text.`
    if (value.length > LONGEST)
      return `The field ${JSON.stringify(name.slice(0, 40))} is longer than ${LONGEST} characters.`
  }
  const text = (name: string) => String(body[name] ?? '').trim()
  const user = text('user')
  // As it was typed: a blank at the end may belong to it.
  const password = String(body['password'] ?? '')
  if (user === '') return 'Enter a user name.'
  if (password === '') return 'Enter a password.'
  const login = { user: named(user, text('userDomain')), password }
  switch (text('scope')) {
    case '':
      return login
    case 'project': {
      const project = text('project')
      if (project === '') return 'Enter a project.'
      return { ...login, scope: { project: named(project, text('projectDomain')) } }
    }
    case 'domain': {
      const domain = text('domain')
      if (domain === '') return 'Enter a domain.'
      return { ...login, scope: { domain: { name: domain } } }
    }
    default:
      return 'The scope is neither a project nor a domain.'
  }
}

function named(value: string, domain: string): NamedInDomain {
  return domain === '' ? { id: value } : { name: value, domain: { name: domain } }
}

/** The body of `POST /v3/auth/tokens`. */
export function credentialsBody({ user, password, scope }: Credentials): string {
  return JSON.stringify({
    auth: {
      identity: { methods: ['password'], password: { user: { ...user, password } } },
      ...(scope === undefined ? {} : { scope }),
    },
  })
}
