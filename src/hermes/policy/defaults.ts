/** Which project's tokens see all projects of the cloud; none where the name is empty. */
export interface CloudAdminProject {
  readonly name: string
  readonly domain: string
}

/**
 * The rules as Hermes ships them, by the same names, and those of what this package adds. `cluster_viewer` differs from cloud
 * to cloud: it is the tokens of one project, which the operator names.
 */
export function defaultRules(admins: CloudAdminProject): Readonly<Record<string, string>> {
  return {
    project_scope: 'project_id:%(project_id)s',
    domain_scope: 'domain_id:%(domain_id)s',
    project_viewer: 'rule:project_scope and role:audit_viewer',
    domain_viewer: 'rule:domain_scope and role:audit_viewer',
    project_admin: 'rule:project_scope and role:audit_admin',
    domain_admin: 'rule:domain_scope and role:audit_admin',
    cluster_viewer: clusterViewer(admins),
    cluster_admin: 'rule:cluster_viewer and role:audit_admin',
    'event:list': 'rule:project_viewer or rule:domain_viewer or rule:cluster_viewer',
    'event:show': 'rule:project_viewer or rule:domain_viewer or rule:cluster_viewer',
    'event:export': 'rule:event:list',
    'audit:show': 'rule:event:list or rule:project_admin or rule:domain_admin',
    'audit:update': 'rule:project_admin or rule:domain_admin or rule:cluster_admin',
    'audit:disable': 'rule:cluster_admin',
    'audit:retention': 'rule:cluster_admin',
    'trail:verify': 'rule:cluster_viewer',
  }
}

function clusterViewer({ name, domain }: CloudAdminProject): string {
  if (name.trim() === '') return '!'
  return `project_name:${literal(name.trim())} and project_domain_name:${literal(domain.trim() || 'Default')}`
}

/** Names may have blanks and parentheses. */
function literal(name: string): string {
  return name.includes("'") ? `"${name.replaceAll('"', '')}"` : `'${name}'`
}
