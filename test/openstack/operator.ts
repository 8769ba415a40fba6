import { randomBytes } from 'node:crypto'
import { Person } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'

/** An application credential of a user who may list the ports of all projects, which Neutron's policy leaves to `admin`. */
export async function operatorCredential({ admin, urls }: RealOpenStack): Promise<{ id: string; secret: string }> {
  const { keystone } = urls
  const suffix = randomBytes(4).toString('hex')
  const password = randomBytes(12).toString('hex')
  const user = await admin.ask('POST', `${keystone}/users`, { user: { name: `operator-${suffix}`, password } })
  const [role] = await admin.list(`${keystone}/roles?name=admin`)
  await admin.ask('PUT', `${keystone}/projects/${admin.project}/users/${user.id}/roles/${role?.id}`)
  const operator = await Person.logIn({ keystone, user: { id: user.id }, password, project: admin.project })
  const { id, secret } = await operator.ask('POST', `${keystone}/users/${user.id}/application_credentials`, {
    application_credential: { name: 'node-red' },
  })
  return { id, secret: String(secret) }
}
