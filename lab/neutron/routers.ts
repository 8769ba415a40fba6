import { asObject } from '../decode'
import { attribute, standardAttributes } from './attributes'
import type { CallContext } from './context'
import { routerDocument } from './documents'
import { NeutronFailure } from './failure'
import type { Router, Subnet } from './model'
import { networkNotFound } from './networks'
import type { Attributes, ResourceKind } from './resource'
import type { NeutronWorld } from './world'

function refuse(message: string): NeutronFailure {
  return new NeutronFailure(400, 'BadRequest', `Bad router request: ${message}.`)
}

export function routers(world: NeutronWorld): ResourceKind<Router> {
  return {
    singular: 'router',
    plural: 'routers',
    path: 'routers',
    attributes: {
      ...standardAttributes,
      name: { post: true, put: true, default: '', filter: true, sort: true, reason: attribute.text(255) },
      admin_state_up: { post: true, put: true, default: true, filter: true, sort: true, convert: attribute.boolean },
      external_gateway_info: { post: true, put: true },
      status: { filter: true, sort: true },
    },
    rows: () => world.routers.values(),
    row: (id) => world.routers.get(id),
    readable: (context, router) => context.seesAll || router.project_id === context.projectId,
    notFound: (id) => new NeutronFailure(404, 'RouterNotFound', `Router ${id} could not be found`),
    document: (_context, router) => routerDocument(router),
    lastState: (_context, router) => routerDocument(router),
    create(_context, items) {
      return items.map((item) => {
        const info = gateway(item['external_gateway_info'])
        const router: Router = {
          ...world.standard(String(item['project_id']), String(item['description'])),
          name: String(item['name']),
          admin_state_up: item['admin_state_up'] === true,
          external_gateway_info: info,
          // As recorded: plugging in the gateway counts twice.
          revision_number: info === null ? 1 : 3,
        }
        world.routers.set(router.id, router)
        return router
      })
    },
    update(_context, router, { external_gateway_info: info, ...changes }) {
      if (info !== undefined) router.external_gateway_info = gateway(info)
      Object.assign(router, changes)
      world.touch(router)
    },
    remove(_context, router) {
      if (interfaces(router).length > 0) {
        throw new NeutronFailure(409, 'RouterInUse', `Router ${router.id} still has ports`)
      }
      world.routers.delete(router.id)
    },
    member(context, router, action, body) {
      if (action === 'add_router_interface') return addInterface(context, router, body)
      if (action === 'remove_router_interface') return removeInterface(router, body)
      return undefined
    },
  }

  function interfaces(router: Router): ReturnType<NeutronWorld['addPort']>[] {
    return [...world.ports.values()].filter(
      (port) => port.device_id === router.id && port.device_owner === 'network:router_interface',
    )
  }

  function gateway(info: unknown): Router['external_gateway_info'] {
    const networkId = asObject(info)?.['network_id']
    if (networkId === undefined || networkId === null) return null
    const network = world.networks.get(String(networkId))
    if (network === undefined) throw networkNotFound(String(networkId))
    if (!network['router:external']) throw refuse(`Network ${network.id} is not an external network`)
    const fixed = world.subnetsOf(network.id).flatMap((subnet) => {
      const address = world.freeAddress(subnet)
      return address === undefined ? [] : [{ subnet_id: subnet.id, ip_address: address }]
    })
    return { network_id: network.id, external_fixed_ips: fixed, enable_snat: true }
  }

  function addInterface(
    context: CallContext,
    router: Router,
    body: Attributes,
  ): ReturnType<NonNullable<ResourceKind<Router>['member']>> {
    const subnet = world.subnets.get(String(body['subnet_id']))
    if (subnet === undefined) throw refuse('Either subnet_id or port_id must be specified')
    const network = world.networks.get(subnet.network_id)
    if (network === undefined || subnet.gateway_ip === null)
      throw refuse(`Subnet for router interface must have a gateway IP`)
    if (!(context.seesAll || network.project_id === context.projectId)) throw networkNotFound(network.id)
    const port = world.addPort(router.project_id, network, {
      device_id: router.id,
      device_owner: 'network:router_interface',
      fixed_ips: [{ subnet_id: subnet.id, ip_address: subnet.gateway_ip }],
      port_security_enabled: false,
    })
    world.touch(port)
    world.touch(router)
    return answer(router, port.id, subnet, 'create')
  }

  function removeInterface(router: Router, body: Attributes): ReturnType<typeof answer> {
    const port = interfaces(router).find((each) =>
      body['port_id'] !== undefined
        ? each.id === body['port_id']
        : each.fixed_ips.some((fixed) => fixed.subnet_id === body['subnet_id']),
    )
    const subnet = world.subnets.get(port?.fixed_ips[0]?.subnet_id ?? '')
    if (port === undefined || subnet === undefined) {
      throw new NeutronFailure(
        404,
        'RouterInterfaceNotFoundForSubnet',
        `Router ${router.id} has no interface on subnet ${String(body['subnet_id'])}`,
      )
    }
    world.ports.delete(port.id)
    world.touch(router)
    return answer(router, port.id, subnet, 'delete')
  }

  function answer(
    router: Router,
    portId: string,
    subnet: Subnet,
    action: string,
  ): { answer: Record<string, unknown>; event: { type: string; payload: Record<string, unknown> } } {
    const document = {
      id: router.id,
      tenant_id: router.project_id,
      port_id: portId,
      network_id: subnet.network_id,
      subnet_id: subnet.id,
      subnet_ids: [subnet.id],
    }
    return { answer: document, event: { type: `router.interface.${action}`, payload: { router_interface: document } } }
  }
}
