import { randomUUID } from 'node:crypto'
import { asObject, parseJson } from '../decode'
import { json, type LabReply, type LabRequest } from '../http/exchange'
import type { Notifier } from '../notifications/notifier'
import type { CallContext } from './context'
import type { Document } from './documents'
import { badRequest, NeutronFailure } from './failure'
import { notReachable } from './floating-ips'
import type { FloatingIp, PortForwarding } from './model'
import { portNotFound } from './ports'
import type { NeutronWorld } from './world'

/** `/v2.0/floatingips/{id}/port_forwardings`; what is published of them names no floating IP and no project. */
export async function forwardings(
  world: NeutronWorld,
  notifier: Notifier,
  context: CallContext,
  request: LabRequest,
  floatingId: string,
  id: string | undefined,
): Promise<LabReply> {
  const floating = world.floatingips.get(floatingId) as FloatingIp
  const known = floating.port_forwardings.find((each) => each.id === id)
  const missing = (): NeutronFailure =>
    new NeutronFailure(404, 'PortForwardingNotFound', `Port Forwarding ${id ?? ''} could not be found.`)
  if (request.method === 'GET') {
    if (id === undefined) return json(200, { port_forwardings: floating.port_forwardings.map(document) })
    if (known === undefined) throw missing()
    return json(200, { port_forwarding: document(known) })
  }
  if (request.method === 'POST' && id === undefined) {
    const body = asObject(parseJson(request.body))
    const wanted = asObject(body?.['port_forwarding'])
    if (body === undefined || wanted === undefined) throw badRequest("Unable to find 'port_forwarding' in request body")
    await notifier.notify(context, 'port_forwarding.create.start', body)
    const result = { port_forwarding: document(add(world, floating, wanted)) }
    await notifier.notify(context, 'port_forwarding.create.end', result)
    return json(201, result)
  }
  if (request.method === 'DELETE' && id !== undefined) {
    await notifier.notify(context, 'port_forwarding.delete.start', { port_forwarding_id: id })
    if (known === undefined) throw missing()
    floating.port_forwardings.splice(floating.port_forwardings.indexOf(known), 1)
    if (floating.port_forwardings.length === 0) floating.router_id = null
    world.touch(floating)
    const port = world.ports.get(known.internal_port_id)
    if (port !== undefined) world.touch(port)
    const payload = { port_forwarding_id: id, port_forwarding: document(known) }
    await notifier.notify(context, 'port_forwarding.delete.end', payload)
    return { status: 204 }
  }
  throw new NeutronFailure(404, 'HTTPNotFound', 'The resource could not be found.')
}

function add(world: NeutronWorld, floating: FloatingIp, wanted: Document): PortForwarding {
  const port = world.ports.get(String(wanted['internal_port_id']))
  if (port === undefined) throw portNotFound(String(wanted['internal_port_id']))
  if (floating.port_id !== null) {
    throw new NeutronFailure(
      409,
      'FipInUseByPortForwarding',
      `Floating IP ${floating.id} in use by port ${floating.port_id}.`,
    )
  }
  const inside = port.fixed_ips.find((fixed) => !fixed.ip_address.includes(':'))?.subnet_id ?? ''
  const router = world.routerBetween(inside, floating.floating_network_id)
  if (router === undefined) throw notReachable(floating.floating_network_id, inside, port.id)
  floating.router_id = router.id
  const forwarding: PortForwarding = {
    id: randomUUID(),
    protocol: String(wanted['protocol']),
    internal_ip_address: String(wanted['internal_ip_address'] ?? port.fixed_ips[0]?.ip_address),
    internal_port_id: port.id,
    internal_port: Number(wanted['internal_port']),
    external_port: Number(wanted['external_port']),
    description: String(wanted['description'] ?? ''),
  }
  floating.port_forwardings.push(forwarding)
  world.touch(floating)
  world.touch(port)
  return forwarding
}

function document(forwarding: PortForwarding): Document {
  return {
    id: forwarding.id,
    external_port: forwarding.external_port,
    external_port_range: `${forwarding.external_port}:${forwarding.external_port}`,
    protocol: forwarding.protocol,
    internal_port_id: forwarding.internal_port_id,
    internal_ip_address: forwarding.internal_ip_address,
    internal_port: forwarding.internal_port,
    internal_port_range: `${forwarding.internal_port}:${forwarding.internal_port}`,
    description: forwarding.description,
  }
}
