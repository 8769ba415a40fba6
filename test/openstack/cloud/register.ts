import { call } from '../../../lab/demo/client'
import { Person } from './person'
import { REGION } from './setting'

export interface ServiceEntry {
  readonly user: string
  readonly type: string
  readonly url: string
}

/** The administrator that the bootstrap made, logged in to the project `admin`. */
export async function administrator(keystone: string, password: string): Promise<Person> {
  const scope = { project: { name: 'admin', domain: { id: 'default' } } }
  const user = { name: 'admin', domain: { id: 'default' }, password }
  const { status, body } = await call('POST', `${keystone}/auth/tokens`, {
    body: { auth: { identity: { methods: ['password'], password: { user } }, scope } },
  })
  if (status !== 201) throw new Error(`The administrator cannot log in: ${status} ${JSON.stringify(body)}`)
  const { id } = (body as { token: { project: { id: string } } }).token.project
  return Person.logIn({ keystone, user: { name: 'admin' }, password, project: id })
}

/** Gives each service its account in the project `service` and its place in the catalog. */
export async function register(
  admin: Person,
  options: { readonly keystone: string; readonly password: string; readonly services: readonly ServiceEntry[] },
): Promise<void> {
  const { keystone, password, services } = options
  const make = (path: string, name: string, body: object) => admin.ask('POST', `${keystone}/${path}`, { [name]: body })
  const roles = await admin.list(`${keystone}/roles`)
  const wanted = roles.filter(({ name }) => name === 'admin' || name === 'service')
  const project = await make('projects', 'project', { name: 'service', domain_id: 'default' })
  for (const { user: name, type, url } of services) {
    const user = await make('users', 'user', { name, domain_id: 'default', password })
    for (const role of wanted) {
      await admin.ask('PUT', `${keystone}/projects/${project.id}/users/${user.id}/roles/${role.id}`)
    }
    const service = await make('services', 'service', { name, type })
    for (const face of ['public', 'internal', 'admin']) {
      await make('endpoints', 'endpoint', { service_id: service.id, interface: face, region_id: REGION, url })
    }
  }
}
