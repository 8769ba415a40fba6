import type { Scope } from '../audit/model'
import type { TokenFacts } from '../openstack/token-facts'
import { forbidden } from './failure'
import type { Policy, Variables } from './policy/policy'

/** What a request may see. */
export type Reading =
  /** Both ids were given; Hermes' documents say that nothing is at once of a project and of a domain. */
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'tenant'
      readonly scope: Scope
      /** Id of the project or domain; `*`: all of the cloud. */
      readonly tenant: string
      /** Not the caller's own: such reads are themselves recorded. */
      readonly foreign: boolean
    }

export interface Asked {
  readonly facts: TokenFacts
  /** Of the parameters; empty: not given. */
  readonly projectId: string
  readonly domainId: string
}

/** What a policy's checks compare with: the parameters, else what the token is for. */
export function variablesOf({ facts, projectId, domainId }: Asked): Variables {
  return { project_id: projectId || facts.projectId, domain_id: domainId || facts.domainId }
}

/**
 * Whose events are read. The caller has passed the route's own rule already.
 *
 * The older documents let `domain_id` and `project_id` choose freely, the code of later years only cluster viewers and by
 * `project_id` alone. Both are honoured as far as nobody sees more than either lets him: one's own ids need no further right, a
 * domain's viewer may name the domain, and everything else needs `cluster_viewer`.
 * @throws ApiFailure 403
 */
export function readingOf(policy: Policy, cloud: string, asked: Asked): Reading {
  const { facts, projectId, domainId } = asked
  if (projectId !== '' && domainId !== '') return { kind: 'nothing' }
  const own = facts.projectId ?? facts.domainId ?? ''
  const variables = variablesOf(asked)
  const clusterViewer = () => policy.allows('cluster_viewer', facts, variables)

  if (projectId !== '') {
    if (projectId === facts.projectId) return tenant(cloud, projectId, false)
    if (!clusterViewer()) throw forbidden('NOT_YOUR_PROJECT', 'Another project than the token is for.')
    return tenant(cloud, projectId, true)
  }
  if (domainId !== '') {
    const viewer = policy.allows('domain_viewer', facts, variables)
    if (!viewer && !clusterViewer()) throw forbidden('NOT_YOUR_DOMAIN', 'Another domain than the token is for.')
    return tenant(cloud, domainId, domainId !== own)
  }
  // Never "everything": a token without project and domain names whom it wants to read.
  if (own === '') throw forbidden('NO_TENANT', 'The token is for no project and no domain.')
  return tenant(cloud, own, false)
}

/** Of what shows parts of everybody's events. */
export function readingOfAll(cloud: string): Reading {
  return tenant(cloud, '*', true)
}

function tenant(cloud: string, id: string, foreign: boolean): Reading {
  const scope: Scope = id === '*' ? { tenants: 'all', cloud } : { tenants: [id], cloud }
  return { kind: 'tenant', scope, tenant: id, foreign }
}
