import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { HttpRequest } from '../../../src/http/client'
import { estimatedPages, floatingIpsOfPorts } from '../../../src/openstack/neutron/floating-ips'
import { listAll } from '../../../src/openstack/neutron/paging'
import { portsOfGroups } from '../../../src/openstack/neutron/ports'
import { decodeRule } from '../../../src/openstack/neutron/security-group-rules'
import type { FakeAnswer } from '../../support/fake-http'
import { type NeutronWorld, neutronWorld, sessionTo } from '../../support/neutron-world'

/** Ids spread over their range like random ones, the same in every run. */
const uuid = (seed: string) => {
  const hex = createHash('sha256').update(seed).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}
const ids = (what: string, count: number) => Array.from({ length: count }, (_, i) => uuid(`${what}${i}`))
const withPorts = (world: NeutronWorld, groups: readonly string[], each: number) => {
  for (const [g, group] of groups.entries()) {
    for (const [i, id] of ids(`port${g}-`, each).entries()) {
      world.apply('port.create.end', {
        port: { id, security_groups: [group], fixed_ips: [{ ip_address: `10.${g}.0.${i}` }], project_id: 'p' },
      })
    }
  }
}
const recording = (name: string) => JSON.parse(readFileSync(`test/fixtures/recordings/rest/${name}.json`, 'utf8'))

describe('Listing from Neutron', () => {
  const ports = { collection: 'ports', query: [] } as const
  const listing = (answer: (request: HttpRequest, number: number) => FakeAnswer) => listAll(sessionTo(answer), ports)

  it("follows the real Neutron's pages to the end", async () => {
    const asked: string[] = []
    const items = await listing((request, number) => {
      asked.push(request.url)
      const { status, body } = recording(`neutron-ports-page${number}`)
      return { status, json: body }
    })
    const ids = [1, 2, 3].flatMap((page) =>
      recording(`neutron-ports-page${page}`).body.ports.map((port: { id: string }) => port.id),
    )
    assert.deepEqual(
      items.map((item) => item['id']),
      ids,
    )
    assert.equal(asked.length, 3)
    assert.match(asked[2] ?? '', /^http:\/\/127\.0\.0\.1:9696\/v2\.0\/ports\?limit=3&marker=b4bb7b39-/)
  })

  it('keeps to the chosen endpoint when the link names a host of the inside', async () => {
    const world = neutronWorld()
    world.pageLimit = 2
    world.linkOrigin = 'http://neutron.internal:9696/behind-the-proxy'
    withPorts(world, ['g'], 5)
    const hosts = new Set<string>()
    const items = await listing((request) => {
      hosts.add(request.url.split('/v2.0')[0] ?? '')
      return world.answer(request)
    })
    assert.equal(items.length, 5)
    assert.deepEqual([...hosts], ['http://127.0.0.1:9696'])
  })

  for (const href of [
    'https://evil.example.net/collect?marker=x',
    'http://127.0.0.1:9696/v2.0/networks?marker=x',
    'http://127.0.0.1:9696/v2.0/ports',
    'javascript:alert(1)',
    '',
  ]) {
    it(`goes nowhere that is not the same list: "${href}"`, async () => {
      let calls = 0
      const list = listing(() => {
        calls += 1
        return { json: { ports: [{ id: 'a' }], ports_links: [{ rel: 'next', href }] } }
      })
      await assert.rejects(list, { code: 'NEUTRON_PAGING', retryable: false })
      assert.equal(calls, 1)
    })
  }

  it('stops when a page comes again', async () => {
    let calls = 0
    const list = listing(() => {
      calls += 1
      const href = `http://x/v2.0/ports?marker=${calls % 3}`
      return { json: { ports: [], ports_links: [{ rel: 'next', href }] } }
    })
    await assert.rejects(list, { code: 'NEUTRON_PAGING', message: /never end/ })
    assert.ok(calls < 6)
  })

  it('begins again, once, when the item at the end of a page was deleted meanwhile', async () => {
    const world = neutronWorld()
    world.pageLimit = 2
    withPorts(world, ['g'], 5)
    const sorted = [...world.resources.ports.keys()].sort()
    const items = await listing((request, number) => {
      if (number === 2) world.apply('port.delete.end', { port_id: sorted[1] })
      return world.answer(request)
    })
    assert.deepEqual(
      items.map((item) => item['id']),
      sorted.filter((id) => id !== sorted[1]),
    )
  })

  it('does not begin again for ever', async () => {
    const gone = recording('neutron-ports-marker-unknown')
    const list = listing((request) =>
      request.url.includes('marker=')
        ? { status: 404, json: gone.body }
        : { json: { ports: [{ id: 'a' }], ports_links: [{ rel: 'next', href: '/v2.0/ports?marker=a' }] } },
    )
    await assert.rejects(list, { code: 'NEUTRON_PAGING', retryable: true })
  })

  it('gives nothing rather than the first page when the second fails', async () => {
    const world = neutronWorld()
    world.pageLimit = 2
    withPorts(world, ['g'], 5)
    const list = listing((request) => (request.url.includes('marker=') ? { status: 500 } : world.answer(request)))
    await assert.rejects(list, { code: 'OPENSTACK_UNAVAILABLE', retryable: true })
  })

  it('goes on with a fresh token when the old one ends between two pages', async () => {
    const world = neutronWorld()
    world.pageLimit = 2
    withPorts(world, ['g'], 7)
    let dead = ''
    const session = sessionTo((request, number) => {
      const token = request.headers?.['x-auth-token'] ?? ''
      if (number === 3) dead = token
      return token === dead ? { status: 401, json: recording('neutron-bad-token').body } : world.answer(request)
    })
    assert.equal((await listAll(session, ports)).length, 7)
    assert.equal(session.logins(), 2)
  })

  it('goes on when the token runs out by the clock between two pages', async () => {
    const world = neutronWorld()
    world.pageLimit = 2
    withPorts(world, ['g'], 5)
    const session = sessionTo(
      (request) => {
        session.clock.advance(40_000)
        return world.answer(request)
      },
      { lifeMs: 120_000 },
    )
    assert.equal((await listAll(session, ports)).length, 5)
    assert.equal(session.logins(), 2)
  })

  it('refuses an answer that is not a list', async () => {
    for (const json of [{}, { ports: 'none' }, { ports: [null] }]) {
      await assert.rejects(
        listing(() => ({ json })),
        { code: 'OPENSTACK_ANSWER' },
      )
    }
    await assert.rejects(
      listing(() => ({ text: '<html>Sign in</html>' })),
      { code: 'OPENSTACK_ANSWER', message: /Sign in/ },
    )
  })
})

describe('Ports of security groups', () => {
  it('asks as the real Neutron wants it, and reads what it answers', async () => {
    const { request, body } = recording('neutron-ports-filter-security_groups')
    const group = new URL(request.path, 'http://x').searchParams.get('security_groups') ?? ''
    const found = await portsOfGroups(
      sessionTo(({ url }) => {
        const query = new URL(url).searchParams
        assert.deepEqual(query.getAll('security_groups'), [group])
        assert.ok(query.getAll('fields').includes('fixed_ips'))
        return { json: body }
      }),
      [group],
    )
    assert.equal(found.items.length, body.ports.length)
    assert.deepEqual(found.items[0]?.fixed_ips, [{ ip_address: '10.20.0.101' }, { ip_address: '2001:db8:20::3ca' }])
  })

  it('asks for fifty groups at a time', async () => {
    const world = neutronWorld()
    const groups = ids('group', 120)
    withPorts(world, groups, 2)
    const found = await portsOfGroups(sessionTo(world.answer), groups)
    assert.equal(found.items.length, 240)
    assert.equal(world.calls.length, 3)
  })

  it('halves a call that is too long for the server', async () => {
    const world = neutronWorld()
    const groups = ids('group', 50)
    withPorts(world, groups, 1)
    const found = await portsOfGroups(
      sessionTo((request) =>
        request.url.length > 1000 ? { status: 414, text: 'URI Too Long' } : world.answer(request),
      ),
      groups,
    )
    assert.equal(found.items.length, 50)
    assert.equal(found.failed.size, 0)
  })

  it('keeps what was answered when one call fails, and says which groups are missing', async () => {
    const world = neutronWorld()
    const groups = ids('group', 120)
    withPorts(world, groups, 1)
    const broken = groups[60] ?? ''
    const found = await portsOfGroups(
      sessionTo((request) => (request.url.includes(broken) ? { status: 500 } : world.answer(request))),
      groups,
    )
    assert.equal(found.items.length, 70)
    assert.deepEqual([...found.failed.keys()], groups.slice(50, 100))
  })

  it('sorts out what a server sends that ignores the filter', async () => {
    const world = neutronWorld()
    withPorts(world, ['g1', 'g2'], 3)
    const found = await portsOfGroups(
      sessionTo((request) => world.answer({ ...request, url: request.url.replace(/security_groups=[^&]*/, '') })),
      ['g2'],
    )
    assert.deepEqual(
      found.items.map((port) => port.security_groups),
      [['g2'], ['g2'], ['g2']],
    )
  })

  it('lists everything once where the filter is refused', async () => {
    const world = neutronWorld()
    const groups = ids('group', 120)
    withPorts(world, groups, 1)
    let unfiltered = 0
    const refused = recording('neutron-ports-filter-security_group')
    const found = await portsOfGroups(
      sessionTo((request) => {
        if (request.url.includes('security_groups=')) return { status: 400, json: refused.body }
        unfiltered += 1
        return world.answer(request)
      }),
      groups.slice(0, 110),
    )
    assert.equal(found.items.length, 110)
    assert.equal(unfiltered, 1)
  })

  it('counts a port in two groups once', async () => {
    const world = neutronWorld()
    const groups = ids('group', 60)
    world.apply('port.create.end', { port: { id: 'p', security_groups: [groups[0], groups[59]], fixed_ips: [] } })
    assert.equal((await portsOfGroups(sessionTo(world.answer), groups)).items.length, 1)
  })
})

describe('Floating IPs of ports', () => {
  const cloud = (count: number) => {
    const world = neutronWorld()
    const ports = ids('port', count)
    for (const [i, id] of ids('fip', count).entries()) {
      const floatingip = {
        id,
        port_id: ports[i],
        floating_ip_address: `198.51.${i >> 8}.${i & 255}`,
        fixed_ip_address: '10.0.0.1',
      }
      world.apply('floatingip.create.end', { floatingip })
    }
    return { world, ports }
  }

  it("reads the real Neutron's answer", async () => {
    const { body } = recording('neutron-floatingips-filter-port_id')
    const port = body.floatingips[0].port_id
    const found = await floatingIpsOfPorts(
      sessionTo(() => ({ json: body })),
      [port],
    )
    assert.equal(found.items[0]?.floating_ip_address, '203.0.113.35')
    assert.equal(found.items[0]?.fixed_ip_address, '10.20.0.21')
  })

  it('lists all where that is one page', async () => {
    const { world, ports } = cloud(700)
    const found = await floatingIpsOfPorts(sessionTo(world.answer), ports.slice(0, 200))
    assert.equal(found.items.length, 200)
    assert.equal(world.calls.length, 1)
  })

  it('lists all where that is fewer pages, and by ports where it is not', async () => {
    const { world, ports } = cloud(700)
    world.pageLimit = 100
    assert.equal((await floatingIpsOfPorts(sessionTo(world.answer), ports)).items.length, 700)
    assert.equal(world.calls.length, 7, '7 pages rather than 14 calls')

    world.calls.splice(0)
    const census = {}
    assert.equal((await floatingIpsOfPorts(sessionTo(world.answer), ports.slice(0, 150), { census })).items.length, 150)
    assert.equal(world.calls.length, 1 + 3, 'one page to see how many there are')
    world.calls.splice(0)
    await floatingIpsOfPorts(sessionTo(world.answer), ports.slice(0, 150), { census })
    assert.equal(world.calls.length, 3, 'and it is remembered')
  })

  it('guesses the length of the whole list from how far the first page reaches', () => {
    const sorted = ids('x', 5000)
      .sort()
      .map((id) => ({ id }))
    const guess = estimatedPages(sorted.slice(0, 500), true)
    assert.ok(guess >= 9 && guess <= 12, String(guess))
    assert.equal(estimatedPages(sorted.slice(0, 500), false), 1)
    assert.equal(estimatedPages([{ id: 'not-a-uuid' }], true), Number.POSITIVE_INFINITY)
    assert.equal(estimatedPages([], true), Number.POSITIVE_INFINITY)
  })

  it('says which ports are missing when a call fails', async () => {
    const { world, ports } = cloud(60)
    const failing = sessionTo(() => ({ status: 503 }))
    assert.equal((await floatingIpsOfPorts(failing, ports)).failed.size, 60)
    assert.equal((await floatingIpsOfPorts(failing, ports.slice(0, 1))).failed.size, 1)
    assert.equal((await floatingIpsOfPorts(sessionTo(world.answer), [])).items.length, 0)
  })
})

describe('Security-group rules', () => {
  it("reads the real Neutron's answer", () => {
    const { body } = recording('neutron-security-group-rules')
    const rules = body.security_group_rules.map(decodeRule) as ReturnType<typeof decodeRule>[]
    assert.ok(rules.every((rule) => rule !== undefined))
    const ssh = rules.find((rule) => rule?.port_range_min === 22)
    assert.equal(ssh?.remote_ip_prefix, '0.0.0.0/0')
    assert.equal(ssh?.description, 'ssh from anywhere')
  })
})
