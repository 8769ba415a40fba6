import { asObject, parseJson } from '../decode'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import type { SecurityGroup } from '../neutron/model'
import type { NeutronWorld } from '../neutron/world'
import { call } from './client'
import { demoProjects, demoUsers } from './people'

export interface DemoOptions {
  readonly world: NeutronWorld
  readonly keystone: () => string
  readonly neutron: () => string
  readonly ca: string | undefined
}

/** What one would rather not find open to the Internet; opened one after the other when no port is asked for. */
const tempting = [3389, 22, 5432, 6379, 9200, 27017, 3306, 5900, 8080, 11211]

/**
 * One line of curl that changes the cloud: what a person does with a login at Keystone and a call to Neutron, done here
 * by the demo's own customer over the same HTTP.
 */
export function demoService({ world, keystone, neutron, ca }: DemoOptions): LabHandler {
  /** Rules that were made here, in order. */
  const opened: string[] = []
  return async (request) => {
    if (request.method === 'POST' && request.path === '/demo/open-port') return openPort(request)
    if (request.method === 'POST' && request.path === '/demo/close-port') return closePort(request)
    if (request.method === 'POST' && request.path === '/demo/failed-login') return failedLogin(request)
    return json(200, {
      'POST /demo/open-port': { group: 'web', port: 3389, protocol: 'tcp', from: '0.0.0.0/0' },
      'POST /demo/failed-login': { user: 'alice' },
      'POST /demo/close-port': { group: 'web', port: 'the one that was opened last' },
      groups: [...world.securityGroups.values()].map((group) => ({ name: group.name, id: group.id })),
    })
  }

  async function openPort(request: LabRequest): Promise<LabReply> {
    const wanted = asObject(parseJson(request.body)) ?? {}
    const group = groupNamed(wanted['group'] ?? 'web')
    if (group === undefined) return json(404, { error: `There is no group "${String(wanted['group'])}".` })
    const port = wanted['port'] ?? unusedPort(group)
    const from = String(wanted['from'] ?? '0.0.0.0/0')
    const rule = {
      security_group_id: group.id,
      direction: 'ingress',
      ethertype: from.includes(':') ? 'IPv6' : 'IPv4',
      protocol: wanted['protocol'] ?? 'tcp',
      port_range_min: port,
      port_range_max: port,
      remote_ip_prefix: from,
    }
    const answer = await call('POST', `${neutron()}/v2.0/security-group-rules`, {
      headers: { 'x-auth-token': await token(group) },
      body: { security_group_rule: rule },
      ca,
    })
    if (answer.status !== 201) return json(answer.status, answer.body)
    const made = asObject(asObject(answer.body)?.['security_group_rule'])
    opened.push(String(made?.['id']))
    return json(201, {
      opened: `${String(rule.protocol)} port ${String(port)} of group ${group.name} to ${from}`,
      addresses: addressesOf(group),
      rule: made,
    })
  }

  async function closePort(request: LabRequest): Promise<LabReply> {
    const wanted = asObject(parseJson(request.body)) ?? {}
    const group = groupNamed(wanted['group'] ?? 'web')
    if (group === undefined) return json(404, { error: `There is no group "${String(wanted['group'])}".` })
    const open = world.rulesOf(group.id).filter((each) => each.direction === 'ingress' && each.port_range_min !== null)
    const rule =
      wanted['port'] === undefined
        ? open.find((each) => each.id === opened.findLast((id) => open.some((rule) => rule.id === id)))
        : open.find((each) => each.port_range_min === Number(wanted['port']))
    if (rule === undefined) {
      const which = wanted['port'] === undefined ? 'was opened here' : `is for port ${String(wanted['port'])}`
      return json(404, { error: `No rule of group ${group.name} ${which}.` })
    }
    const url = `${neutron()}/v2.0/security-group-rules/${rule.id}`
    const answer = await call('DELETE', url, { headers: { 'x-auth-token': await token(group) }, ca })
    if (answer.status !== 204) return json(answer.status, answer.body)
    return json(200, { closed: `${rule.protocol} port ${rule.port_range_min} of group ${group.name}`, rule: rule.id })
  }

  /** Somebody tries a password that is wrong. */
  async function failedLogin(request: LabRequest): Promise<LabReply> {
    const name = String(asObject(parseJson(request.body))?.['user'] ?? 'alice')
    const user = { name, password: 'a password that is wrong', domain: { id: 'default' } }
    const { status } = await call('POST', `${keystone()}/auth/tokens`, {
      body: { auth: { identity: { methods: ['password'], password: { user } } } },
      ca,
    })
    return json(200, { tried: name, answer: status })
  }

  /** The customer who owns the group logs in. */
  async function token(group: SecurityGroup): Promise<string> {
    const { name, password } = group.project_id === demoProjects.archive.id ? demoUsers.bob : demoUsers.alice
    const user = { name, password, domain: { id: 'default' } }
    const answer = await call('POST', `${keystone()}/auth/tokens`, {
      body: { auth: { identity: { methods: ['password'], password: { user } } } },
      ca,
    })
    return String(answer.headers['x-subject-token'])
  }

  function groupNamed(name: unknown): SecurityGroup | undefined {
    return [...world.securityGroups.values()].find((group) => group.name === name || group.id === name)
  }

  function unusedPort(group: SecurityGroup): number {
    const open = new Set(world.rulesOf(group.id).map((rule) => rule.port_range_min))
    const free = tempting.find((port) => !open.has(port))
    if (free !== undefined) return free
    let next = 20_000
    while (open.has(next)) next++
    return next
  }

  function addressesOf(group: SecurityGroup): unknown[] {
    const ports = [...world.ports.values()].filter((port) => port.security_groups.includes(group.id))
    return ports.map((port) => ({
      server: port.name,
      fixed: port.fixed_ips.map((fixed) => fixed.ip_address),
      floating: [...world.floatingips.values()]
        .filter((floating) => floating.port_id === port.id)
        .map((floating) => floating.floating_ip_address),
    }))
  }
}
