import assert from 'node:assert/strict'
import { call } from '../../lab/demo/client'
import { demoId } from '../../lab/demo/cloud'
import { demoApplicationCredential, demoProjects, demoUsers } from '../../lab/demo/people'
import type { Fault } from '../../lab/http/faults'
import { type PocketCloud, type PocketCloudOptions, startPocketCloud } from '../../lab/pocket-cloud'
import { lookUpExposure } from '../../src/exposure/look-up'
import { processRuleMemory } from '../../src/exposure/rule-memory'
import { undiciClient } from '../../src/http/undici-client'
import { testAccount } from '../../src/openstack/account-test'
import type { KeystoneAuth } from '../../src/openstack/auth'
import { type KeystoneSession, keystoneSession } from '../../src/openstack/session'

const { id, secret } = demoApplicationCredential
const operator: KeystoneAuth = { method: 'application_credential', credential: { id }, secret }
const alice: KeystoneAuth = {
  method: 'password',
  user: { id: demoUsers.alice.id },
  password: demoUsers.alice.password,
  scope: { project: { id: demoProjects.shop.id } },
}
const web = demoId('group web')
const store = demoId('group store')

describe('The port lookup at the pocket cloud', () => {
  let cloud: PocketCloud
  let session: KeystoneSession

  afterEach(async () => {
    await session.close()
    await cloud.close()
  })

  async function start(options: PocketCloudOptions = {}, auth = operator, trustsCa = true): Promise<void> {
    cloud = await startPocketCloud({ certificate: false, ...options })
    const ca = trustsCa ? cloud.certificate?.ca : undefined
    session = keystoneSession({
      authUrl: cloud.urls.keystone,
      auth,
      interface: 'public',
      region: 'RegionOne',
      http: undiciClient(ca === undefined ? {} : { tls: { ca } }),
    })
  }

  /** Calls Neutron as an administrator, and gives what it published about it. */
  async function change(method: string, path: string, body?: object) {
    const scope = { kind: 'project', project: demoProjects.admin } as const
    const admin = cloud.identity.issue({ user: demoUsers.admin, scope, methods: ['password'] })
    const before = cloud.notifier.published.length
    const answer = await call(method, `${cloud.urls.neutron}/v2.0${path}`, {
      headers: { 'x-auth-token': admin.value },
      body,
      ca: cloud.certificate?.ca,
    })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    const published = cloud.notifier.published.slice(before)
    return published.map(({ eventType: topic, payload, messageId }) => ({
      topic,
      payload,
      messageId,
      eventId: messageId,
    }))
  }
  const open = (group: string, members: object = {}) =>
    change('POST', '/security-group-rules', {
      security_group_rule: {
        security_group_id: group,
        direction: 'ingress',
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
        ...members,
      },
    })
  async function lookUp(occurrences: Awaited<ReturnType<typeof change>>) {
    const answers = await lookUpExposure(
      occurrences,
      { session, memory: processRuleMemory(), census: {} },
      { scanOnDelete: false },
    )
    const last = answers.at(-1)
    assert.ok(last)
    return { ...last.exposure, shown: last.exposure.addresses.map(({ address }) => address).sort(), retry: last.retry }
  }
  const logins = () => cloud.received.filter(({ request }) => request.path === '/v3/auth/tokens').length
  const webAddresses = ['10.20.0.11', '10.20.0.12', '192.52.193.21', '192.52.193.22']

  it('finds what an opened port exposes', async () => {
    await start()
    const found = await lookUp(await open(web))
    assert.deepEqual(found.shown, webAddresses)
    assert.deepEqual(
      found.addresses
        .filter(({ global }) => global)
        .map(({ address }) => address)
        .sort(),
      ['192.52.193.21', '192.52.193.22'],
    )
    assert.equal(found.changes[0]?.scan, true)
    assert.equal(found.incomplete, undefined)
  })

  it('finds the IPv6 addresses for an IPv6 rule', async () => {
    await start()
    assert.deepEqual((await lookUp(await open(web, { ethertype: 'IPv6' }))).shown, ['2620:4f:8000:20::11'])
  })

  it('names the addresses that a deleted rule concerned', async () => {
    await start()
    const [, created = assert.fail()] = await open(web)
    const rule = (created.payload as { security_group_rule: { id: string } }).security_group_rule.id
    const found = await lookUp(await change('DELETE', `/security-group-rules/${rule}`))
    assert.deepEqual(found.shown, webAddresses)
    assert.equal(found.changes[0]?.scan, false)
  })

  it('reads page by page', async () => {
    await start({ neutron: { paginationMaxLimit: 1 } })
    assert.deepEqual((await lookUp(await open(web))).shown, webAddresses)
  })

  it('tests an account as the dialog does', async () => {
    await start()
    const found = await testAccount(session)
    assert.equal(found.project, 'admin')
    assert.equal(found.seesAllProjects, true)
    assert.equal(found.network, `${cloud.urls.neutron}/v2.0`)
    assert.deepEqual(found.problems, [])
  })

  it('knows what a member cannot see', async () => {
    await start({}, alice)
    assert.equal((await lookUp(await open(web))).incomplete, undefined)
    const other = await lookUp(await open(store))
    assert.deepEqual(other.shown, [])
    assert.match(other.incomplete ?? '', /sees project shop only .*does not see this group/)
  })

  it('works over https with a private CA, and refuses an unknown one', async () => {
    await start({ certificate: undefined as never, https: true })
    assert.deepEqual((await lookUp(await open(web))).shown, webAddresses)
    await session.close()
    await cloud.close()
    await start({ certificate: undefined as never, https: true }, operator, false)
    const refused = await lookUp(await open(web))
    assert.equal(refused.retry?.code, 'HTTP_TLS')
    assert.match(refused.incomplete ?? '', /TLS/)
  })

  describe('with two pages of ports', () => {
    const onPage2 = (effect: Partial<Fault>): Fault => ({
      service: 'neutron',
      path: '/v2.0/ports',
      query: 'marker=',
      ...effect,
    })
    const onPage1 = (effect: Partial<Fault>): Fault => ({ service: 'neutron', path: '/v2.0/ports', ...effect })
    beforeEach(() => start({ neutron: { paginationMaxLimit: 1 } }))

    const whole: [title: string, fault: Fault][] = [
      ['a 500 that passes', onPage2({ status: 500, times: 1 })],
      ['a connection cut that passes', onPage2({ disconnect: 'before', times: 1 })],
      ['a body cut that passes', onPage2({ cutBodyAfter: 20, times: 1 })],
      ['a body that comes in drops', onPage2({ slowBody: { bytes: 50, everyMs: 1 } })],
      ['links that name a host of the inside', onPage1({ links: 'internal' })],
      ['links that name a foreign host, which is never asked', onPage1({ links: 'foreign' })],
      ['503 with Retry-After', onPage2({ status: 503, headers: { 'retry-after': '1' }, times: 1 })],
    ]
    for (const [title, fault] of whole) {
      it(`has the whole answer in spite of ${title}`, async () => {
        cloud.faults.add(fault)
        const found = await lookUp(await open(web))
        assert.deepEqual(found.shown, webAddresses)
        assert.equal(found.incomplete, undefined)
      })
    }

    const partial: [title: string, fault: Fault, reason: RegExp, retry: string | undefined][] = [
      ['a 500 that stays', onPage2({ status: 500 }), /answered 500/, 'OPENSTACK_UNAVAILABLE'],
      ['a page that repeats for ever', onPage1({ links: 'repeat' }), /leads somewhere else|never end/, undefined],
      ['connections that are always cut', onPage2({ disconnect: 'after' }), /connection broke/, 'HTTP_INTERRUPTED'],
      [
        'a page of HTML',
        onPage2({ body: '<html>Sign in</html>' }),
        /not answer a JSON object but: Sign in/,
        'OPENSTACK_ANSWER',
      ],
      ['a refusal', onPage1({ status: 403, body: '{"NeutronError": "no"}' }), /answered 403: no/, undefined],
    ]
    for (const [title, fault, reason, retry] of partial) {
      it(`has no half answer: ${title}`, async () => {
        cloud.faults.add(fault)
        const found = await lookUp(await open(web))
        assert.deepEqual(found.shown, [])
        assert.match(found.incomplete ?? '', reason)
        assert.equal(found.retry?.code, retry)
      })
    }

    it('goes on with a fresh token when the old one is revoked between two pages', async () => {
      const occurrences = await open(web)
      cloud.faults.add(onPage2({ delayMs: 300 }))
      const looking = lookUp(occurrences)
      const asked = () => cloud.received.some(({ request }) => request.path.startsWith('/v2.0/ports'))
      while (!asked()) await new Promise((resolve) => setTimeout(resolve, 5))
      cloud.identity.revokeAll()
      const found = await looking
      assert.deepEqual(found.shown, webAddresses)
      assert.equal(found.incomplete, undefined)
      assert.equal(logins(), 2)
    })

    it('goes on when the token runs out between two pages, by Keystone’s clock', async () => {
      const occurrences = await open(web)
      cloud.faults.add(onPage2({ delayMs: 300, times: 1 }))
      const looking = lookUp(occurrences)
      const asked = () => cloud.received.some(({ request }) => request.path.startsWith('/v2.0/ports'))
      while (!asked()) await new Promise((resolve) => setTimeout(resolve, 5))
      cloud.clock.advance(3_601_000)
      assert.deepEqual((await looking).shown, webAddresses)
      assert.equal(logins(), 2)
    })
  })

  it('logs in once when fifty look-ups find their token revoked', async () => {
    await start()
    const occurrences = await open(web)
    await session.identity()
    cloud.identity.revokeAll()
    const answers = await Promise.all(Array.from({ length: 50 }, () => lookUp(occurrences)))
    assert.ok(answers.every(({ incomplete }) => incomplete === undefined))
    assert.equal(logins(), 2)
  })

  it('halves calls that are too long', async () => {
    await start()
    const groups = Array.from({ length: 60 }, (_, i) => demoId(`other ${i}`))
    cloud.faults.add({ service: 'neutron', path: '/v2.0/ports', query: '.{1200,}', status: 414 })
    const rules = groups.map((group, i) => ({
      topic: 'security_group_rule.create.end',
      payload: { security_group_rule: { id: `r${i}`, security_group_id: group, direction: 'ingress' } },
      messageId: `m${i}`,
      eventId: `m${i}`,
    }))
    const found = await lookUp([...rules, ...(await open(web))])
    assert.deepEqual(found.shown, webAddresses)
    assert.equal(found.incomplete, undefined)
  })

  it('says what the catalogue has when the region is wrong', async () => {
    await start({ regions: ['north', 'south'] })
    const found = await lookUp(await open(web))
    assert.match(found.incomplete ?? '', /no service type "network".*public in north, public in south/)
    assert.equal(found.retry?.code, 'KEYSTONE_CATALOG')
  })
})
