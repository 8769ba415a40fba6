/** What Keystone knows. Ids of people and projects are 32 hexadecimal digits, as Keystone's own are. */
export interface Domain {
  readonly id: string
  readonly name: string
  /** Absent: yes. */
  enabled?: boolean
  readonly description?: string
}

export interface Project {
  readonly id: string
  name: string
  readonly domain: Domain
  /** Absent: empty. */
  description?: string
  /** Absent: yes. */
  enabled?: boolean
}

export interface Role {
  readonly id: string
  readonly name: string
}

export interface User {
  readonly id: string
  name: string
  readonly domain: Domain
  password: string
  /** Absent: yes. */
  enabled?: boolean
  readonly defaultProjectId?: string | undefined
  /** Names of roles by project id. */
  roles: Readonly<Record<string, readonly string[]>>
  /** The same by domain id; absent: none. */
  domainRoles?: Readonly<Record<string, readonly string[]>>
  /** Names of roles on the whole system; absent: none. */
  systemRoles?: readonly string[]
}

/** What a token is for: a project, a domain, the whole system, or nothing (`unscoped`). */
export type TokenScope =
  | { readonly kind: 'project'; readonly project: Project }
  | { readonly kind: 'domain'; readonly domain: Domain }
  | { readonly kind: 'system' }
  | { readonly kind: 'unscoped' }

export interface ApplicationCredential {
  readonly id: string
  readonly name: string
  readonly secret: string
  readonly description: string | null
  readonly userId: string
  readonly projectId: string
  readonly roles: readonly string[]
  readonly unrestricted: boolean | null
  /** null: never */
  readonly expiresAt: Date | null
}

export interface Endpoint {
  readonly id: string
  readonly interface: 'public' | 'internal' | 'admin'
  readonly region: string
  readonly url: string
}

export interface CatalogService {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly endpoints: readonly Endpoint[]
}

export interface Token {
  readonly value: string
  readonly methods: readonly string[]
  readonly user: User
  readonly scope: TokenScope
  /** Of the scope, where it is one. */
  readonly project: Project | undefined
  /** A role that is granted later shows in tokens that are there already, as Keystone reads roles when it validates. */
  roles: readonly Role[]
  readonly auditId: string
  readonly issuedAt: Date
  readonly expiresAt: Date
  readonly applicationCredential?: ApplicationCredential
}

export interface IdentitySeed {
  /** Besides those that the projects and users name. */
  readonly domains?: readonly Domain[]
  readonly projects: readonly Project[]
  readonly users: readonly User[]
  readonly roles: readonly Role[]
  readonly applicationCredentials: readonly ApplicationCredential[]
}
