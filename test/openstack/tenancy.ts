import { randomBytes } from 'node:crypto'
import { demoPublicRange } from '../../lab/demo/cloud'
import { Person, type Resource } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'

/** A customer: a project with one user, who is logged in and may do what a member may. */
export interface Tenancy {
  readonly project: string
  readonly person: Person
  readonly userName: string
  /** Calls Neutron as that user. */
  neutron(method: string, path: string, body?: Record<string, unknown>): Promise<Resource>
  /** Makes a thing at Neutron: `create('security-groups', 'security_group', { name: 'web' })`. */
  create(path: string, resource: string, members: object): Promise<Resource>
}

/** @param roles besides `member` */
export async function tenancy(cloud: RealOpenStack, roles: readonly string[] = []): Promise<Tenancy> {
  const { keystone, neutron } = cloud.urls
  const { admin } = cloud
  const suffix = randomBytes(4).toString('hex')
  const password = randomBytes(12).toString('hex')
  const project = await admin.ask('POST', `${keystone}/projects`, { project: { name: `customer-${suffix}` } })
  const userName = `alice-${suffix}`
  const user = await admin.ask('POST', `${keystone}/users`, { user: { name: userName, password } })
  for (const role of ['member', ...roles]) {
    await admin.ask('PUT', `${keystone}/projects/${project.id}/users/${user.id}/roles/${await roleId(cloud, role)}`)
  }
  const person = await Person.logIn({ keystone, user: { id: user.id }, password, project: project.id })
  const ask = (method: string, path: string, body?: Record<string, unknown>) =>
    person.ask(method, `${neutron}/v2.0/${path}`, body)
  return {
    project: project.id,
    person,
    userName,
    neutron: ask,
    create: (path, resource, members) => ask('POST', path, { [resource]: members }),
  }
}

/** The id of a role, which is made if the cloud has none of that name. */
async function roleId({ admin, urls }: RealOpenStack, name: string): Promise<string> {
  const roles = await admin.list(`${urls.keystone}/roles`)
  const known = roles.find((role) => role['name'] === name)
  return (known ?? (await admin.ask('POST', `${urls.keystone}/roles`, { role: { name } }))).id
}

/** The network to the Internet, which is made by whoever asks first. Its addresses count as public and belong to nobody. */
export async function outsideNetwork({ admin, urls }: RealOpenStack): Promise<string> {
  const [known] = await admin.list(`${urls.neutron}/v2.0/networks?name=outside`)
  if (known !== undefined) return known.id
  const network = await admin.ask('POST', `${urls.neutron}/v2.0/networks`, {
    network: {
      name: 'outside',
      'router:external': true,
      'provider:network_type': 'flat',
      'provider:physical_network': 'outside',
    },
  })
  await admin.ask('POST', `${urls.neutron}/v2.0/subnets`, {
    subnet: { network_id: network.id, ip_version: 4, cidr: demoPublicRange, enable_dhcp: false },
  })
  return network.id
}

/** A network of the customer's with IPv4 and IPv6, behind a router to the Internet. */
export async function insideNetwork(
  cloud: RealOpenStack,
  customer: Tenancy,
  cidrs: { readonly v4: string; readonly v6: string },
): Promise<{ id: string; v4: string; v6: string; outside: string }> {
  const outside = await outsideNetwork(cloud)
  const { id } = await customer.create('networks', 'network', { name: 'inside' })
  const v4 = await customer.create('subnets', 'subnet', { network_id: id, ip_version: 4, cidr: cidrs.v4 })
  const v6 = await customer.create('subnets', 'subnet', { network_id: id, ip_version: 6, cidr: cidrs.v6 })
  const router = await customer.create('routers', 'router', { external_gateway_info: { network_id: outside } })
  await customer.neutron('PUT', `routers/${router.id}/add_router_interface`, { subnet_id: v4.id })
  return { id, v4: v4.id, v6: v6.id, outside }
}
