import assert from 'node:assert/strict'
import type { OccurrenceMessage } from '../../src/message/model'
import type { RealOpenStack } from './cloud/real-openstack'
import type { Recorder } from './recorder'
import { STARTUP_MS, sharedOpenStack } from './shared-openstack'
import { insideNetwork, type Tenancy, tenancy } from './tenancy'

const INSIDE = { v4: '10.40.0.0/24', v6: '2620:4f:8000:40::/64' }

describe('Neutron', function () {
  this.timeout(60_000)
  let cloud: RealOpenStack
  let recorder: Recorder
  let customer: Tenancy
  let group: string

  before(async function () {
    this.timeout(STARTUP_MS)
    ;({ cloud, recorder } = await sharedOpenStack())
    customer = await tenancy(cloud)
    group = (await customer.create('security-groups', 'security_group', { name: 'web' })).id
  })

  const about = (topic: string, id: string) => (message: OccurrenceMessage) =>
    message.topic === topic && message.event.target.id === id
  const isCustomer = ({ event }: OccurrenceMessage) => {
    assert.equal(event.initiator['user_id'], customer.person.userId)
    assert.equal(event.initiator['username'], customer.userName)
    assert.equal(event.initiator['project_id'], customer.project)
  }
  const ssh = (port: number, members: object = {}) => ({
    security_group_id: group,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: port,
    port_range_max: port,
    ...members,
  })
  /** The pair of audit events of the request that a notification belongs to. */
  const auditOf = async ({ notification }: OccurrenceMessage): Promise<OccurrenceMessage[]> => {
    const asked = (topic: string) => (message: OccurrenceMessage) =>
      message.topic === topic && message.event.initiator.request_id === notification.context.requestId
    return [
      await recorder.hears('the audited request', asked('audit.http.request')),
      await recorder.hears('the audited response', asked('audit.http.response')),
    ]
  }

  it('tells of a rule created and deleted: whose it is, which group, and what it lets in', async () => {
    const rule = await customer.create('security-group-rules', 'security_group_rule', ssh(22))
    await customer.neutron('DELETE', `security-group-rules/${rule.id}`)
    for (const done of ['create', 'delete']) {
      const message = await recorder.hears(`the rule ${done}d`, about(`security_group_rule.${done}.end`, rule.id))
      const { event, payload } = message
      assert.equal(event.action, done)
      assert.equal(event.outcome, 'success')
      assert.equal(event.target.typeURI, 'network/security-group-rule')
      assert.equal(event.target['project_id'], customer.project)
      const told = (payload as { security_group_rule: Record<string, unknown> }).security_group_rule
      assert.equal(told['security_group_id'], group)
      assert.equal(told['port_range_min'], 22)
      isCustomer(message)
    }
  })

  it('tells from which address a change was asked for, in the audit events of the same request', async () => {
    const rule = await customer.create('security-group-rules', 'security_group_rule', ssh(2222))
    const told = await recorder.hears('the rule', about('security_group_rule.create.end', rule.id))
    const [request, response] = await auditOf(told)
    assert.equal(request?.event.outcome, 'pending')
    assert.equal(response?.event.outcome, 'success')
    for (const event of [request?.event, response?.event]) {
      assert.ok(event)
      assert.equal(event.action, 'create')
      assert.equal(event.requestPath, '/v2.0/security-group-rules')
      assert.equal(event.target.typeURI, 'network/security-group-rule')
      assert.equal(event.observer.typeURI, 'service/network')
      assert.equal(event.initiator.id, customer.person.userId)
      assert.equal(event.initiator.name, customer.userName)
      assert.equal(event.initiator['project_id'], customer.project)
      assert.equal(event.initiator.host?.address, '127.0.0.1')
    }
    assert.equal(response?.event.reason?.reasonCode, '201')
    assert.deepEqual(response?.event.tags, request?.event.tags)
    assert.equal(response?.event.id, request?.event.id)

    await customer.neutron('DELETE', `security-group-rules/${rule.id}`)
    const deleted = await recorder.hears('the rule deleted', about('security_group_rule.delete.end', rule.id))
    for (const { event } of await auditOf(deleted)) {
      assert.equal(event.action, 'delete')
      assert.equal(event.target.id, rule.id)
    }
  })

  it('tells of addresses added to an address group only in the audit', async () => {
    const made = { name: 'partners', addresses: ['198.51.100.0/24'] }
    const { id } = await customer.create('address-groups', 'address_group', made)
    await recorder.hears('the address group', about('address_group.create.end', id))
    await customer.neutron('PUT', `address-groups/${id}/add_addresses`, { addresses: ['0.0.0.0/0'] })
    const { event } = await recorder.hears(
      'the audit of the addresses',
      (message) => message.topic === 'audit.http.response' && message.event.action === 'update/add_addresses',
    )
    assert.equal(event.target.id, id)
    assert.equal(event.target.typeURI, 'network/address-group')
    assert.equal(event.initiator.id, customer.person.userId)
    assert.ok(!recorder.byBus.some(({ topic }) => topic.startsWith('address_group.update')))
  })

  it('tells of a refused change by a failure in the audit, and of no change', async () => {
    await customer.create('security-group-rules', 'security_group_rule', ssh(80))
    const from = recorder.mark()
    const { status } = await customer.person.attempt('POST', `${cloud.urls.neutron}/v2.0/security-group-rules`, {
      security_group_rule: ssh(80),
    })
    assert.equal(status, 409)
    const refused = await recorder.hears(
      'the refusal',
      ({ topic, event }) => topic === 'audit.http.response' && event.outcome === 'failure',
      from,
    )
    assert.equal(refused.event.reason?.reasonCode, '409')
    assert.equal(refused.event.initiator.id, customer.person.userId)
    const after = recorder.byBus.slice(from).map(({ topic }) => topic)
    assert.ok(after.includes('security_group_rule.create.start'))
    assert.ok(!after.includes('security_group_rule.create.end'))
  })

  it('tells of ports and floating IPs with their addresses', async () => {
    const inside = await insideNetwork(cloud, customer, INSIDE)
    const port = await customer.create('ports', 'port', {
      network_id: inside.id,
      security_groups: [group],
      fixed_ips: [{ subnet_id: inside.v4, ip_address: '10.40.0.11' }],
    })
    const made = await customer.create('floatingips', 'floatingip', { floating_network_id: inside.outside })
    await customer.neutron('PUT', `floatingips/${made.id}`, { floatingip: { port_id: port.id } })
    await customer.neutron('DELETE', `ports/${port.id}`)

    const created = await recorder.hears('the port', about('port.create.end', port.id))
    assert.equal(created.event.target.typeURI, 'network/port')
    assert.deepEqual(told(created, 'port')['fixed_ips'], [{ subnet_id: inside.v4, ip_address: '10.40.0.11' }])
    const associated = await recorder.hears('the floating IP', about('floatingip.update.end', made.id))
    assert.equal(associated.event.target.typeURI, 'network/floatingip')
    assert.equal(told(associated, 'floatingip')['floating_ip_address'], made['floating_ip_address'])
    assert.equal(told(associated, 'floatingip')['fixed_ip_address'], '10.40.0.11')
    const deleted = await recorder.hears('the port deleted', about('port.delete.end', port.id))
    assert.deepEqual(told(deleted, 'port')['fixed_ips'], [{ subnet_id: inside.v4, ip_address: '10.40.0.11' }])
    for (const message of [created, associated, deleted]) isCustomer(message)

    function told({ payload }: OccurrenceMessage, resource: string): Record<string, unknown> {
      return (payload as Record<string, Record<string, unknown>>)[resource] ?? {}
    }
  })
})
