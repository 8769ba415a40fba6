/** How to log in to Keystone v3. Names need their domain; ids are unique by themselves. */
export type KeystoneAuth = PasswordAuth | ApplicationCredentialAuth

export interface PasswordAuth {
  readonly method: 'password'
  readonly user: NamedInDomain
  readonly password: string
  /** Absent: the user's default project. */
  readonly scope?: { readonly project: NamedInDomain } | { readonly system: 'all' }
}

/** Bound to one project; Keystone refuses a scope beside it. */
export interface ApplicationCredentialAuth {
  readonly method: 'application_credential'
  /** Or its name with the user that it belongs to. */
  readonly credential: { readonly id: string } | { readonly name: string; readonly user: NamedInDomain }
  readonly secret: string
}

export type NameOrId = { readonly id: string } | { readonly name: string }
export type NamedInDomain = { readonly id: string } | { readonly name: string; readonly domain: NameOrId }

/** The body of `POST /v3/auth/tokens`. */
export function loginBody(auth: KeystoneAuth): string {
  if (auth.method === 'application_credential') {
    const { credential, secret } = auth
    return JSON.stringify({
      auth: { identity: { methods: ['application_credential'], application_credential: { ...credential, secret } } },
    })
  }
  const { user, password, scope } = auth
  const scoped = scope === undefined ? {} : { scope: 'system' in scope ? { system: { all: true } } : scope }
  return JSON.stringify({
    auth: { identity: { methods: ['password'], password: { user: { ...user, password } } }, ...scoped },
  })
}

/** The texts that no log and no error may show. */
export function secretsOf(auth: KeystoneAuth): string[] {
  return [auth.method === 'password' ? auth.password : auth.secret]
}
