import { randomBytes } from 'node:crypto'
import type { LabClock } from '../clock'
import { KeystoneFailure, unauthorized } from './failure'
import type { ApplicationCredential, Domain, IdentitySeed, Project, Role, Token, TokenScope, User } from './model'

/** Where a role is held. */
export type Ground = { readonly project: string } | { readonly domain: string }

export interface IdentityOptions {
  readonly clock: LabClock
  readonly seed: IdentitySeed
  /** Seconds that a token lives; Keystone's default is 3600. */
  readonly tokenLifetimeSeconds: number
}

/** People, projects, application credentials and tokens: Keystone's state, without its HTTP. */
export class Identity {
  readonly domains: Domain[]
  readonly projects: Project[]
  readonly users: User[]
  readonly roles: Role[]
  readonly applicationCredentials: ApplicationCredential[]
  /** Applies to tokens issued from now on. */
  tokenLifetimeSeconds: number
  readonly #clock: LabClock
  readonly #tokens = new Map<string, Token>()
  /** Of tokens that were issued once and are no longer good: Keystone still recognises their form. */
  readonly #ended = new Set<string>()

  constructor({ clock, seed, tokenLifetimeSeconds }: IdentityOptions) {
    this.#clock = clock
    this.projects = seed.projects.map((project) => ({ ...project }))
    this.users = seed.users.map((user) => ({ ...user }))
    const named = [...(seed.domains ?? []), ...[...seed.projects, ...seed.users].map(({ domain }) => domain)]
    this.domains = [...new Map(named.map((domain) => [domain.id, { ...domain }])).values()]
    this.roles = [...seed.roles]
    this.applicationCredentials = [...seed.applicationCredentials]
    this.tokenLifetimeSeconds = tokenLifetimeSeconds
  }

  /** A token for a user who has proved who they are. A user without a role on the project is refused, as by Keystone. */
  issue(options: {
    user: User
    scope: TokenScope
    methods: readonly string[]
    applicationCredential?: ApplicationCredential
    /** Rescoping does not prolong. */
    expiresAt?: Date
  }): Token {
    const { user, scope, applicationCredential } = options
    const names = applicationCredential?.roles ?? rolesHeld(user, scope)
    if (scope.kind !== 'unscoped' && names.length === 0) throw unauthorized()
    const issuedAt = this.#clock.now()
    const token: Token = {
      value: `gAAAAA${randomBytes(120).toString('base64url')}`,
      methods: options.methods,
      user,
      scope,
      project: scope.kind === 'project' ? scope.project : undefined,
      roles: names.map((name) => this.role(name)),
      auditId: randomBytes(16).toString('base64url'),
      issuedAt,
      expiresAt: options.expiresAt ?? new Date(issuedAt.getTime() + this.tokenLifetimeSeconds * 1000),
      ...(applicationCredential && { applicationCredential }),
    }
    this.#tokens.set(token.value, token)
    return token
  }

  /** The token if it is known, not revoked and not expired, and if its user and project are there and enabled. */
  find(value: string | undefined): Token | undefined {
    const token = value === undefined ? undefined : this.#tokens.get(value)
    if (token === undefined || token.expiresAt <= this.#clock.now()) return undefined
    if (this.hasLostItsRoles(token.value)) return undefined
    const usable = (row: { readonly enabled?: boolean } | undefined) => row !== undefined && row.enabled !== false
    const { user, scope } = token
    if (!usable(this.users.find(({ id }) => id === user.id)) || !usable(this.domain(user.domain.id))) return undefined
    if (scope.kind === 'domain' && !usable(this.domain(scope.domain.id))) return undefined
    if (scope.kind === 'project') {
      const project = this.projects.find(({ id }) => id === scope.project.id)
      if (!usable(project) || !usable(this.domain(scope.project.domain.id))) return undefined
    }
    return token
  }

  /** Whether its user has no role any more on what it is for. It comes to life again with the next role. */
  hasLostItsRoles(value: string): boolean {
    const token = this.#tokens.get(value)
    return token !== undefined && token.scope.kind !== 'unscoped' && token.roles.length === 0
  }

  /** Whether it is a token of this Keystone at all, good or not. */
  recognises(value: string): boolean {
    return this.#tokens.has(value) || this.#ended.has(value)
  }

  domain(id: string): Domain | undefined {
    return this.domains.find((domain) => domain.id === id)
  }

  /** Answers whether the user had the role there already. */
  grant(user: User, ground: Ground, role: Role): boolean {
    const held = this.#setRoles(user, ground, role.name, (others) => [...others, role.name])
    for (const token of this.#tokensOf(user, ground)) {
      if (!token.roles.some(({ name }) => name === role.name)) token.roles = [...token.roles, role]
    }
    return held
  }

  /** The user's tokens for the place lose the role too, and are good for nothing without any. Answers whether the user had it. */
  takeAway(user: User, ground: Ground, role: Role): boolean {
    const held = this.#setRoles(user, ground, role.name, (others) => others)
    for (const token of this.#tokensOf(user, ground)) token.roles = token.roles.filter(({ name }) => name !== role.name)
    return held
  }

  #setRoles(user: User, ground: Ground, name: string, change: (others: string[]) => string[]): boolean {
    const [members, id] = 'project' in ground ? [user.roles, ground.project] : [user.domainRoles ?? {}, ground.domain]
    const had = members[id] ?? []
    const roles = { ...members, [id]: change(had.filter((each) => each !== name)) }
    if ('project' in ground) user.roles = roles
    else user.domainRoles = roles
    return had.includes(name)
  }

  /** Those of application credentials keep the roles that they were made with. */
  #tokensOf(user: User, ground: Ground): Token[] {
    return [...this.#tokens.values()].filter(({ user: owner, scope, applicationCredential }) => {
      if (owner.id !== user.id || applicationCredential !== undefined) return false
      if (scope.kind === 'project') return 'project' in ground && scope.project.id === ground.project
      return scope.kind === 'domain' && 'domain' in ground && scope.domain.id === ground.domain
    })
  }

  /** Tokens that are good now. */
  validTokens(): Token[] {
    return [...this.#tokens.values()].filter((token) => token.expiresAt > this.#clock.now())
  }

  revoke(value: string): void {
    if (this.#tokens.delete(value)) this.#ended.add(value)
  }

  revokeAll(): void {
    for (const value of this.#tokens.keys()) this.revoke(value)
  }

  role(name: string): Role {
    const role = this.roles.find((each) => each.name === name)
    if (role === undefined) throw new RangeError(`The pocket cloud has no role "${name}".`)
    return role
  }

  addApplicationCredential(credential: ApplicationCredential): void {
    if (
      this.applicationCredentials.some((each) => each.userId === credential.userId && each.name === credential.name)
    ) {
      throw new KeystoneFailure(
        409,
        `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${credential.name}.`,
      )
    }
    this.applicationCredentials.push(credential)
  }

  /** With what hangs on it: roles on it, and application credentials for it. Keystone says nothing of those. */
  removeProject(id: string): void {
    this.projects.splice(0, this.projects.length, ...this.projects.filter((project) => project.id !== id))
    for (const user of this.users) {
      user.roles = Object.fromEntries(Object.entries(user.roles).filter(([project]) => project !== id))
    }
    this.#removeCredentials(({ projectId }) => projectId === id)
  }

  removeUser(id: string): void {
    this.users.splice(0, this.users.length, ...this.users.filter((user) => user.id !== id))
    this.#removeCredentials(({ userId }) => userId === id)
  }

  #removeCredentials(which: (credential: ApplicationCredential) => boolean): void {
    for (const { id } of this.applicationCredentials.filter(which)) this.removeApplicationCredential(id)
  }

  /** Deleting an application credential also ends its tokens. */
  removeApplicationCredential(id: string): void {
    const at = this.applicationCredentials.findIndex((each) => each.id === id)
    if (at < 0) throw new KeystoneFailure(404, `Could not find Application Credential: ${id}.`)
    this.applicationCredentials.splice(at, 1)
    for (const token of this.#tokens.values()) {
      if (token.applicationCredential?.id === id) this.revoke(token.value)
    }
  }
}

function rolesHeld(user: User, scope: TokenScope): readonly string[] {
  if (scope.kind === 'project') return user.roles[scope.project.id] ?? []
  if (scope.kind === 'domain') return user.domainRoles?.[scope.domain.id] ?? []
  return scope.kind === 'system' ? (user.systemRoles ?? []) : []
}
