import assert from 'node:assert/strict'
import { demoId } from '../../../lab/demo/cloud'
import { demoProjects } from '../../../lab/demo/people'
import { type PocketCloud, startPocketCloud } from '../../../lab/pocket-cloud'
import { ask, tokenOf } from '../../support/pocket-calls'
import { recordedExchange } from '../../support/recorded-neutron'
import { sameShape } from '../../support/shape'

const { shop, archive, admin } = demoProjects

describe('The pocket cloud’s Nova, Cinder and Octavia', () => {
  let cloud: PocketCloud
  beforeEach(async () => {
    cloud = await startPocketCloud({ certificate: false })
  })
  afterEach(() => cloud.close())

  async function as(name: string, project = admin.id) {
    const token = await tokenOf(cloud, name)
    const call = (service: 'nova' | 'cinder' | 'octavia', path: string, method = 'GET') =>
      ask(method, `${cloud.urls[service]}${path}`, { headers: { 'x-auth-token': token } })
    const names = async (service: 'nova' | 'cinder' | 'octavia', path: string) => {
      const { body } = await call(service, path)
      const [list] = Object.values(body as Record<string, { name: string }[]>)
      return list?.map(({ name: each }) => each).sort()
    }
    return { call, names, volumes: `/v3/${project}/volumes` }
  }

  it('stand in the catalogue', async () => {
    const token = await tokenOf(cloud, 'alice')
    const { body } = await ask('GET', `${cloud.urls.keystone}/auth/catalog`, { headers: { 'x-auth-token': token } })
    const { catalog } = body as { catalog: { type: string; endpoints: { url: string }[] }[] }
    assert.deepEqual(
      catalog.map(({ type, endpoints }) => `${type} ${endpoints[0]?.url.replace(/:\d+/, '')}`),
      [
        'identity http://127.0.0.1/v3',
        'network http://127.0.0.1',
        'compute http://127.0.0.1/v2.1',
        `volumev3 http://127.0.0.1/v3/${shop.id}`,
        'load-balancer http://127.0.0.1',
      ],
    )
  })

  it('show everybody their own project', async () => {
    const { names, volumes } = await as('alice', shop.id)
    assert.deepEqual(await names('nova', '/v2.1/servers'), ['db-1', 'six-1', 'web-1', 'web-2'])
    assert.deepEqual(await names('nova', `/v2.1/servers?project_id=${archive.id}`), ['db-1', 'six-1', 'web-1', 'web-2'])
    assert.deepEqual(await names('cinder', `${volumes}?all_tenants=1`), ['db-data', 'web-content'])
    assert.deepEqual(await names('octavia', `/v2/lbaas/loadbalancers?project_id=${archive.id}`), ['shop-lb'])
  })

  it('refuse to show a member all projects, each in its own way', async () => {
    const { call } = await as('alice', shop.id)
    const refused = await call('nova', '/v2.1/servers/detail?all_tenants=1')
    assert.equal(refused.status, 403)
    assert.match(refused.text, /"forbidden".*get_all_tenants/)
    assert.equal((await call('nova', `/v2.1/servers/${demoId('server vault-1')}`)).status, 404)
    assert.equal((await call('octavia', `/v2/lbaas/loadbalancers/${demoId('load balancer archive-lb')}`)).status, 403)
    assert.equal((await call('cinder', `/v3/${archive.id}/volumes`)).status, 400)
  })

  it('show an administrator the project that is asked for, Nova and Cinder only with all_tenants', async () => {
    const { names, volumes } = await as('admin')
    assert.deepEqual(await names('nova', `/v2.1/servers/detail?project_id=${archive.id}`), [])
    const all = `all_tenants=1&project_id=${archive.id}`
    assert.deepEqual(await names('nova', `/v2.1/servers/detail?${all}`), ['store-1', 'store-2', 'vault-1'])
    assert.deepEqual(await names('nova', `/v2.1/servers?tenant_id=${archive.id}`), ['store-1', 'store-2', 'vault-1'])
    assert.deepEqual(await names('cinder', `${volumes}/detail?project_id=${archive.id}`), [])
    assert.deepEqual(await names('cinder', `${volumes}/detail?${all}`), ['cold-copy', 'store-data'])
    assert.deepEqual(await names('octavia', `/v2/lbaas/loadbalancers?project_id=${archive.id}`), ['archive-lb'])
    assert.equal((await names('octavia', '/v2/lbaas/loadbalancers'))?.length, 2)
  })

  it('list page by page, each with its own kind of link', async () => {
    const { call, volumes } = await as('admin')
    for (const [service, path, key, expected] of [
      ['nova', '/v2.1/servers?all_tenants=1&limit=4', 'servers', [7, 2]],
      ['cinder', `${volumes}?all_tenants=1&limit=2`, 'volumes', [4, 3]],
      ['octavia', '/v2/lbaas/loadbalancers?limit=1', 'loadbalancers', [2, 3]],
    ] as const) {
      const seen: string[] = []
      let next: string | undefined = path
      let pages = 0
      while (next !== undefined) {
        const { body, status } = await call(service, next)
        assert.equal(status, 200)
        const page = body as Record<string, { id: string }[] & { href: string }[]>
        seen.push(...(page[key] ?? []).map(({ id }) => id))
        next = page[`${key}_links`]?.[0]?.href.replace(cloud.urls[service], '')
        pages += 1
      }
      assert.equal(new Set(seen).size, seen.length)
      // A full last page is followed by an empty one.
      assert.deepEqual([seen.length, pages], expected)
      const lost = await call(service, `${path}&marker=gone`)
      assert.equal(lost.status, service === 'nova' ? 400 : 404)
    }
  })

  it('show a load balancer, and refuse callers without a token, as recorded', async () => {
    const { call } = await as('alice')
    const recorded = recordedExchange('octavia-loadbalancer')
    sameShape((await call('octavia', `/v2/lbaas/loadbalancers/${demoId('load balancer shop-lb')}`)).body, recorded.body)
    const nobody = await ask('GET', `${cloud.urls.octavia}/v2/lbaas/loadbalancers`)
    const refused = recordedExchange('octavia-no-token')
    assert.equal(nobody.status, refused.status)
    sameShape(nobody.body, refused.body)
  })

  it('delete what may be deleted, and nothing else', async () => {
    const { call, volumes } = await as('admin')
    const server = `/v2.1/servers/${demoId('server store-1')}`
    assert.equal((await call('nova', server, 'DELETE')).status, 204)
    assert.equal((await call('nova', server)).status, 404)
    assert.equal(cloud.world.ports.get(demoId('port store-1'))?.device_id, '')
    assert.equal((await call('cinder', `${volumes}/${demoId('volume cold-copy')}`, 'DELETE')).status, 202)
    assert.equal((await call('cinder', `${volumes}/${demoId('volume db-data')}`, 'DELETE')).status, 400)
    const balancer = `/v2/lbaas/loadbalancers/${demoId('load balancer archive-lb')}`
    assert.equal((await call('octavia', balancer, 'DELETE')).status, 400)
    assert.equal((await call('octavia', `${balancer}?cascade=true`, 'DELETE')).status, 204)
    assert.equal(cloud.resources.loadBalancers.size, 1)
  })
})
