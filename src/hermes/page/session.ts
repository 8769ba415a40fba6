import type { TokenFacts } from '../../openstack/token-facts'

/** What the page is told of a token, to show whom it works for. */
export interface Session {
  readonly user: { readonly id: string; readonly name: string; readonly domain: string }
  readonly scope:
    | { readonly kind: 'project'; readonly id: string; readonly name: string; readonly domain: string }
    | { readonly kind: 'domain'; readonly id: string; readonly name: string }
    | { readonly kind: 'system' | 'unscoped' }
  readonly roles: readonly string[]
  /** ISO 8601, by this machine's clock. */
  readonly expiresAt: string
}

export function sessionOf(facts: TokenFacts): Session {
  const { projectId, domainId } = facts
  return {
    user: { id: facts.userId, name: facts.userName ?? '', domain: facts.userDomainName ?? '' },
    scope:
      projectId !== undefined
        ? { kind: 'project', id: projectId, name: facts.projectName ?? '', domain: facts.projectDomainName ?? '' }
        : domainId !== undefined
          ? { kind: 'domain', id: domainId, name: facts.domainName ?? '' }
          : { kind: facts.system ? 'system' : 'unscoped' },
    roles: facts.roles,
    expiresAt: new Date(facts.expiresAt).toISOString(),
  }
}
