import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, call } from '../../lab/demo/client'
import { fillInExample } from '../../lab/examples/fill-in'
import type { CadfEvent } from '../../src/cadf/event'
import { nodeOf, readExample } from '../support/example'
import { type NodeRed, startNodeRed } from '../support/node-red'
import { waitFor } from '../support/wait-for'
import { type AuditPeople, type AuditUser, auditPeople, tokenFor } from './audit-people'
import { boundTo } from './bound'
import type { Fields } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'
import { operatorCredential } from './operator'
import type { Recorder } from './recorder'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'

const EXAMPLE = 'examples/audit-trail/01 - Store everything and serve it.json'
const QUEUE = 'openstack-events.audit-trail'
const SETTLED = { timeoutMs: 60_000, everyMs: 500 }
/** Of this package's own events: that somebody read another project's. */
const OWN = 'service/bss/audit'
const MINUTE = 60_000

/** The example as it is imported, at the real broker; read by tokens of the real Keystone. */
describe('The audit trail at a real OpenStack', function () {
  this.timeout(180_000)
  let cloud: RealOpenStack
  let recorder: Recorder
  let red: NodeRed
  let people: AuditPeople
  /** From then on everything is in the trail. */
  let since: Date
  let made: { readonly user: string; readonly project: string }
  const cloudAdmin = `cloud-admin-${randomBytes(4).toString('hex')}`

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud, recorder } = await sharedOpenStack())
    const { id, secret } = await operatorCredential(cloud)
    const urls = { ...cloud.urls, nova: '', cinder: '', qualys: '', control: '' }
    const { flows, credentials } = fillInExample(readExample(EXAMPLE), {
      cloud: {
        urls,
        qualys: { subscription: { username: '', password: '' } },
        syslog: { ports: { tcp: 0 } },
      },
      rabbitmq: cloud.broker.transportUrl(),
    })
    const account = nodeOf(flows, 'keystone-config').id
    red = await startNodeRed({
      flows: flows.map((node) => ({
        ...node,
        ...(node.id === account && { applicationCredential: id }),
        ...(node.type === 'audit-api' && { adminProject: cloudAdmin }),
      })),
      credentials: { ...credentials, [account]: { secret } },
    })
    await boundTo(cloud, QUEUE, said)
    people = await auditPeople(cloud, cloudAdmin)
    await knownByName([people.users.shipper, people.users.northAdmin])
    since = new Date()
    made = await act()
  })
  after(() => red?.remove())

  const said = () => `Node-RED says: ${red.log().slice(-1500)}`
  const api = (path: string, token?: string, method = 'GET') =>
    call(method, `${red.url}/audit${path}`, { headers: token === undefined ? {} : { 'x-auth-token': token } })

  /**
   * Waits until the trail knows where they are at home. It asks Keystone then and remembers it; what it does not learn within a
   * second, on a machine that is starting a whole cloud, it stores events without.
   */
  async function knownByName(users: readonly AuditUser[]): Promise<void> {
    const { keystone } = cloud.urls
    const { operator } = people.users
    const token = await tokenFor(keystone, operator, { project: people.cloudAdmin })
    await waitFor(
      () => `the look-ups; ${said()}`,
      async () => {
        for (const user of users) await tokenFor(keystone, user, 'unscoped')
        const query = 'project_id=*&shape=record&action=authenticate&outcome=success&limit=20'
        const { body } = await api(`/v1/events?${query}`, token)
        const records = (body as { events: { added?: Fields; event: CadfEvent }[] }).events
        const known = records.filter(({ added }) => added?.['initiator.domain_id'] !== undefined)
        return users.every(({ id }) => known.some(({ event }) => event.initiator.id === id))
      },
      { timeoutMs: 120_000, everyMs: 2000 },
    )
  }

  /** What happens in two projects, in a domain, and outside of all of them. Gives what the domain's administrator made. */
  async function act(): Promise<typeof made> {
    const { keystone, neutron, octavia } = cloud.urls
    const { shop, ship, north, users } = people
    const acting = async (user: AuditUser, scope: Parameters<typeof tokenFor>[2]) => {
      const token = await tokenFor(keystone, user, scope)
      return async (method: string, url: string, body?: Fields) =>
        call(method, url, { headers: { 'x-auth-token': token }, body })
    }
    const idOf = ({ status, body }: Answer) => {
      assert.equal(status, 201, JSON.stringify(body))
      return (Object.values(body as Record<string, { id: string }>)[0] as { id: string }).id
    }
    const [reader] = await cloud.admin.list(`${keystone}/roles?name=reader`)
    for (const [user, project] of [
      [users.shopper, shop],
      [users.shipper, ship],
    ] as const) {
      const ask = await acting(user, { project })
      const group = { security_group: { name: `group of ${project['name']}` } }
      const id = idOf(await ask('POST', `${neutron}/v2.0/security-groups`, group))
      assert.equal((await ask('DELETE', `${neutron}/v2.0/security-groups/${id}`)).status, 204)
      const role = `${keystone}/projects/${project.id}/users/${users.stranger.id}/roles/${reader?.id}`
      await cloud.admin.ask('PUT', role)
      const missing = `${octavia}/v2/lbaas/loadbalancers/00000000-0000-4000-8000-000000000000`
      assert.equal((await ask('DELETE', missing)).status, 404)
    }
    // An administrator's token for another project acts on the shop.
    const foreign = { security_group: { name: 'of the shop', project_id: shop.id } }
    await cloud.admin.ask('POST', `${neutron}/v2.0/security-groups`, foreign)
    const ask = await acting(users.northAdmin, { domain: north })
    const user = idOf(await ask('POST', `${keystone}/users`, { user: { name: 'made', domain_id: north.id } }))
    const project = idOf(await ask('POST', `${keystone}/projects`, { project: { name: 'made', domain_id: north.id } }))
    const [viewer] = await cloud.admin.list(`${keystone}/roles?name=audit_viewer`)
    const grant = `${keystone}/domains/${north.id}/users/${user}/roles/${viewer?.id}`
    assert.equal((await ask('PUT', grant)).status, 204)
    // Of nobody's project or domain: a role of the cloud.
    await cloud.admin.ask('POST', `${keystone}/roles`, { role: { name: `made-${randomBytes(4).toString('hex')}` } })
    // Somebody of the north, whose domain only a look-up tells.
    await assert.rejects(tokenFor(keystone, { ...users.shipper, password: 'wrong' }, { project: ship }), /401/)
    return { user, project }
  }

  interface Listed {
    readonly events: readonly CadfEvent[]
    readonly total: number
  }
  const sinceThen = () => `time=${encodeURIComponent(`gte:${since.toISOString()}`)}`
  async function events(token: string, query = ''): Promise<Listed> {
    const { status, body } = await api(`/v1/events?limit=5000&shape=event&${sinceThen()}${query}`, token)
    assert.equal(status, 200, `${JSON.stringify(body)}; ${said()}`)
    const listed = body as Listed
    assert.equal(listed.events.length, listed.total)
    return listed
  }
  /** Each once, although a request and its response have the same. */
  const ids = (list: readonly CadfEvent[]) => [...new Set(list.map(({ id }) => bare(id)))].sort()
  const bare = (id: string) => id.replaceAll('-', '')
  /** What an independent listener at the broker has heard since. */
  const heard = () =>
    recorder.byBus.map(({ event }) => event).filter(({ eventTime }) => Date.parse(eventTime) >= since.getTime())
  async function agrees(what: string, token: string, query: string, mine: (event: CadfEvent) => boolean) {
    let [read, expected]: string[][] = [[], []]
    await waitFor(
      () => `${what} to see ${expected?.length} events; sees ${read?.length}: ${difference(read, expected)}; ${said()}`,
      async () => {
        const listed = (await events(token, query)).events.filter(({ observer }) => observer.typeURI !== OWN)
        read = ids(listed)
        expected = ids(heard().filter(mine))
        return expected.length > 0 && read.join() === expected.join()
      },
      SETTLED,
    )
  }
  function difference(read: readonly string[] = [], expected: readonly string[] = []): string {
    const about = (id: string) => {
      const event = heard().find((each) => bare(each.id) === id)
      return event === undefined ? id : `${event.action} ${event.target.typeURI} ${JSON.stringify(event.initiator)}`
    }
    const missing = expected.filter((id) => !read.includes(id)).map(about)
    const extra = read.filter((id) => !expected.includes(id)).map(about)
    return `missing ${missing.slice(0, 5).join('; ')}, too many ${extra.slice(0, 5).join('; ')}`
  }
  const tokenOf = (name: keyof AuditPeople['users'], scope: Parameters<typeof tokenFor>[2]) =>
    tokenFor(cloud.urls.keystone, people.users[name], scope)
  const inProject = (id: string) => (event: CadfEvent) =>
    [event.initiator.project_id, event.target.project_id, event.target.id, event['project']].includes(id)

  it('shows each project exactly its own events, of all three services', async () => {
    for (const [name, project] of [
      ['shopper', people.shop],
      ['shipper', people.ship],
    ] as const) {
      const token = await tokenOf(name, { project })
      await agrees(name, token, '', inProject(project.id))
      const listed = (await events(token)).events
      const observers = new Set(listed.map(({ observer }) => observer.typeURI.split('/')[1]))
      for (const service of ['security', 'network', 'load-balancer'])
        assert.ok(observers.has(service), `${service} in ${[...observers]}`)
      assert.ok(listed.some(({ target }) => target.typeURI === 'network/loadbalancer'))
      assert.ok(listed.some(({ action, target }) => action === 'create' && target.typeURI === 'network/security-group'))
    }
    // One event of two projects: who acted, and on whose behalf.
    const shared = (await events(await tokenOf('shopper', { project: people.shop }))).events
    assert.ok(shared.some(({ initiator }) => initiator.project_id === cloud.admin.project))
  })

  it('shows a domain what is done in it and by its people, and nothing of its projects', async () => {
    const { north, users, ship } = people
    const northern = new Set([users.shipper.id, users.northAdmin.id, made.user])
    const token = await tokenOf('northAdmin', { domain: north })
    await agrees('the domain', token, '', (event) => {
      const { initiator, target } = event
      if (initiator.domain_id === north.id || event['domain'] === north.id || target.id === north.id) return true
      if ([ship.id, made.project].includes(target.id) || northern.has(target.id)) return true
      // Only a look-up tells where the user is at home.
      const homeless = initiator.project_id === undefined && initiator.domain_id === undefined
      return homeless && northern.has(String(initiator.user_id ?? initiator.id))
    })
    const listed = (await events(token)).events
    const has = (action: string, outcome: string) =>
      listed.some((event) => event.action === action && event.outcome === outcome)
    for (const action of ['created.user', 'created.project', 'created.role_assignment'])
      assert.ok(has(action, 'success'))
    assert.ok(has('authenticate', 'failure'))
    assert.ok(!listed.some(({ observer }) => observer.typeURI.startsWith('service/network')))
  })

  it('shows an administrator of the cloud everything, each project on request, and records that', async () => {
    const operator = await tokenOf('operator', { project: people.cloudAdmin })
    await agrees('the operator', operator, '&project_id=*', () => true)
    await agrees('the operator at the shop', operator, `&project_id=${people.shop.id}`, inProject(people.shop.id))
    const shopper = await tokenOf('shopper', { project: people.shop })
    const reads = (await events(shopper)).events.filter(({ observer }) => observer.typeURI === OWN)
    assert.ok(reads.length > 0)
    assert.ok(reads.every(({ initiator }) => initiator.id === people.users.operator.id))
  })

  it('keeps everybody else out', async () => {
    const { shop, ship, north, cloudAdmin: project } = people
    const shopper = await tokenOf('shopper', { project: shop })
    const [theirs] = (await events(await tokenOf('shipper', { project: ship }))).events
    const northern = await tokenOf('northAdmin', { domain: north })
    const cases: [string, string, string | undefined, number][] = [
      ['no token', '/v1/events', undefined, 401],
      ['no token of this Keystone', '/v1/events', 'gAAAAnonsense', 401],
      ['another project', `/v1/events?project_id=${ship.id}`, shopper, 403],
      ['all projects', '/v1/events?project_id=*', shopper, 403],
      ['another domain', `/v1/events?domain_id=${north.id}`, shopper, 403],
      ['another project’s event', `/v1/events/${theirs?.id}`, shopper, 404],
      ['a project of the own domain', `/v1/events?project_id=${ship.id}`, northern, 403],
      ['no role', '/v1/events', await tokenOf('stranger', { project: shop }), 403],
      ['no scope', '/v1/events', await tokenOf('operator', 'unscoped'), 403],
      ['integrity', '/v1/integrity', shopper, 403],
      ['integrity, as an administrator', '/v1/integrity', await tokenOf('operator', { project }), 200],
    ]
    for (const [what, path, token, status] of cases) assert.equal((await api(path, token)).status, status, what)
  })

  it('lets people in by the page with their password, and out again', async () => {
    const { northAdmin } = people.users
    const north = String(people.north['name'])
    const form = {
      user: northAdmin.name,
      userDomain: north,
      password: northAdmin.password,
      scope: 'domain',
      domain: north,
    }
    const logIn = (body: Fields) => call('POST', `${red.url}/audit/ui/log-in`, { body })
    assert.equal((await logIn({ ...form, password: 'wrong' })).status, 401)
    const { status, body } = await logIn(form)
    assert.equal(status, 200, JSON.stringify(body))
    const { token, scope } = body as { token: string; scope: unknown }
    assert.deepEqual(scope, { kind: 'domain', id: people.north.id, name: north })
    assert.ok((await events(token)).total > 0)
    assert.equal((await api('/ui/log-out', token, 'POST')).status, 204)
    const check = { headers: { 'x-auth-token': token, 'x-subject-token': token } }
    assert.equal((await call('GET', `${cloud.urls.keystone}/auth/tokens`, check)).status, 401)
  })

  it('turns away a token that has expired, and within a minute one that was revoked or has lost its role', async () => {
    const { keystone } = cloud.urls
    const { shop, ship, users } = people
    const expiring = await shortLived(20_000)
    const revoked = await tokenOf('shopper', { project: shop })
    const demoted = await tokenOf('shipper', { project: ship })
    for (const token of [expiring, revoked, demoted]) assert.equal((await api('/v1/events', token)).status, 200)

    const began = Date.now()
    const headers = { 'x-auth-token': revoked, 'x-subject-token': revoked }
    assert.equal((await call('DELETE', `${keystone}/auth/tokens`, { headers })).status, 204)
    const [viewer] = await cloud.admin.list(`${keystone}/roles?name=audit_viewer`)
    await cloud.admin.ask('DELETE', `${keystone}/projects/${ship.id}/users/${users.shipper.id}/roles/${viewer?.id}`)
    const took = async (token: string) => {
      while ((await api('/v1/events', token)).status === 200) {
        assert.ok(Date.now() - began < MINUTE, 'still let in after a minute')
        await wait(1000)
      }
      return Date.now() - began
    }
    assert.ok((await took(expiring)) < 25_000)
    await took(revoked)
    await took(demoted)
    for (const token of [expiring, revoked]) assert.equal((await api('/v1/events', token)).status, 401)
    // It is still a token, of somebody who may not read any more.
    assert.equal((await api('/v1/events', demoted)).status, 403)
  })

  /** Keystone's tokens live for an hour, but never longer than the application credential that they were got with. */
  async function shortLived(ms: number): Promise<string> {
    const { keystone } = cloud.urls
    const { shopper } = people.users
    const headers = { 'x-auth-token': await tokenOf('shopper', { project: people.shop }) }
    const expires_at = new Date(Date.now() + ms).toISOString().replace('Z', '')
    const made = await call('POST', `${keystone}/users/${shopper.id}/application_credentials`, {
      headers,
      body: { application_credential: { name: 'short', expires_at } },
    })
    assert.equal(made.status, 201, JSON.stringify(made.body))
    const { id, secret } = (made.body as { application_credential: { id: string; secret: string } })
      .application_credential
    const identity = { methods: ['application_credential'], application_credential: { id, secret } }
    const { status, headers: given } = await call('POST', `${keystone}/auth/tokens`, { body: { auth: { identity } } })
    assert.equal(status, 201)
    return String(given['x-subject-token'])
  }
})
