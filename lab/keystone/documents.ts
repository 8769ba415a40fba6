import { isoMicroseconds } from '../clock'
import type { CatalogService, Domain, Project, Token, User } from './model'

/** The body of a token answer; key order as recorded. */
export function tokenDocument(token: Token, catalog: readonly CatalogService[] | undefined): unknown {
  const { scope, applicationCredential: credential } = token
  return {
    token: {
      methods: token.methods,
      user: {
        domain: named(token.user.domain),
        id: token.user.id,
        name: token.user.name,
        password_expires_at: null,
      },
      audit_ids: [token.auditId],
      expires_at: isoMicroseconds(token.expiresAt),
      issued_at: isoMicroseconds(token.issuedAt),
      ...(scope.kind === 'project' && {
        project: { domain: named(scope.project.domain), id: scope.project.id, name: scope.project.name },
        is_domain: false,
      }),
      ...(scope.kind === 'domain' && { domain: named(scope.domain) }),
      ...(scope.kind !== 'unscoped' && { roles: token.roles.map(({ id, name }) => ({ id, name })) }),
      ...(scope.kind === 'system' && { system: { all: true } }),
      ...(scope.kind !== 'unscoped' && catalog !== undefined && { catalog: catalog.map(catalogDocument) }),
      ...(credential !== undefined && {
        application_credential: {
          id: credential.id,
          name: credential.name,
          restricted: credential.unrestricted !== true,
        },
      }),
    },
  }
}

export function catalogDocument(service: CatalogService): unknown {
  return {
    endpoints: service.endpoints.map((endpoint) => ({
      id: endpoint.id,
      interface: endpoint.interface,
      region_id: endpoint.region,
      url: endpoint.url,
      region: endpoint.region,
    })),
    id: service.id,
    type: service.type,
    name: service.name,
  }
}

export function versionDocument(origin: string): unknown {
  return {
    id: 'v3.14',
    status: 'stable',
    updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${origin}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  }
}

/** As Keystone shows it; no page is ever made of projects, as by Keystone before paging came to it. */
export function projectDocument(project: Project, origin: string): unknown {
  return {
    id: project.id,
    name: project.name,
    domain_id: project.domain.id,
    description: project.description ?? '',
    enabled: project.enabled !== false,
    parent_id: project.domain.id,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${origin}/v3/projects/${project.id}` },
  }
}

export function domainDocument(domain: Domain, origin: string): unknown {
  return {
    id: domain.id,
    name: domain.name,
    description: domain.description ?? '',
    enabled: domain.enabled !== false,
    tags: [],
    options: {},
    links: { self: `${origin}/v3/domains/${domain.id}` },
  }
}

export function userDocument(user: User, origin: string): unknown {
  return {
    id: user.id,
    name: user.name,
    domain_id: user.domain.id,
    enabled: user.enabled !== false,
    ...(user.defaultProjectId !== undefined && { default_project_id: user.defaultProjectId }),
    password_expires_at: null,
    options: {},
    links: { self: `${origin}/v3/users/${user.id}` },
  }
}

function named({ id, name }: Domain): unknown {
  return { id, name }
}
