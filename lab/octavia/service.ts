import { randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import { type Caller, callerOf, unauthenticated } from '../http/caller'
import { json, type LabHandler, type LabReply, type LabRequest } from '../http/exchange'
import { markerPage } from '../http/marker-pages'
import type { Identity } from '../keystone/identity'

/** A load balancer as Octavia's database holds it. */
export interface LoadBalancer {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly vipAddress: string
  readonly vipPortId: string
  readonly vipSubnetId: string
  readonly vipNetworkId: string
  readonly listeners: readonly string[]
  readonly pools: readonly string[]
}

export interface OctaviaOptions {
  readonly loadBalancers: Map<string, LoadBalancer>
  readonly identity: Identity
  readonly clock: LabClock
  readonly keystoneOrigin: () => string
}

/** Octavia's `pagination_max_limit` is not set by default; the number keeps a slip from being endless. */
const LARGEST_PAGE = 1000

/** Octavia v2: load balancers are listed, shown and deleted; documents as recorded. */
export function octaviaService({ loadBalancers, identity, clock, keystoneOrigin }: OctaviaOptions): LabHandler {
  // Octavia writes times without a zone.
  const made = clock.now().toISOString().slice(0, 19)
  return (request) => {
    const path = request.path.replace(/\/+$/, '')
    if (path === '') return versions(request)
    const caller = callerOf(identity, request)
    if (caller === undefined) return unauthenticated(keystoneOrigin())
    const reply = answer(request, caller, path)
    return { ...reply, headers: { ...reply.headers, 'x-openstack-request-id': `req-${randomUUID()}` } }
  }

  function answer(request: LabRequest, caller: Caller, path: string): LabReply {
    const found = /^\/v2(?:\.0)?\/lbaas\/loadbalancers(?:\/([^/]+))?$/.exec(path)
    if (found === null) return fault(404, 'Not Found')
    const [, id] = found
    if (id === undefined) return request.method === 'GET' ? list(request, caller) : fault(405, 'Method Not Allowed')
    const balancer = loadBalancers.get(id)
    if (balancer === undefined) return fault(404, `Load Balancer ${id} not found.`)
    if (!caller.isAdmin && balancer.projectId !== caller.projectId) {
      return fault(403, 'Policy does not allow this request to be performed.')
    }
    if (request.method === 'GET') return json(200, { loadbalancer: document(balancer) })
    if (request.method !== 'DELETE') return fault(405, 'Method Not Allowed')
    const children = balancer.listeners.length > 0 || balancer.pools.length > 0
    if (children && !/^true$/i.test(request.query.get('cascade') ?? '')) {
      return fault(400, `Validation failure: Cannot delete Load Balancer ${id} - it has children`)
    }
    loadBalancers.delete(id)
    return { status: 204 }
  }

  function list(request: LabRequest, caller: Caller): LabReply {
    const { query } = request
    const project = caller.isAdmin ? (query.get('project_id') ?? query.get('tenant_id')) : caller.projectId
    const own = [...loadBalancers.values()]
      .filter((balancer) => project === null || balancer.projectId === project)
      .sort((one, other) => (one.id < other.id ? -1 : 1))
    const page = markerPage(own, request, LARGEST_PAGE)
    if (page === undefined) return fault(404, `Load Balancer ${query.get('marker')} not found.`)
    const links = page.next === undefined ? [] : [{ rel: 'next', href: page.next }]
    return json(200, { loadbalancers: page.shown.map(document), loadbalancers_links: links })
  }

  function document(balancer: LoadBalancer): Record<string, unknown> {
    return {
      id: balancer.id,
      name: balancer.name,
      description: '',
      provisioning_status: 'ACTIVE',
      operating_status: 'OFFLINE',
      admin_state_up: true,
      project_id: balancer.projectId,
      created_at: made,
      updated_at: made,
      vip_address: balancer.vipAddress,
      vip_port_id: balancer.vipPortId,
      vip_subnet_id: balancer.vipSubnetId,
      vip_network_id: balancer.vipNetworkId,
      additional_vips: [],
      listeners: balancer.listeners.map((id) => ({ id })),
      pools: balancer.pools.map((id) => ({ id })),
      provider: 'amphora',
      flavor_id: null,
      vip_qos_policy_id: null,
      tags: [],
      availability_zone: null,
      tenant_id: balancer.projectId,
    }
  }
}

function versions({ origin }: LabRequest): LabReply {
  const links = [{ rel: 'self', href: `${origin}/v2` }]
  return json(200, { versions: [{ id: 'v2.26', status: 'CURRENT', updated: '2022-08-29T00:00:00Z', links }] })
}

/** wsme's form of a failure. */
function fault(status: number, faultstring: string): LabReply {
  return json(status, { faultcode: status < 500 ? 'Client' : 'Server', faultstring, debuginfo: null })
}
