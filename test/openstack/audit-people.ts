import { randomBytes } from 'node:crypto'
import { call } from '../../lab/demo/client'
import type { Resource } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'

/** Who reads and who acts in the test of the audit trail, all made at the real Keystone. */
export interface AuditPeople {
  /** In the domain `Default`. */
  readonly shop: Resource
  /** In {@link AuditPeople.north}. */
  readonly ship: Resource
  readonly north: Resource
  /** In the domain `Default`; whoever has a token for it may read everything. */
  readonly cloudAdmin: Resource
  readonly users: Readonly<Record<'shopper' | 'shipper' | 'northAdmin' | 'operator' | 'stranger', AuditUser>>
}

export interface AuditUser {
  readonly id: string
  readonly name: string
  readonly password: string
}

export async function auditPeople(cloud: RealOpenStack, cloudAdminName: string): Promise<AuditPeople> {
  const { admin, urls } = cloud
  const suffix = randomBytes(4).toString('hex')
  const ask = (method: string, path: string, body?: Record<string, unknown>) =>
    admin.ask(method, `${urls.keystone}/${path}`, body)
  const role = async (name: string) => {
    const [known] = await admin.list(`${urls.keystone}/roles?name=${name}`)
    return (known ?? (await ask('POST', 'roles', { role: { name } }))).id
  }
  const user = async (name: string, domain: string): Promise<AuditUser> => {
    const password = randomBytes(12).toString('hex')
    const body = { user: { name: `${name}-${suffix}`, password, domain_id: domain } }
    return { id: (await ask('POST', 'users', body)).id, name: body.user.name, password }
  }
  const grant = (on: string, to: AuditUser, roleId: string) => ask('PUT', `${on}/users/${to.id}/roles/${roleId}`)
  const project = (name: string, domain: string) => ask('POST', 'projects', { project: { name, domain_id: domain } })

  const [viewer, member, balancer, administrator] = [
    await role('audit_viewer'),
    await role('member'),
    await role('load-balancer_member'),
    await role('admin'),
  ]
  const north = await ask('POST', 'domains', { domain: { name: `north-${suffix}` } })
  const shop = await project(`shop-${suffix}`, 'default')
  const ship = await project(`ship-${suffix}`, north.id)
  const cloudAdmin = await project(cloudAdminName, 'default')
  const users = {
    shopper: await user('shopper', 'default'),
    shipper: await user('shipper', north.id),
    northAdmin: await user('north-admin', north.id),
    operator: await user('operator', 'default'),
    /** A member of the shop who may not read its events. */
    stranger: await user('stranger', 'default'),
  }
  for (const [to, on] of [
    [users.shopper, shop],
    [users.shipper, ship],
  ] as const) {
    for (const each of [viewer, member, balancer]) await grant(`projects/${on.id}`, to, each)
  }
  for (const each of [viewer, administrator]) await grant(`domains/${north.id}`, users.northAdmin, each)
  // No role of the trail's is needed there.
  await grant(`projects/${cloudAdmin.id}`, users.operator, member)
  await grant(`projects/${shop.id}`, users.stranger, member)
  return { shop, ship, north, cloudAdmin, users }
}

export type Scope =
  | { readonly project: { readonly id: string } }
  | { readonly domain: { readonly id: string } }
  | { readonly system: { readonly all: true } }
  | 'unscoped'

/** A token of the real Keystone. */
export async function tokenFor(keystone: string, { id, password }: AuditUser, wanted: Scope): Promise<string> {
  const identity = { methods: ['password'], password: { user: { id, password } } }
  const scope = typeof wanted === 'string' ? wanted : bare(wanted)
  const { status, headers, body } = await call('POST', `${keystone}/auth/tokens`, {
    body: { auth: { identity, scope } },
  })
  const token = headers['x-subject-token']
  if (status === 201 && typeof token === 'string') return token
  throw new Error(`The login was answered with ${status}: ${JSON.stringify(body)}`)
}

/** With a name beside the id Keystone wants the name's domain as well. */
function bare(scope: Exclude<Scope, string>): Scope {
  if ('project' in scope) return { project: { id: scope.project.id } }
  return 'domain' in scope ? { domain: { id: scope.domain.id } } : scope
}
