import type { CadfEvent, CadfResource } from '../cadf/event'
import { isKnown } from '../cadf/identity'
import type { ExposedAddress, SecurityGroupRule } from '../exposure/model'

const VERBS: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  read: 'read',
  configure: 'configured',
  enable: 'enabled',
  disable: 'disabled',
  start: 'started',
  stop: 'stopped',
  deploy: 'deployed',
  undeploy: 'undeployed',
  authenticate: 'logged in',
  renew: 'renewed',
  revoke: 'revoked',
  restore: 'restored',
  evaluate: 'evaluated',
  allow: 'allowed',
  deny: 'was denied',
  backup: 'backed up',
  capture: 'captured',
  monitor: 'reported on',
  send: 'sent',
  receive: 'received',
  notify: 'notified of',
}

/** The first word of an action in any spelling: `create` of `create`, `create/project`, `created.project`. */
function rootOf(action: string): string {
  const first = action.split(/[/.]/, 1)[0] ?? ''
  if (Object.hasOwn(VERBS, first)) return first
  const infinitive = Object.keys(VERBS).find((verb) => VERBS[verb] === first)
  return infinitive ?? ''
}

/** Who acted, by the best name there is; undefined where the event does not tell. */
export function whoOf(event: CadfEvent): string | undefined {
  const { initiator } = event
  const names = [initiator.name, initiator.username, initiator['user_name'], initiator.user_id, initiator.id]
  const name = names.find(isKnown)
  if (name === undefined) return undefined
  const domain = isKnown(initiator.domain) ? initiator.domain : initiator.domain_name
  return isKnown(domain) && !name.includes('@') ? `${name} (${domain})` : name
}

export function fromOf(event: CadfEvent): string | undefined {
  const { host } = event.initiator
  return isKnown(host?.address) ? host.address : undefined
}

/** `security group rule ssh-in`, `project 0123`: the last word of the type and the best name. */
export function thingOf(resource: CadfResource): string {
  const kind = kindOf(resource.typeURI)
  const name = [resource.name, resource.id].find(isKnown)
  if (name === undefined) return kind
  return kind === '' ? name : `${kind} ${name}`
}

function kindOf(typeURI: unknown): string {
  if (!isKnown(typeURI)) return ''
  const last = typeURI.split('/').at(-1) ?? ''
  return last.replace(/[-_]/g, ' ')
}

/** One sentence without a full stop: who did what to what, and that it failed if it did. */
export function sentenceOf(event: CadfEvent): string {
  const who = whoOf(event) ?? 'Somebody'
  const root = rootOf(event.action)
  const failed = event.outcome === 'failure'
  if (root === 'authenticate') return `${who} ${failed ? 'failed to log in' : 'logged in'}`
  const verb = VERBS[root] ?? `did ${event.action} to`
  const what = thingOf(event.target)
  const object = what === '' ? 'something unnamed' : what
  return failed ? `${who} failed: ${event.action} ${object}` : `${who} ${verb} ${object}`
}

/** `tcp 22 from 0.0.0.0/0`. */
export function ruleText(rule: SecurityGroupRule): string {
  const from = rule.port_range_min
  const to = rule.port_range_max
  const ports = from === null || from === undefined ? '' : from === to || to === null ? ` ${from}` : ` ${from}-${to}`
  const everywhere = rule.ethertype === 'IPv6' ? '::/0' : '0.0.0.0/0'
  const remote = rule.remote_ip_prefix ?? rule.remote_group_id ?? rule.remote_address_group_id ?? everywhere
  return `${rule.protocol ?? 'any protocol'}${ports} ${rule.direction === 'egress' ? 'to' : 'from'} ${remote}`
}

const SHOWN_ADDRESSES = 20

/** Addresses in a row, those that the Internet can reach first; a long list is cut and says so. */
export function addressesText(addresses: readonly ExposedAddress[]): string {
  const sorted = [...addresses].sort((a, b) => Number(b.global) - Number(a.global)).map(({ address }) => address)
  const more = sorted.length - SHOWN_ADDRESSES
  return sorted.slice(0, SHOWN_ADDRESSES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
