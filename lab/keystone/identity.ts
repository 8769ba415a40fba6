import { randomBytes } from 'node:crypto'
import type { LabClock } from '../clock'
import { KeystoneFailure, unauthorized } from './failure'
import type { ApplicationCredential, IdentitySeed, Project, Role, Token, User } from './model'

export interface IdentityOptions {
  readonly clock: LabClock
  readonly seed: IdentitySeed
  /** Seconds that a token lives; Keystone's default is 3600. */
  readonly tokenLifetimeSeconds: number
}

/** People, projects, application credentials and tokens: Keystone's state, without its HTTP. */
export class Identity {
  readonly projects: Project[]
  readonly users: User[]
  readonly roles: Role[]
  readonly applicationCredentials: ApplicationCredential[]
  /** Applies to tokens issued from now on. */
  tokenLifetimeSeconds: number
  readonly #clock: LabClock
  readonly #tokens = new Map<string, Token>()

  constructor({ clock, seed, tokenLifetimeSeconds }: IdentityOptions) {
    this.#clock = clock
    this.projects = seed.projects.map((project) => ({ ...project }))
    this.users = seed.users.map((user) => ({ ...user }))
    this.roles = [...seed.roles]
    this.applicationCredentials = [...seed.applicationCredentials]
    this.tokenLifetimeSeconds = tokenLifetimeSeconds
  }

  /** A token for a user who has proved who they are. A user without a role on the project is refused, as by Keystone. */
  issue(options: {
    user: User
    project: Project | undefined
    methods: readonly string[]
    applicationCredential?: ApplicationCredential
    /** Rescoping does not prolong. */
    expiresAt?: Date
  }): Token {
    const { user, project, applicationCredential } = options
    const names = applicationCredential?.roles ?? (project === undefined ? [] : (user.roles[project.id] ?? []))
    if (project !== undefined && names.length === 0) throw unauthorized()
    const issuedAt = this.#clock.now()
    const token: Token = {
      value: `gAAAAA${randomBytes(120).toString('base64url')}`,
      methods: options.methods,
      user,
      project,
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
    const usable = (row: { readonly enabled?: boolean } | undefined) => row !== undefined && row.enabled !== false
    const { user, project } = token
    if (!usable(this.users.find(({ id }) => id === user.id))) return undefined
    if (project !== undefined && !usable(this.projects.find(({ id }) => id === project.id))) return undefined
    return token
  }

  /** Tokens that are good now. */
  validTokens(): Token[] {
    return [...this.#tokens.values()].filter((token) => token.expiresAt > this.#clock.now())
  }

  revoke(value: string): void {
    this.#tokens.delete(value)
  }

  revokeAll(): void {
    this.#tokens.clear()
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
      if (token.applicationCredential?.id === id) this.#tokens.delete(token.value)
    }
  }
}
