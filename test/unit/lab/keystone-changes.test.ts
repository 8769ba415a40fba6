import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { demoApplicationCredential, demoIdentity, demoProjects, demoUsers } from '../../../lab/demo/people'
import { busMessage } from '../../../lab/notifications/message'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { ask, passwordOf, tokenOf } from '../../support/pocket-calls'

interface Recorded {
  readonly event_type: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** What the real Keystone published. */
const recorded = readFileSync('test/fixtures/recordings/keystone-cadf.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(JSON.parse((JSON.parse(line) as { body: string }).body)['oslo.message']) as Recorded)

/** Names of members, in order, at every depth. */
function skeleton(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.entries(value).map(([name, member]) => [name, skeleton(member)])
}

describe('What the pocket cloud’s Keystone publishes', () => {
  let cloud: PocketCloud
  let call: (method: string, path: string, body?: unknown) => ReturnType<typeof ask>
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false, keystone: { notificationOptOut: [] } })
    const token = await tokenOf(cloud, 'admin')
    call = (method, path, body) => ask(method, cloud.urls.keystone + path, { headers: { 'x-auth-token': token }, body })
    cloud.keystoneNotifier.published.length = 0
  })
  afterEach(() => cloud.close())

  const published = () => cloud.keystoneNotifier.published
  const lastEvent = () => published().at(-1)?.payload ?? {}
  const login = (name: string, password?: string) =>
    ask('POST', `${cloud.urls.keystone}/auth/tokens`, { body: { auth: { identity: passwordOf(name, password) } } })
  const { shop, archive } = demoProjects
  const assignment = `/projects/${archive.id}/users/${demoUsers.alice.id}/roles/${demoIdentity.roles[0]?.id}`

  it('has the members of the recorded events, in their order, and no request context', async () => {
    const { body } = await call('POST', '/projects', { project: { name: 'new' } })
    const { id } = (body as { project: { id: string } }).project
    await call('PATCH', `/projects/${id}`, { project: { enabled: false } })
    await call('DELETE', `/projects/${id}`)
    const user = (await call('POST', '/users', { user: { name: 'eve', password: 'p' } })).body as {
      user: { id: string }
    }
    await call('PATCH', `/users/${user.user.id}`, { user: { enabled: false } })
    await call('DELETE', `/users/${user.user.id}`)
    await call('PUT', assignment)
    await login('alice')
    await login('alice', 'wrong')
    await login('nobody')
    assert.deepEqual(
      published().map(({ eventType, payload }) => `${eventType} ${payload['outcome']}`),
      [
        'identity.project.created success',
        'identity.project.updated success',
        'identity.project.deleted success',
        'identity.user.created success',
        'identity.user.updated success',
        'identity.user.deleted success',
        'identity.role_assignment.created success',
        'identity.authenticate success',
        'identity.authenticate failure',
        'identity.authenticate failure',
      ],
    )
    for (const notification of published()) {
      const { eventType, payload } = notification
      const mine = JSON.stringify(skeleton(busMessage(notification)))
      const theirs = recorded
        .filter(({ event_type: type, payload: other }) => type === eventType && other['outcome'] === payload['outcome'])
        .map((message) => JSON.stringify(skeleton(message)))
      assert.ok(theirs.includes(mine), `${eventType}: ${mine}`)
    }
  })

  it('names the project that was disabled only as updated', async () => {
    const { status, body } = await call('PATCH', `/projects/${archive.id}`, { project: { enabled: false } })
    assert.equal(status, 200)
    assert.equal((body as { project: { enabled: boolean } }).project.enabled, false)
    assert.equal(lastEvent()['action'], 'updated.project')
    assert.equal(lastEvent()['resource_info'], archive.id)
    const listed = (await call('GET', '/projects?enabled=false')).body as { projects: { id: string }[] }
    assert.deepEqual(
      listed.projects.map(({ id }) => id),
      [archive.id],
    )
  })

  it('shuts out whoever belongs to a disabled or deleted project, in silence', async () => {
    const bob = await tokenOf(cloud, 'bob')
    const own = () => ask('GET', `${cloud.urls.neutron}/v2.0/ports`, { headers: { 'x-auth-token': bob } })
    assert.equal((await own()).status, 200)
    await call('PATCH', `/projects/${archive.id}`, { project: { enabled: false } })
    assert.equal((await own()).status, 401)
    await call('PATCH', `/projects/${archive.id}`, { project: { enabled: true } })
    assert.equal((await own()).status, 200)
    await call('DELETE', `/projects/${archive.id}`)
    assert.equal((await own()).status, 401)
    assert.equal((await call('GET', `/projects/${archive.id}`)).status, 404)
    assert.deepEqual(demoUsers.bob.roles[archive.id], ['reader', 'member'], 'the next cloud starts whole')
  })

  it('tells of failed logins only, unless the opt-out list is emptied; and of application credentials never', async () => {
    await cloud.close()
    cloud = await startPocketCloud({ certificate: false })
    await login('alice')
    await login('alice', 'wrong')
    const { id } = demoApplicationCredential
    const methods = ['application_credential']
    for (const secret of ['wrong', demoApplicationCredential.secret]) {
      const identity = { methods, application_credential: { id, secret } }
      await ask('POST', `${cloud.urls.keystone}/auth/tokens`, { body: { auth: { identity } } })
    }
    assert.deepEqual(
      published().map(({ eventType, payload }) => `${eventType} ${payload['outcome']}`),
      ['identity.authenticate failure'],
    )
  })

  it('takes the last forwarded address for the caller’s', async () => {
    await ask('POST', `${cloud.urls.keystone}/auth/tokens`, {
      headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9', 'user-agent': 'curl' },
      body: { auth: { identity: passwordOf('alice', 'no') } },
    })
    const { host } = lastEvent()['initiator'] as { host: unknown }
    assert.deepEqual(host, { address: '203.0.113.9', agent: 'curl' })
  })

  it('says failure when a role is taken away that nobody had', async () => {
    assert.equal((await call('DELETE', assignment)).status, 404)
    assert.equal(lastEvent()['outcome'], 'failure')
    assert.equal((await call('PUT', assignment)).status, 204)
    assert.equal((await call('DELETE', assignment)).status, 204)
    assert.equal(lastEvent()['outcome'], 'success')
  })

  it('says nothing of what it refused', async () => {
    const alice = await tokenOf(cloud, 'alice')
    published().length = 0
    const headers = { 'x-auth-token': alice }
    const body = { project: { enabled: false } }
    assert.equal((await ask('PATCH', `${cloud.urls.keystone}/projects/${shop.id}`, { headers, body })).status, 403)
    assert.equal((await call('DELETE', '/projects/nothing')).status, 404)
    assert.equal((await call('POST', '/projects', { project: { name: 'shop' } })).status, 409)
    assert.equal((await call('PATCH', `/projects/${shop.id}`, {})).status, 400)
    assert.deepEqual(published(), [])
  })
})
