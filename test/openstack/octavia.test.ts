import assert from 'node:assert/strict'
import { waitFor } from '../support/wait-for'
import type { Resource } from './cloud/person'
import type { RealOpenStack } from './cloud/real-openstack'
import type { Recorder } from './recorder'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'
import { type Tenancy, tenancy } from './tenancy'

describe('Octavia', function () {
  this.timeout(120_000)
  let cloud: RealOpenStack
  let recorder: Recorder
  let customer: Tenancy
  let balancer: Resource
  let listener: Resource

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud, recorder } = await sharedOpenStack())
    customer = await tenancy(cloud, ['load-balancer_member'])
    const network = await customer.create('networks', 'network', { name: 'balanced' })
    const subnet = { network_id: network.id, ip_version: 4, cidr: '10.50.0.0/24' }
    const { id } = await customer.create('subnets', 'subnet', subnet)
    balancer = await create('loadbalancers', 'loadbalancer', { name: 'shop', vip_subnet_id: id })
    await active()
    listener = await create('listeners', 'listener', {
      loadbalancer_id: balancer.id,
      protocol: 'HTTP',
      protocol_port: 80,
    })
    await active()
    await ask('PUT', `loadbalancers/${balancer.id}`, { loadbalancer: { name: 'shop-2' } })
    await active()
    await ask('DELETE', `loadbalancers/${balancer.id}?cascade=true`)
  })

  const url = (path: string) => `${cloud.urls.octavia}/v2/lbaas/${path}`
  const ask = (method: string, path: string, body?: Record<string, unknown>) =>
    customer.person.ask(method, url(path), body)
  const create = (path: string, resource: string, members: object) => ask('POST', path, { [resource]: members })
  /** Until then it refuses every change. */
  const active = () =>
    waitFor(
      'the load balancer to be active',
      async () => {
        const { provisioning_status: status } = await ask('GET', `loadbalancers/${balancer.id}`)
        assert.notEqual(status, 'ERROR')
        return status === 'ACTIVE'
      },
      { timeoutMs: 60_000, everyMs: 250 },
    )

  it('tells of load balancers created, updated and deleted, and of their projects', async () => {
    for (const done of ['create', 'update', 'delete']) {
      const { event } = await recorder.hears(
        `the load balancer ${done}d`,
        ({ topic, event: { target } }) => topic === `octavia.loadbalancer.${done}.end` && target.id === balancer.id,
      )
      assert.equal(event.action, done)
      assert.equal(event.outcome, 'success')
      assert.equal(event.target.typeURI, 'network/loadbalancer')
      assert.equal(event.target['project_id'], customer.project)
    }
  })

  const LOADBALANCER = 'network/loadbalancer'
  const one = () => `loadbalancers/${balancer.id}`
  const cascade = () => `${one()}?cascade=true`
  // Of what is created the path has no id.
  const none = () => 'unknown'
  const itself = () => balancer.id
  const audited: [
    title: string,
    action: string,
    path: () => string,
    typeURI: string,
    id: () => string,
    code: string,
  ][] = [
    ['load balancer created', 'create', () => 'loadbalancers', LOADBALANCER, none, '201'],
    ['listener created', 'create', () => 'listeners', `${LOADBALANCER}/listener`, none, '201'],
    ['load balancer updated', 'update', one, LOADBALANCER, itself, '200'],
    ['load balancer deleted', 'delete', cascade, LOADBALANCER, itself, '204'],
  ]
  for (const [title, action, path, typeURI, id, code] of audited) {
    it(`tells who asked for a ${title} and from where, before and after`, async () => {
      const asked = (type: string) =>
        recorder.hears(
          `the audit of the ${title}`,
          ({ topic, event }) =>
            topic === type &&
            event.requestPath === `/v2/lbaas/${path()}` &&
            event.action === action &&
            event.initiator.id === customer.person.userId,
        )
      const request = (await asked('audit.http.request')).event
      const response = (await asked('audit.http.response')).event
      assert.equal(request.outcome, 'pending')
      assert.equal(response.outcome, 'success')
      assert.equal(response.reason?.reasonCode, code)
      for (const event of [request, response]) {
        assert.equal(event.target.typeURI, typeURI)
        assert.equal(event.target.id, id())
        assert.equal(event.initiator.name, customer.userName)
        assert.equal(event.initiator['project_id'], customer.project)
        assert.equal(event.initiator.host?.address, '127.0.0.1')
      }
    })
  }

  it('tells of a refused request', async () => {
    const from = recorder.mark()
    const missing = `loadbalancers/${listener.id}`
    assert.equal((await customer.person.attempt('DELETE', url(missing))).status, 404)
    const { event } = await recorder.hears(
      'the refusal',
      ({ topic, event: told }) => topic === 'audit.http.response' && told.requestPath === `/v2/lbaas/${missing}`,
      from,
    )
    assert.equal(event.outcome, 'failure')
    assert.equal(event.reason?.reasonCode, '404')
  })
})
