import assert from 'node:assert/strict'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { ask, neutronAs, type PocketAnswer } from '../../support/pocket-calls'

describe('The pocket cloud’s faults', () => {
  let cloud: PocketCloud
  let admin: (method: string, path: string, body?: unknown) => Promise<PocketAnswer>
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
    admin = await neutronAs(cloud, 'admin')
  })
  afterEach(() => cloud.close())

  it('happen so many times and are then over', async () => {
    cloud.faults.add({ service: 'neutron', status: 503, headers: { 'retry-after': '7' }, body: 'busy', times: 2 })
    const answers = [
      await admin('GET', '/v2.0/ports'),
      await admin('GET', '/v2.0/ports'),
      await admin('GET', '/v2.0/ports'),
    ]
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [503, 503, 200],
    )
    assert.equal(answers[0]?.headers.get('retry-after'), '7')
    assert.equal(answers[0]?.text, 'busy')
  })

  it('match by method, path, query and body, and let the first ones pass', async () => {
    cloud.faults.add({
      service: 'neutron',
      method: 'GET',
      path: '/v2.0/por*',
      query: '(^|&)marker=',
      status: 500,
      skip: 1,
    })
    const page = async (path: string) => (await admin('GET', path)).status
    const marker = [...cloud.world.ports.keys()][0]
    assert.equal(await page('/v2.0/ports?limit=1'), 200)
    assert.equal(await page(`/v2.0/ports?limit=1&marker=${marker}`), 200)
    assert.equal(await page(`/v2.0/ports?limit=1&marker=${marker}`), 500)
    assert.equal(await page('/v2.0/networks?limit=1'), 200)
    cloud.faults.clear('neutron')
    assert.equal(await page(`/v2.0/ports?limit=1&marker=${marker}`), 200)
  })

  it('cut the connection before or after the request has its effect', async () => {
    const create = () => admin('POST', '/v2.0/security-groups', { security_group: { name: 'x' } })
    const groups = cloud.world.securityGroups.size
    cloud.faults.add({ service: 'neutron', disconnect: 'before', times: 1 })
    await assert.rejects(create())
    assert.equal(cloud.world.securityGroups.size, groups)
    cloud.faults.add({ service: 'neutron', disconnect: 'after', times: 1 })
    await assert.rejects(create())
    assert.ok(cloud.world.securityGroups.size > groups)
  })

  it('cut a body short that was announced whole', async () => {
    cloud.faults.add({ service: 'neutron', cutBodyAfter: 100, times: 1 })
    await assert.rejects(admin('GET', '/v2.0/ports'))
    assert.equal((await admin('GET', '/v2.0/ports')).status, 200)
  })

  it('delay an answer, and send a body in small pieces', async () => {
    cloud.faults.add({ service: 'neutron', delayMs: 120, times: 1 })
    const start = performance.now()
    await admin('GET', '/v2.0/networks')
    assert.ok(performance.now() - start >= 110)
    cloud.faults.add({ service: 'neutron', slowBody: { bytes: 400, everyMs: 20 }, times: 1 })
    const again = performance.now()
    const answer = await admin('GET', '/v2.0/networks')
    assert.ok(performance.now() - again >= (answer.text.length / 400 - 1) * 18)
    assert.equal(answer.status, 200)
  })

  it('put another page in place of the answer', async () => {
    cloud.faults.add({ service: 'neutron', page: 'captive-portal', times: 1 })
    const answer = await admin('GET', '/v2.0/ports')
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    assert.match(answer.text, /Sign in/)
    assert.throws(() => cloud.faults.add({ service: 'neutron', page: 'teapot' }), /There is no page "teapot"/)
  })

  it('lead paging links astray', async () => {
    const next = async () => {
      const answer = await admin('GET', '/v2.0/ports?limit=2')
      const { ports_links: links } = answer.body as { ports_links: { rel: string; href: string }[] }
      return links.find((link) => link.rel === 'next')?.href
    }
    cloud.faults.add({ service: 'neutron', links: 'repeat', times: 1 })
    assert.equal(await next(), `${cloud.urls.neutron}/v2.0/ports?limit=2`)
    cloud.faults.add({ service: 'neutron', links: 'foreign', times: 1 })
    assert.match((await next()) ?? '', /^http:\/\/evil\.example:9696\/v2\.0\/ports\?limit=2&marker=/)
  })

  it('are recorded with the exchange that they hit', async () => {
    cloud.faults.add({ service: 'neutron', name: 'rainy day', status: 502, times: 1 })
    await admin('GET', '/v2.0/subnets')
    const last = cloud.received.at(-1)
    assert.deepEqual([last?.request.path, last?.status, last?.fault], ['/v2.0/subnets', 502, 'rainy day'])
  })

  describe('over HTTP', () => {
    const control = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      ask(method, cloud.urls.control + path, { headers, ...(body !== undefined && { body }) })

    it('are switched on, listed and switched off', async () => {
      const fault = { service: 'neutron', path: '/v2.0/ports', status: 500 }
      const { id } = (await control('POST', '/_lab/faults', fault)).body as { id: number }
      assert.equal((await admin('GET', '/v2.0/ports')).status, 500)
      const { faults } = (await control('GET', '/_lab/faults')).body as { faults: { used: number; left: null }[] }
      assert.deepEqual(
        faults.map(({ used, left }) => [used, left]),
        [[1, null]],
      )
      assert.equal((await control('DELETE', `/_lab/faults/${id}`)).status, 204)
      assert.equal((await admin('GET', '/v2.0/ports')).status, 200)
      assert.equal((await control('POST', '/_lab/faults', { service: 'swift' })).status, 400)
      assert.equal((await control('POST', '/_lab/faults', { service: 'neutron', query: '(' })).status, 400)
    })

    it('show what was received without its secrets', async () => {
      const shown = (await control('GET', '/_lab/received')).text
      assert.match(shown, /"x-auth-token":"\(hidden\)"|auth\/tokens/)
      assert.doesNotMatch(shown, /gAAAA|admin-pocket/)
    })

    it('wind the clock, stop the syslog server and show scans, lines and notifications', async () => {
      const before = cloud.clock.now().getTime()
      await control('POST', '/_lab/clock', { advanceMs: 3_600_000 })
      assert.ok(cloud.clock.now().getTime() - before >= 3_600_000)
      assert.equal((await control('POST', '/_lab/clock', { advanceMs: -1 })).status, 400)
      await control('POST', '/_lab/syslog', { transport: 'tcp', behaviour: 'away' })
      assert.equal(cloud.syslog.behaviourOf('tcp'), 'away')
      assert.equal((await control('POST', '/_lab/syslog', { transport: 'pigeon', behaviour: 'away' })).status, 400)
      for (const window of ['scans', 'syslog', 'notifications']) {
        assert.equal((await control('GET', `/_lab/${window}`)).status, 200)
      }
    })

    it('answer no web page, whatever host it thinks it talks to', async () => {
      const open = '/demo/open-port'
      assert.equal((await control('POST', open, {}, { origin: 'https://evil.example' })).status, 403)
      assert.equal((await control('POST', open, {})).status, 201)
    })
  })

  describe('beside them the demo', () => {
    const demo = (path: string, body?: unknown) =>
      ask('POST', cloud.urls.control + path, { ...(body !== undefined && { body }) })

    it('opens a port with one call that needs no token, as the customer who owns the group', async () => {
      const answer = await demo('/demo/open-port')
      assert.equal(answer.status, 201)
      const opened = answer.body as { opened: string; addresses: { server: string; floating: string[] }[] }
      assert.equal(opened.opened, 'tcp port 3389 of group web to 0.0.0.0/0')
      assert.deepEqual(
        opened.addresses.map(({ server, floating }) => [server, floating]),
        [
          ['web-1', ['192.52.193.21']],
          ['web-2', ['192.52.193.22']],
        ],
      )
      assert.deepEqual(
        cloud.notifier.published.map((each) => [each.eventType, each.context.userName]),
        [
          ['security_group_rule.create.start', 'alice'],
          ['security_group_rule.create.end', 'alice'],
        ],
      )
    })

    it('closes the port that was opened last when none is named, and never a rule that it did not open', async () => {
      const first = (await demo('/demo/open-port')).body as { rule: { id: string } }
      const second = (await demo('/demo/open-port')).body as { rule: { id: string } }
      assert.equal(((await demo('/demo/close-port')).body as { rule: string }).rule, second.rule.id)
      assert.equal(((await demo('/demo/close-port')).body as { rule: string }).rule, first.rule.id)
      const third = await demo('/demo/close-port')
      assert.deepEqual([third.status, third.body], [404, { error: 'No rule of group web was opened here.' }])
    })

    it('opens another port each time, or the one that is asked for, and closes it again', async () => {
      const first = (await demo('/demo/open-port')).body as { opened: string }
      const second = (await demo('/demo/open-port')).body as { opened: string }
      assert.notEqual(first.opened, second.opened)
      const wanted = { group: 'vault', port: 2049, protocol: 'udp', from: '198.51.100.0/24' }
      const third = (await demo('/demo/open-port', wanted)).body as { opened: string }
      assert.equal(third.opened, 'udp port 2049 of group vault to 198.51.100.0/24')
      assert.equal(cloud.notifier.published.at(-1)?.context.userName, 'bob')
      assert.equal((await demo('/demo/open-port', wanted)).status, 409)
      assert.equal((await demo('/demo/close-port', { group: 'vault', port: 2049 })).status, 200)
      assert.equal((await demo('/demo/open-port', wanted)).status, 201)
      assert.equal((await demo('/demo/open-port', { group: 'nobody' })).status, 404)
    })
  })
})
