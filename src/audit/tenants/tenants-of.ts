import { isKnown } from '../../cadf/identity'
import { isProject, targetDomain, targetProject } from '../record/attributes-of'
import { type Fields, resourceOf } from '../record/resources'
import { ALL_RULES, type TenantRule } from './rules'

/**
 * The projects and domains that may see an event, each once, by the rules of docs/audit-tenants.md. None: nobody but
 * administrators of the cloud.
 * @param added what look-ups filled in, by dotted path
 */
export function tenantsOf(
  event: Fields,
  added: Readonly<Record<string, string>> = {},
  rules: ReadonlySet<TenantRule> = ALL_RULES,
): readonly string[] {
  const tenants = new Set<string>()
  const file = (rule: TenantRule, tenant: unknown) => {
    if (rules.has(rule) && isTenant(tenant)) tenants.add(tenant)
  }
  const initiator = resourceOf(event, 'initiator')
  const actingProject = known(initiator['project_id'])
  const project = targetProject(event)
  const ofProject = isProject(event)
  file('acting-project', actingProject)
  file('target-project', project)
  if (actingProject === undefined && (project === undefined || ofProject)) {
    const actingDomain = known(initiator['domain_id'])
    if (actingDomain !== undefined) file('acting-domain', actingDomain)
    else file('home-domain', added['initiator.domain_id'])
  }
  const domain = targetDomain(event) ?? known(added['target.domain_id'])
  if (ofProject) file('domain-of-project', domain)
  else if (project === undefined) file('target-domain', domain)
  return [...tenants]
}

function known(value: unknown): string | undefined {
  return isKnown(value) ? value : undefined
}

/** Ids of Keystone's, as they stand in tokens. What else stands in such a place (a list, a pattern, a sentence) is nobody's id. */
function isTenant(value: unknown): value is string {
  return isKnown(value) && ID.test(value)
}
const ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,254}$/
