import { isKnown } from '../../cadf/identity'
import type { IdentityEntry, IdentityKind } from '../../openstack/identity-look-ups'
import { targetProject } from '../record/attributes-of'
import { type Fields, resourceOf } from '../record/resources'

/** What is known of a project, user or domain; undefined: nothing, for whatever reason. */
export type Known = (kind: IdentityKind, id: string) => IdentityEntry | undefined

/**
 * What look-ups can add to an event, by dotted path, of what is known by now. Nothing that the event says itself is there, and
 * nothing is asked for by a word that stands for not knowing, or an id that was made up.
 */
export function addedBy(event: Fields, known: Known): Readonly<Record<string, string>> {
  const added: Record<string, string> = {}
  const put = (role: 'initiator' | 'target', member: string, value: string | undefined) => {
    if (value !== undefined && !isKnown(resourceOf(event, role)[member])) added[`${role}.${member}`] = value
  }
  const ask = (kind: IdentityKind, id: unknown) => (isId(id) ? known(kind, id) : undefined)
  addInitiator(event, put, ask)
  addTarget(event, put, ask)
  return added
}

type Put = (role: 'initiator' | 'target', member: string, value: string | undefined) => void
type Ask = (kind: IdentityKind, id: unknown) => IdentityEntry | undefined

function addInitiator(event: Fields, put: Put, ask: Ask): void {
  const initiator = resourceOf(event, 'initiator')
  const project = addProject(initiator['project_id'], 'initiator', put, ask)
  const user = ask('user', userOf(event, initiator))
  if (user === undefined) return
  if (!isKnown(initiator['username']) && !isKnown(initiator['user_name'])) put('initiator', 'name', user.name)
  // As in Hermes: the domain that somebody acts in is that of the project, else his own.
  if (project === undefined && !isKnown(initiator['project_id'])) put('initiator', 'domain_id', user.domainId)
  if (!isKnown(initiator['domain'])) put('initiator', 'domain', ask('domain', user.domainId)?.name)
}

/** Keystone derives `id` from `user_id` where that is no UUID, and makes one up for who cannot be known. */
function userOf(event: Fields, initiator: Fields): unknown {
  if (isKnown(initiator['user_id'])) return initiator['user_id']
  const flags = event['flags']
  const isMadeUp = Array.isArray(flags) && flags.includes('initiator.id is random')
  const isUser = initiator['typeURI'] === 'service/security/account/user'
  return isUser && !isMadeUp ? initiator['id'] : undefined
}

function addTarget(event: Fields, put: Put, ask: Ask): void {
  const target = resourceOf(event, 'target')
  const type = target['typeURI']
  const kind = typeof type === 'string' ? IDENTITIES.get(type) : undefined
  if (kind !== undefined) {
    const entry = ask(kind, target['id'])
    put('target', 'name', entry?.name)
    if (kind !== 'domain') put('target', 'domain_id', entry?.domainId)
    return
  }
  addProject(targetProject(event), 'target', put, ask)
}
const IDENTITIES: ReadonlyMap<string, IdentityKind> = new Map([
  ['data/security/project', 'project'],
  ['data/security/account/user', 'user'],
  ['data/security/domain', 'domain'],
])

function addProject(id: unknown, role: 'initiator' | 'target', put: Put, ask: Ask): IdentityEntry | undefined {
  const project = ask('project', id)
  if (project === undefined) return undefined
  put(role, 'project_name', project.name)
  put(role, 'domain_id', project.domainId)
  put(role, 'project_domain_name', ask('domain', project.domainId)?.name)
  return project
}

/** Keystone's ids: hex digits, UUIDs, `default`. What else stands there is not asked for. */
function isId(id: unknown): id is string {
  return isKnown(id) && ID.test(id)
}
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/
