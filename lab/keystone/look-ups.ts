import { json, type LabReply, type LabRequest } from '../http/exchange'
import { domainDocument, projectDocument, userDocument } from './documents'
import { forbidden, KeystoneFailure } from './failure'
import type { Identity } from './identity'
import type { Token } from './model'
import { readsDomain, seesAll } from './rights'

/** Projects, users and domains as the caller may see them. Whoever may not see a thing learns nothing of its existence. */
export interface LookUps {
  projects(caller: Token, id: string | undefined, request: LabRequest): LabReply
  users(caller: Token, id: string | undefined, request: LabRequest): LabReply
  domains(caller: Token, id: string | undefined, request: LabRequest): LabReply
  /** `/v3/auth/projects`, `/v3/auth/domains`, `/v3/auth/system`: where the caller could get a token for. */
  own(caller: Token, what: string, request: LabRequest): LabReply | undefined
}

export function lookUps(identity: Identity): LookUps {
  return {
    projects(caller, id, request) {
      const { query, origin } = request
      const all = seesAll(caller)
      const within = readsDomain(caller)
      if (id === undefined) {
        if (!all && within === undefined) throw forbidden('identity:list_projects')
        const name = query.get('name')
        const domain = query.get('domain_id') ?? query.get('parent_id')
        const enabled = query.get('enabled')
        const found = identity.projects
          .filter((project) => all || project.domain.id === within)
          .filter((project) => name === null || project.name === name)
          .filter((project) => domain === null || project.domain.id === domain)
          .filter((project) => enabled === null || (project.enabled !== false) === !/^(false|0)$/i.test(enabled))
        return list(
          'projects',
          found.map((each) => projectDocument(each, origin)),
          request,
        )
      }
      const project = identity.projects.find((each) => each.id === id)
      const may = all || caller.project?.id === id || (within !== undefined && project?.domain.id === within)
      if (!may) throw forbidden('identity:get_project')
      if (project === undefined) throw new KeystoneFailure(404, `Could not find project: ${id}.`)
      return json(200, { project: projectDocument(project, origin) })
    },

    users(caller, id, request) {
      const { query, origin } = request
      const all = seesAll(caller)
      const within = readsDomain(caller)
      if (id === undefined) {
        if (!all && within === undefined) throw forbidden('identity:list_users')
        const name = query.get('name')
        const domain = query.get('domain_id')
        const found = identity.users
          .filter((user) => all || user.domain.id === within)
          .filter((user) => name === null || user.name === name)
          .filter((user) => domain === null || user.domain.id === domain)
        return list(
          'users',
          found.map((each) => userDocument(each, origin)),
          request,
        )
      }
      const user = identity.users.find((each) => each.id === id)
      const may = all || caller.user.id === id || (within !== undefined && user?.domain.id === within)
      if (!may) throw forbidden('identity:get_user')
      if (user === undefined) throw new KeystoneFailure(404, `Could not find user: ${id}.`)
      return json(200, { user: userDocument(user, origin) })
    },

    domains(caller, id, request) {
      const { query, origin } = request
      if (id === undefined) {
        if (!seesAll(caller)) throw forbidden('identity:list_domains')
        const name = query.get('name')
        const found = identity.domains.filter((domain) => name === null || domain.name === name)
        return list(
          'domains',
          found.map((each) => domainDocument(each, origin)),
          request,
        )
      }
      const { scope } = caller
      const own =
        scope.kind === 'project' ? scope.project.domain.id : scope.kind === 'domain' ? scope.domain.id : undefined
      if (!seesAll(caller) && own !== id) throw forbidden('identity:get_domain')
      const domain = identity.domain(id)
      if (domain === undefined) throw new KeystoneFailure(404, `Could not find domain: ${id}.`)
      return json(200, { domain: domainDocument(domain, origin) })
    },

    own({ user }, what, request) {
      const { origin } = request
      const held = (roles: readonly string[] | undefined) => roles !== undefined && roles.length > 0
      if (what === 'projects') {
        const own = identity.projects.filter(({ id }) => held(user.roles[id]))
        return list(
          'projects',
          own.map((each) => projectDocument(each, origin)),
          request,
        )
      }
      if (what === 'domains') {
        const own = identity.domains.filter(({ id }) => held(user.domainRoles?.[id]))
        return list(
          'domains',
          own.map((each) => domainDocument(each, origin)),
          request,
        )
      }
      if (what !== 'system') return undefined
      const system = held(user.systemRoles) ? [{ all: true }] : []
      return json(200, { system, links: { self: `${origin}/v3/auth/system` } })
    },
  }
}

function list(key: string, members: readonly unknown[], request: LabRequest): LabReply {
  return json(200, { [key]: members, links: { next: null, self: request.origin + request.target, previous: null } })
}
