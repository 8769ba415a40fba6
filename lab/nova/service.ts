import { randomUUID } from 'node:crypto'
import { isoSeconds, type LabClock } from '../clock'
import { type Caller, callerOf, isTrue, unauthenticated } from '../http/caller'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import { markerPage } from '../http/marker-pages'
import type { Identity } from '../keystone/identity'
import type { NeutronWorld } from '../neutron/world'

/** A server as Nova's database holds it; its addresses are Neutron's to tell. */
export interface Server {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly userId: string
  status: 'ACTIVE' | 'SHUTOFF'
}

export interface NovaOptions {
  readonly servers: Map<string, Server>
  readonly world: NeutronWorld
  readonly identity: Identity
  readonly clock: LabClock
  readonly keystoneOrigin: () => string
}

/** Nova's `osapi_max_limit`. */
const LARGEST_PAGE = 1000

/** Nova v2.1: servers are listed, shown and deleted, at the lowest microversion. */
export function novaService({ servers, world, identity, clock, keystoneOrigin }: NovaOptions): LabHandler {
  const started = isoSeconds(clock.now())
  return (request) => {
    const path = request.path.replace(/\/+$/, '')
    if (path === '') return versions(request)
    const caller = callerOf(identity, request)
    if (caller === undefined) return unauthenticated(keystoneOrigin())
    const requestId = { 'x-openstack-request-id': `req-${randomUUID()}`, 'openstack-api-version': 'compute 2.1' }
    const reply = answer(request, caller, path)
    return { ...reply, headers: { ...reply.headers, ...requestId } }
  }

  function answer(request: LabRequest, caller: Caller, path: string): LabReply {
    const [, version, collection, id, more] = path.split('/')
    if (version !== 'v2.1' || collection !== 'servers' || more !== undefined) {
      return fault('itemNotFound', 404, 'The resource could not be found.')
    }
    if (request.method === 'GET' && (id === undefined || id === 'detail')) return list(request, caller, id === 'detail')
    const server = servers.get(id ?? '')
    if (server === undefined || !(caller.isAdmin || server.projectId === caller.projectId)) {
      return fault('itemNotFound', 404, `Instance ${id} could not be found.`)
    }
    if (request.method === 'GET') return json(200, { server: document(server, request.origin) })
    if (request.method !== 'DELETE')
      return fault('badMethod', 405, 'The method specified is not allowed for this resource.')
    servers.delete(server.id)
    // The demo's ports were there before their server, and such ports stay.
    for (const port of world.ports.values()) {
      if (port.device_id === server.id) Object.assign(port, { device_id: '', device_owner: '', status: 'DOWN' })
    }
    return { status: 204 }
  }

  /** Without `all_tenants` everybody sees the own project only, whatever `project_id` says; with it only administrators may ask. */
  function list(request: LabRequest, caller: Caller, detail: boolean): LabReply {
    const { query, origin } = request
    const tenant = caller.isAdmin ? query.get('tenant_id') : null
    const all = query.has('all_tenants') ? isTrue(query.get('all_tenants')) : tenant !== null
    if (all && !caller.isAdmin) {
      const rule = `os_compute_api:servers:${detail ? 'detail' : 'index'}:get_all_tenants`
      return fault('forbidden', 403, `Policy doesn't allow ${rule} to be performed.`)
    }
    const project = all ? (tenant ?? query.get('project_id')) : caller.projectId
    const name = query.get('name')
    const found = [...servers.values()]
      .filter((server) => project === null || server.projectId === project)
      .filter((server) => name === null || server.name.includes(name))
      .sort((one, other) => (one.id < other.id ? 1 : -1))
    const page = markerPage(found, request, LARGEST_PAGE)
    if (page === undefined) return fault('badRequest', 400, `marker [${query.get('marker')}] not found`)
    const shown = page.shown.map((server) => (detail ? document(server, origin) : brief(server, origin)))
    return json(200, {
      servers: shown,
      ...(page.next !== undefined && { servers_links: [{ rel: 'next', href: page.next }] }),
    })
  }

  function brief(server: Server, origin: string): Record<string, unknown> {
    const links = [
      { rel: 'self', href: `${origin}/v2.1/servers/${server.id}` },
      { rel: 'bookmark', href: `${origin}/servers/${server.id}` },
    ]
    return { id: server.id, name: server.name, links }
  }

  function document(server: Server, origin: string): Record<string, unknown> {
    const ports = [...world.ports.values()].filter((port) => port.device_id === server.id)
    const addresses: Record<string, unknown[]> = {}
    for (const port of ports) {
      const network = world.networks.get(port.network_id)?.name ?? port.network_id
      addresses[network] = port.fixed_ips.map(({ ip_address: addr }) => ({
        addr,
        version: addr.includes(':') ? 6 : 4,
        'OS-EXT-IPS:type': 'fixed',
        'OS-EXT-IPS-MAC:mac_addr': port.mac_address,
      }))
    }
    return {
      ...brief(server, origin),
      status: server.status,
      tenant_id: server.projectId,
      user_id: server.userId,
      metadata: {},
      hostId: '',
      image: '',
      flavor: { id: '1' },
      created: started,
      updated: started,
      addresses,
      accessIPv4: '',
      accessIPv6: '',
      'OS-DCF:diskConfig': 'MANUAL',
      progress: 0,
      'OS-EXT-AZ:availability_zone': 'nova',
      config_drive: '',
      key_name: null,
      'os-extended-volumes:volumes_attached': [],
    }
  }
}

function versions({ origin }: LabRequest): LabReply {
  const links = [{ rel: 'self', href: `${origin}/v2.1/` }]
  return json(200, { versions: [{ id: 'v2.1', status: 'CURRENT', version: '2.93', min_version: '2.1', links }] })
}

/** Nova names the kind of failure where others say "error". */
function fault(kind: string, code: number, message: string): LabReply {
  return json(code, { [kind]: { code, message } })
}
