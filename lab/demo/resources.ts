import type { Volume } from '../cinder/service'
import type { NeutronWorld } from '../neutron/world'
import type { Server } from '../nova/service'
import type { LoadBalancer } from '../octavia/service'
import { demoId } from './cloud'
import { demoProjects, demoUsers } from './people'

/** What Nova, Cinder and Octavia know of the demo world. */
export interface DemoResources {
  readonly servers: Map<string, Server>
  readonly volumes: Map<string, Volume>
  readonly loadBalancers: Map<string, LoadBalancer>
}

const OWNERS: Readonly<Record<string, string>> = {
  [demoProjects.shop.id]: demoUsers.alice.id,
  [demoProjects.archive.id]: demoUsers.bob.id,
}

/** The servers that Neutron's ports name, a few volumes, and a load balancer for each customer. */
export function demoResources(world: NeutronWorld): DemoResources {
  const servers = new Map<string, Server>()
  for (const port of world.ports.values()) {
    if (port.device_owner !== 'compute:nova') continue
    const { device_id: id, name, project_id: projectId } = port
    servers.set(id, { id, name, projectId, userId: OWNERS[projectId] ?? '', status: 'ACTIVE' })
  }
  const volume = (name: string, project: keyof typeof demoProjects, size: number, server?: string): Volume => {
    const { id: projectId } = demoProjects[project]
    const attachedTo = server === undefined ? undefined : demoId(`server ${server}`)
    return { id: demoId(`volume ${name}`), name, projectId, userId: OWNERS[projectId] ?? '', size, attachedTo }
  }
  const volumes = [
    volume('web-content', 'shop', 20, 'web-1'),
    volume('db-data', 'shop', 100, 'db-1'),
    volume('store-data', 'archive', 500, 'store-1'),
    volume('cold-copy', 'archive', 2000),
  ]
  const balancer = (name: string, project: 'shop' | 'archive', vipAddress: string): LoadBalancer => ({
    id: demoId(`load balancer ${name}`),
    name,
    projectId: demoProjects[project].id,
    vipAddress,
    vipPortId: demoId(`vip ${name}`),
    vipSubnetId: demoId(`subnet ${project}-v4`),
    vipNetworkId: demoId(`network ${project}-net`),
    listeners: [demoId(`listener ${name}`)],
    pools: [demoId(`pool ${name}`)],
  })
  const balancers = [balancer('shop-lb', 'shop', '10.20.0.100'), balancer('archive-lb', 'archive', '10.30.0.100')]
  return {
    servers,
    volumes: new Map(volumes.map((each) => [each.id, each])),
    loadBalancers: new Map(balancers.map((each) => [each.id, each])),
  }
}
