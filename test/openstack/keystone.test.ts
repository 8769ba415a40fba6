import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { OccurrenceMessage } from '../../src/message/model'
import { logIn, type Resource } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'
import type { Recorder } from './recorder'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'

const RESOURCES: readonly [plural: string, resource: string, typeURI: string][] = [
  ['projects', 'project', 'data/security/project'],
  ['users', 'user', 'data/security/account/user'],
  ['groups', 'group', 'data/security/group'],
  ['roles', 'role', 'data/security/role'],
]

describe('Keystone', function () {
  this.timeout(60_000)
  let cloud: RealOpenStack
  let recorder: Recorder

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud, recorder } = await sharedOpenStack())
  })

  const admin = (method: string, path: string, body?: Record<string, unknown>) =>
    cloud.admin.ask(method, `${cloud.urls.keystone}/${path}`, body)
  const create = (plural: string, resource: string, members: object = {}): Promise<Resource> =>
    admin('POST', plural, { [resource]: { name: `${resource}-${randomBytes(4).toString('hex')}`, ...members } })
  const about = (topic: string, id: string) => (message: OccurrenceMessage) =>
    message.topic === topic && message.event.target.id === id
  /** Makes, changes and deletes one; gives what is told of each step. */
  const changes = async (plural: string, resource: string): Promise<[done: string, message: OccurrenceMessage][]> => {
    const { id } = await create(plural, resource)
    await admin('PATCH', `${plural}/${id}`, { [resource]: { description: 'changed' } })
    await admin('DELETE', `${plural}/${id}`)
    const told: [string, OccurrenceMessage][] = []
    for (const done of ['created', 'updated', 'deleted']) {
      told.push([done, await recorder.hears(`the ${resource} ${done}`, about(`identity.${resource}.${done}`, id))])
    }
    return told
  }
  const isAdmin = ({ event }: OccurrenceMessage) => {
    assert.equal(event.initiator['user_id'], cloud.admin.userId)
    assert.equal(event.initiator['username'], 'admin')
    assert.equal(event.initiator['project_id'], cloud.admin.project)
    assert.equal(event.initiator.host?.address, '127.0.0.1')
  }

  it('tells of users, groups, projects and roles created, updated and deleted, and by whom', async () => {
    for (const [plural, resource, typeURI] of RESOURCES) {
      for (const [done, message] of await changes(plural, resource)) {
        const { event } = message
        assert.equal(event.action, `${done}.${resource}`)
        assert.equal(event.target.typeURI, typeURI)
        assert.equal(event.outcome, 'success')
        // Up to Zed Keystone does not say who deleted a user.
        if (resource === 'user' && done === 'deleted' && event.initiator.id === 'unknown') {
          assert.ok(event.added?.includes('initiator.id'))
        } else isAdmin(message)
      }
    }
  })

  it('tells of a role granted and revoked, on which project and to whom', async () => {
    const project = await create('projects', 'project')
    const user = await create('users', 'user')
    const role = await create('roles', 'role')
    const grant = `projects/${project.id}/users/${user.id}/roles/${role.id}`
    await admin('PUT', grant)
    await admin('DELETE', grant)
    for (const done of ['created', 'deleted']) {
      const message = await recorder.hears(
        `the assignment ${done}`,
        ({ topic, event }) => topic === `identity.role_assignment.${done}` && event['role'] === role.id,
      )
      const { event } = message
      assert.equal(event.action, `${done}.role_assignment`)
      assert.equal(event.outcome, 'success')
      assert.equal(event['project'], project.id)
      assert.equal(event['user'], user.id)
      isAdmin(message)
    }
  })

  it('tells of logins with right and wrong passwords and of unknown users', loginsAreTold)

  async function loginsAreTold() {
    const name = `user-${randomBytes(4).toString('hex')}`
    const { id } = await create('users', 'user', { name, password: 'right' })
    const { keystone } = cloud.urls
    assert.equal((await logIn({ keystone, user: { id }, password: 'right' })).status, 201)
    assert.equal((await logIn({ keystone, user: { name }, password: 'wrong' })).status, 401)
    assert.equal((await logIn({ keystone, user: { name: `no-${name}` }, password: 'wrong' })).status, 401)
    const login = (outcome: string, field: string, value: string) =>
      recorder.hears(
        `the login of ${value} (${outcome})`,
        ({ topic, event }) =>
          topic === 'identity.authenticate' && event.outcome === outcome && event.initiator[field] === value,
      )
    assert.equal((await login('success', 'user_id', id)).event.action, 'authenticate')
    assert.equal((await login('failure', 'user_id', id)).event.initiator.username, name)
    const unknown = (await login('failure', 'user_name', `no-${name}`)).event
    assert.equal(unknown.reason?.reasonCode, '404')
  }

  describe('with notification_format = basic', () => {
    before(() => cloud.speak('basic'))
    after(() => cloud.speak('cadf'))

    it('tells of the same things, but only in its log file by whom', async () => {
      for (const [plural, resource, typeURI] of RESOURCES) {
        for (const [done, message] of await changes(plural, resource)) {
          const { event, payload, notification } = message
          assert.equal((payload as { typeURI?: string }).typeURI, undefined, 'a CADF payload')
          assert.equal(event.action, `${done}.${resource}`)
          assert.equal(event.target.typeURI, typeURI)
          assert.equal(event.outcome, 'success')
          assert.equal(event.initiator.id, 'unknown')
          assert.ok(event.added?.includes('initiator.id'))
          const logged = recorder.byLogFile.find((one) => one.notification.messageId === notification.messageId)
          assert.equal(logged?.event.initiator.id, cloud.admin.userId)
        }
      }
    })

    it('still tells of logins in CADF', loginsAreTold)
  })
})
