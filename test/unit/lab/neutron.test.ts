import assert from 'node:assert/strict'
import { demoId } from '../../../lab/demo/cloud'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { ask, neutronAs, type PocketAnswer, tokenOf } from '../../support/pocket-calls'
import { recordedExchange } from '../../support/recorded-neutron'
import { sameHeaders, sameShape } from '../../support/shape'

type Call = (method: string, path: string, body?: unknown) => Promise<PocketAnswer>
interface Page {
  readonly ports: { readonly id: string }[]
  readonly ports_links?: { readonly rel: string; readonly href: string }[]
}

describe('The pocket cloud’s Neutron', () => {
  let cloud: PocketCloud
  let alice: Call
  let admin: Call
  const web = demoId('group web')

  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    alice = await neutronAs(cloud, 'alice')
    admin = await neutronAs(cloud, 'admin')
  })
  afterEach(() => cloud.close())

  const rule = (given: object = {}) => ({
    security_group_rule: { security_group_id: web, direction: 'ingress', protocol: 'tcp', ...given },
  })
  const failure = (answer: PocketAnswer) =>
    (answer.body as { NeutronError: { type: string; message: string } }).NeutronError
  const events = () => cloud.notifier.published.map((each) => each.eventType)

  it('refuses calls without a good token as recorded', async () => {
    for (const [name, headers] of [
      ['neutron-no-token', {}],
      ['neutron-bad-token', { 'x-auth-token': 'gAAAAbad' }],
    ] as const) {
      const recorded = recordedExchange(name)
      const answer = await ask('GET', `${cloud.urls.neutron}/v2.0/ports`, { headers })
      assert.equal(answer.status, recorded.status)
      assert.deepEqual(answer.body, recorded.body)
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Keystone uri="http:\/\/127\.0\.0\.1:\d+"$/)
    }
  })

  it('describes versions and extensions as recorded', async () => {
    const versions = await ask('GET', `${cloud.urls.neutron}/`)
    sameShape(versions.body, recordedExchange('neutron-versions').body)
    const extensions = await alice('GET', '/v2.0/extensions')
    const recorded = recordedExchange('neutron-extensions')
    sameShape(extensions.body, recorded.body)
    sameHeaders(extensions.headers, recorded.headers)
    assert.equal((await alice('GET', '/v2.0/extensions/port-security-groups-filtering')).status, 200)
    assert.equal((await alice('GET', '/v2.0/extensions/teapot')).status, 404)
  })

  describe('paging', () => {
    it('links to the next and, even from the first page, to a previous one, keeping the query', async () => {
      const recorded = recordedExchange('neutron-ports-page1-filtered')
      const answer = await alice('GET', `/v2.0/ports?security_groups=${web}&limit=2&sort_key=id&sort_dir=asc`)
      sameShape(answer.body, recorded.body)
      const { ports, ports_links: links = [] } = answer.body as Page
      const query = `security_groups=${web}&limit=2&sort_key=id&sort_dir=asc`
      assert.deepEqual(links, [
        { rel: 'next', href: `${cloud.urls.neutron}/v2.0/ports?${query}&marker=${ports[1]?.id}` },
        { rel: 'previous', href: `${cloud.urls.neutron}/v2.0/ports?${query}&marker=${ports[0]?.id}&page_reverse=True` },
      ])
    })

    it('shows every port once when the links are followed, forwards and back', async () => {
      const all = ((await admin('GET', '/v2.0/ports')).body as Page).ports.map((port) => port.id)
      const seen: string[] = []
      let path: string | undefined = '/v2.0/ports?limit=2'
      let last: Page | undefined
      while (path !== undefined) {
        last = (await admin('GET', path)).body as Page
        seen.push(...last.ports.map((port) => port.id))
        path = last.ports_links?.find((link) => link.rel === 'next')?.href.replace(cloud.urls.neutron, '')
      }
      assert.deepEqual(seen, all)
      assert.deepEqual(
        last?.ports_links?.map((link) => link.rel),
        ['previous'],
      )
      const back = last?.ports_links?.[0]?.href.replace(cloud.urls.neutron, '') ?? ''
      const before = ((await admin('GET', back)).body as Page).ports.map((port) => port.id)
      const at = all.indexOf(last?.ports[0]?.id ?? '')
      assert.deepEqual(before, all.slice(at - 2, at))
    })

    it('has no links without a limit, and its own limit when it is told to', async () => {
      assert.deepEqual(Object.keys((await alice('GET', '/v2.0/ports')).body as object), ['ports'])
      await cloud.close()
      cloud = await startPocketCloud({ certificate: false, neutron: { paginationMaxLimit: 3 } })
      admin = await neutronAs(cloud, 'admin')
      for (const path of ['/v2.0/ports', '/v2.0/ports?limit=50']) {
        const page = (await admin('GET', path)).body as Page
        assert.equal(page.ports.length, 3)
        assert.equal(page.ports_links?.length, 2)
      }
    })

    it('does not know an unknown marker, as recorded', async () => {
      const recorded = recordedExchange('neutron-ports-marker-unknown')
      const answer = await alice('GET', recorded.request.path)
      assert.equal(answer.status, recorded.status)
      assert.deepEqual(answer.body, recorded.body)
    })

    it('refuses a limit or sort key that is none', async () => {
      assert.equal(failure(await alice('GET', '/v2.0/ports?limit=many')).type, 'BadRequest')
      assert.match(failure(await alice('GET', '/v2.0/ports?sort_key=colour&sort_dir=asc')).message, /\['colour'\]/)
      assert.match(failure(await alice('GET', '/v2.0/ports?sort_key=id')).message, /must be same/)
    })
  })

  it('without the extension knows no filter for groups, and without validation passes unknown filters over', async () => {
    await cloud.close()
    const without = ['port-security-groups-filtering']
    cloud = await startPocketCloud({ certificate: false, neutron: { withoutExtensions: without } })
    alice = await neutronAs(cloud, 'alice')
    assert.equal((await alice('GET', `/v2.0/ports?security_groups=${web}`)).status, 400)
    await cloud.close()
    without.push('filter-validation')
    cloud = await startPocketCloud({ certificate: false, neutron: { withoutExtensions: without } })
    alice = await neutronAs(cloud, 'alice')
    const all = ((await alice('GET', '/v2.0/ports')).body as Page).ports.length
    assert.equal(((await alice('GET', `/v2.0/ports?security_groups=${web}`)).body as Page).ports.length, all)
  })

  it('shows a member the own project, an administrator all', async () => {
    const names = async (call: Call) =>
      (
        (await call('GET', '/v2.0/ports?fields=name&device_owner=compute:nova')).body as { ports: { name: string }[] }
      ).ports
        .map((port) => port.name)
        .sort()
    assert.deepEqual(await names(alice), ['db-1', 'six-1', 'web-1', 'web-2'])
    assert.deepEqual(await names(admin), ['db-1', 'six-1', 'store-1', 'store-2', 'vault-1', 'web-1', 'web-2'])
  })

  it('hides what another project owns, and forbids what is visible but not owned', async () => {
    const store = demoId('group store')
    assert.equal((await alice('GET', `/v2.0/security-groups/${store}`)).status, 404)
    assert.equal((await alice('DELETE', `/v2.0/security-groups/${store}`)).status, 404)
    const foreign = await alice('POST', '/v2.0/security-group-rules', rule({ security_group_id: store }))
    assert.equal(failure(foreign).type, 'SecurityGroupNotFound')
    const outside = `/v2.0/networks/${demoId('network public')}`
    assert.equal((await alice('GET', outside)).status, 200)
    const forbidden = await alice('PUT', outside, { network: { name: 'mine' } })
    assert.equal(forbidden.status, 403)
    assert.deepEqual(failure(forbidden), {
      type: 'PolicyNotAuthorized',
      message: 'rule:update_network is disallowed by policy',
      detail: '',
    })
  })

  it('lets only administrators bind a port or open a network to the outside', async () => {
    const port = `/v2.0/ports/${demoId('port web-1')}`
    const binding = { port: { 'binding:host_id': 'compute2' } }
    assert.equal((await alice('PUT', port, binding)).status, 403)
    assert.equal((await admin('PUT', port, binding)).status, 200)
    assert.equal((await alice('POST', '/v2.0/networks', { network: { 'router:external': true } })).status, 403)
    assert.deepEqual(events(), ['port.update.start', 'port.update.start', 'port.update.end', 'network.create.start'])
  })

  it('gives a network’s next free address, and refuses one that is taken or foreign', async () => {
    const port = (fixed?: object) => ({
      port: { network_id: demoId('network shop-net'), ...(fixed && { fixed_ips: [fixed] }) },
    })
    const made = await alice('POST', '/v2.0/ports', port())
    assert.equal(made.status, 201)
    const { fixed_ips } = (made.body as { port: { fixed_ips: { ip_address: string }[] } }).port
    assert.deepEqual(
      fixed_ips.map((fixed) => fixed.ip_address),
      ['10.20.0.2', '2620:4f:8000:20::2'],
    )
    assert.equal(
      failure(await alice('POST', '/v2.0/ports', port({ ip_address: '10.20.0.11' }))).type,
      'IpAddressAlreadyAllocated',
    )
    assert.equal(
      failure(await alice('POST', '/v2.0/ports', port({ ip_address: '192.0.2.1' }))).type,
      'InvalidIpForNetwork',
    )
  })

  it('associates a floating address once, only over a router, and frees it with the port in silence', async () => {
    const floating = { floating_network_id: demoId('network public') }
    const create = (port: string) =>
      alice('POST', '/v2.0/floatingips', { floatingip: { ...floating, port_id: demoId(port) } })
    assert.equal(failure(await create('port web-1')).type, 'FloatingIPPortAlreadyAssociated')
    assert.equal(failure(await create('port six-1')).type, 'BadRequest')
    const made = await create('port db-1')
    assert.equal(made.status, 201, made.text)
    const before = events().length
    await alice('DELETE', `/v2.0/ports/${demoId('port db-1')}`)
    assert.deepEqual(events().slice(before), ['port.delete.start', 'port.delete.end'])
    const { id } = (made.body as { floatingip: { id: string } }).floatingip
    assert.equal(cloud.world.floatingips.get(id)?.port_id, null)
  })

  it('changes the addresses of an address group without a word', async () => {
    const made = await alice('POST', '/v2.0/address-groups', {
      address_group: { name: 'office', addresses: ['198.51.100.0/24'] },
    })
    const { id } = (made.body as { address_group: { id: string } }).address_group
    const before = events().length
    const answer = await alice('PUT', `/v2.0/address-groups/${id}/add_addresses`, { addresses: ['0.0.0.0/0'] })
    assert.equal(answer.status, 200)
    assert.deepEqual(cloud.world.addressGroups.get(id)?.addresses, ['198.51.100.0/24', '0.0.0.0/0'])
    assert.equal(events().length, before)
  })

  it('refuses a request line longer than its server takes', async () => {
    const many = Array.from({ length: 250 }, (_, index) => `security_groups=${demoId(`group ${index}`)}`).join('&')
    assert.equal((await alice('GET', `/v2.0/ports?${many}`)).status, 414)
  })

  it('answers nonsense in Neutron’s own words', async () => {
    const token = await tokenOf(cloud, 'alice')
    const post = (body: string) =>
      ask('POST', `${cloud.urls.neutron}/v2.0/ports`, { headers: { 'x-auth-token': token }, body })
    assert.equal(failure(await post('{')).message, 'Body contains invalid data')
    assert.equal(failure(await post('{}')).message, "Unable to find 'port' in request body")
    assert.equal(failure(await post('{"ports": []}')).message, 'Resources required')
    assert.equal((await alice('GET', '/v2.0/teapots')).status, 404)
  })
})
