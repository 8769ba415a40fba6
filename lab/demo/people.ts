import type { Domain, IdentitySeed, Project, User } from '../keystone/model'

/** The second one is a reseller's, whose people are in it too. */
export const demoDomains = {
  default: { id: 'default', name: 'Default', description: 'The default domain' },
  partner: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8d1', name: 'partner' },
} satisfies Record<string, Domain>

const { default: domain, partner } = demoDomains

/** Customers of the demo cloud, and the operators' own projects. Ids are fixed, so that flows and tests can name them. */
export const demoProjects = {
  shop: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8f1', name: 'shop', domain },
  archive: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8f2', name: 'archive', domain },
  admin: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8f0', name: 'admin', domain },
  /** In the partner's domain. */
  depot: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8f3', name: 'depot', domain: partner },
  /** Whoever has a token for it may read the audit events of all projects; no role `admin` is needed for that. */
  cloudAdmin: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8f4', name: 'cloud-admin', domain },
  /** Where services have their accounts. */
  service: { id: '5a0b1c2d3e4f40718293a4b5c6d7e8f5', name: 'service', domain },
} satisfies Record<string, Project>

const user = (digit: string, name: string, project: Project, roles: readonly string[]): User => ({
  id: `7c11d90be5a84f2fb6c03d5e9f10a2b${digit}`,
  name,
  domain: project.domain,
  // No secrets: everything here listens on loopback only and is printed at the start.
  password: `${name}-pocket`,
  defaultProjectId: project.id,
  roles: { [project.id]: roles },
})

export const demoUsers = {
  admin: user('0', 'admin', demoProjects.admin, ['reader', 'admin', 'member']),
  alice: user('1', 'alice', demoProjects.shop, ['reader', 'member']),
  bob: user('2', 'bob', demoProjects.archive, ['reader', 'member']),
  /** Read the audit events of one project each. */
  vera: user('3', 'vera', demoProjects.shop, ['audit_viewer']),
  viktor: user('4', 'viktor', demoProjects.depot, ['audit_viewer']),
  /** Reads those of the partner's domain, and may change its audit settings. Without a scope the token is for nothing. */
  dora: {
    ...user('5', 'dora', demoProjects.depot, []),
    defaultProjectId: undefined,
    roles: {},
    domainRoles: { [partner.id]: ['audit_viewer', 'audit_admin'] },
  },
  /** Reads those of all projects, and holds a role on the system, for which there is nothing to read. */
  olga: { ...user('6', 'olga', demoProjects.cloudAdmin, ['audit_viewer']), systemRoles: ['reader'] },
  /** The audit API's own account: may validate other people's tokens and nothing else. */
  audit: user('7', 'audit', demoProjects.service, ['service']),
} satisfies Record<string, User>

/** What the palette logs in with: an administrator's, as a member would see the own project's ports only. */
export const demoApplicationCredential = {
  id: '9f3e5d7c1b2a40688f6e4d2c0b1a3958',
  name: 'openstack-events',
  secret: 'openstack-events-pocket',
  description: 'Read access for the port lookup',
  userId: demoUsers.admin.id,
  projectId: demoProjects.admin.id,
  roles: ['reader', 'admin', 'member'],
  unrestricted: null,
  expiresAt: null,
} as const

export const demoIdentity: IdentitySeed = {
  domains: Object.values(demoDomains),
  projects: Object.values(demoProjects),
  users: Object.values(demoUsers),
  roles: [
    { id: 'f5783a9adcca43a39c0cf59df28ddb00', name: 'reader' },
    { id: '4688c74db2b24e0487d266f34d3e6a5b', name: 'admin' },
    { id: 'c2dd9426ce8640788f8dc1df8800830c', name: 'member' },
    { id: '1bf3e1a2f82a440ba9bf6a44f7838a45', name: 'service' },
    { id: '000c1297bb1c41798c50d05e1c22845b', name: 'audit_viewer' },
    { id: '000c1297bb1c41798c50d05e1c22845c', name: 'audit_admin' },
  ],
  applicationCredentials: [demoApplicationCredential],
}
