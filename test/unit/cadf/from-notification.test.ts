import assert from 'node:assert/strict'
import type { Outcome } from '../../../src/cadf/event'
import type { Notification } from '../../../src/notification/model'
import { convert } from './converted'

describe('The CADF event of a notification that carries none', () => {
  it('says who did what to which resource, seen by whom', () => {
    const rule = { id: 'r1', project_id: 'p1', description: 'ssh' }
    const context = { userId: 'u1', userName: 'alice', projectId: 'p1', requestId: 'req-1', remoteAddress: '192.0.2.7' }
    assert.deepEqual(convert('security_group_rule.create.end', { security_group_rule: rule }, { context }), {
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      id: 'm1',
      eventType: 'activity',
      eventTime: '2026-11-21T06:51:16.704739+00:00',
      action: 'create',
      outcome: 'success',
      initiator: {
        id: 'u1',
        typeURI: 'service/security/account/user',
        name: 'alice',
        username: 'alice',
        user_id: 'u1',
        project_id: 'p1',
        request_id: 'req-1',
        host: { address: '192.0.2.7', trust: 'peer' },
      },
      target: { id: 'r1', typeURI: 'network/security-group-rule', project_id: 'p1' },
      observer: {
        id: 'network.controller1',
        typeURI: 'service/network',
        name: 'network',
        host: { id: 'controller1' },
      },
    })
  })

  describe('of a delete', () => {
    const deletes: [shape: string, payload: object, name: string | undefined][] = [
      ['with only the id', { security_group_id: 'g1' }, undefined],
      ['with id and object', { security_group_id: 'g1', security_group: { id: 'g1', name: 'web' } }, 'web'],
      ['with id and an empty object', { security_group_id: 'g1', security_group: {} }, undefined],
    ]
    for (const [shape, payload, name] of deletes) {
      it(`names the target ${shape}`, () => {
        const event = convert('security_group.delete.end', payload)
        assert.equal(event.action, 'delete')
        assert.equal(event.target.id, 'g1')
        assert.equal(event.target.name, name)
        assert.equal(event.added, undefined)
      })
    }
  })

  it('of a bulk request lists its members, and has their project if it is one', () => {
    const rules = [
      { id: 'r1', project_id: 'p1' },
      { id: 'r2', project_id: 'p1', name: 'two' },
    ]
    const { target, added } = convert('security_group_rule.create.end', { security_group_rules: rules })
    assert.equal(target.id, 'unknown')
    assert.equal(target.project_id, 'p1')
    assert.deepEqual((target['attachments'] as { content: unknown }[])[0]?.content, [
      { id: 'r1' },
      { id: 'r2', name: 'two' },
    ])
    assert.deepEqual(added, ['target.id'])
    const mixed = [{ id: 'r1', project_id: 'p1' }, { id: 'r2' }]
    assert.equal(convert('port.create.end', { ports: mixed }).target.project_id, undefined)
  })

  it('of a bulk request for one is that of a single request', () => {
    const policies = convert('rbac_policy.create.end', { rbac_policies: [{ id: 'x1', project_id: 'p1' }] })
    assert.deepEqual(policies.target, { id: 'x1', typeURI: 'network/rbac-policy', project_id: 'p1' })
  })

  describe('has the action, the target and the outcome of', () => {
    const nova = { publisherId: 'compute.host1', source: { kind: 'rabbitmq', cloud: 'lab', exchange: 'nova' } } as const
    const novaApi = { ...nova, publisherId: 'nova-compute:host1' }
    const legacy = { instance_id: 'i1', display_name: 'web1', tenant_id: 'p2', user_id: 'owner' }
    const versioned = {
      'nova_object.name': 'InstanceCreatePayload',
      'nova_object.version': '1.12',
      'nova_object.data': { uuid: 'i1', display_name: 'web1', tenant_id: 'p2' },
    }
    const volume = { volume_id: 'v1', display_name: 'data', tenant_id: 'p2', user_id: 'owner' }
    const cinder = {
      publisherId: 'volume.host1@lvm',
      source: { kind: 'rabbitmq', cloud: 'lab', exchange: 'openstack' },
    } as const
    const noPublisher = (exchange: string) =>
      ({ publisherId: null, source: { kind: 'rabbitmq', cloud: 'lab', exchange } }) as const
    const rows: [string, object, Partial<Notification>, action: string, target: string, Outcome][] = [
      ['compute.instance.create.start', legacy, nova, 'create', 'i1 compute/server web1 p2', 'pending'],
      ['compute.instance.create.end', legacy, nova, 'create', 'i1 compute/server web1 p2', 'success'],
      [
        'compute.instance.create.error',
        legacy,
        { ...nova, priority: 'ERROR' },
        'create',
        'i1 compute/server web1 p2',
        'failure',
      ],
      ['compute.instance.power_off.end', legacy, nova, 'stop/power_off', 'i1 compute/server web1 p2', 'success'],
      [
        'compute.instance.resize.prep.start',
        legacy,
        nova,
        'update/resize/prep',
        'i1 compute/server web1 p2',
        'pending',
      ],
      [
        'compute.instance.live_migration._post.end',
        legacy,
        nova,
        'update/live_migration/_post',
        'i1 compute/server web1 p2',
        'success',
      ],
      ['compute.instance.exists', legacy, nova, 'monitor/exists', 'i1 compute/server web1 p2', 'success'],
      ['instance.create.end', versioned, novaApi, 'create', 'i1 compute/server web1 p2', 'success'],
      [
        'instance.create.error',
        versioned,
        { ...novaApi, priority: 'ERROR' },
        'create',
        'i1 compute/server web1 p2',
        'failure',
      ],
      [
        'instance.volume_attach.start',
        versioned,
        novaApi,
        'update/volume_attach',
        'i1 compute/server web1 p2',
        'pending',
      ],
      [
        'flavor.create',
        { 'nova_object.data': { flavorid: 'x', name: 'm1', id: 7 } },
        novaApi,
        'create',
        '7 compute/flavor m1',
        'success',
      ],
      ['volume.create.start', volume, cinder, 'create', 'v1 storage/volume data p2', 'pending'],
      ['volume.attach.end', volume, cinder, 'update/attach', 'v1 storage/volume data p2', 'success'],
      [
        'snapshot.delete.end',
        { snapshot_id: 's1', tenant_id: 'p2' },
        cinder,
        'delete',
        's1 storage/snapshot p2',
        'success',
      ],
      [
        'image.update',
        { id: 'x1', name: 'debian', owner: 'p2' },
        { publisherId: 'image.host1' },
        'update',
        'x1 data/image debian p2',
        'success',
      ],
      [
        'image.member.create',
        { image_id: 'x1' },
        { publisherId: 'image.host1' },
        'create',
        'unknown data/image/member',
        'success',
      ],
      [
        'orchestration.stack.create.error',
        { stack_identity: 'arn:s1', stack_name: 'shop', tenant_id: 'p2' },
        { publisherId: 'orchestration.host1' },
        'create',
        'arn:s1 service/orchestration/stack shop p2',
        'failure',
      ],
      [
        'baremetal.node.provision_set.success',
        { 'ironic_object.data': { uuid: 'n1', name: 'rack1' } },
        { publisherId: 'ironic-conductor.host1' },
        'update/provision_set',
        'n1 compute/baremetal/node rack1',
        'success',
      ],
      [
        'dns.zone.create',
        { id: 'z1', name: 'example.org.', tenant_id: 'p2' },
        { publisherId: 'central.host1' },
        'create',
        'z1 network/dns/zone example.org. p2',
        'success',
      ],
      [
        'octavia.loadbalancer.update.end',
        { loadbalancer_id: 'l1', name: 'lb', project_id: 'p2', vip_port_id: 'x' },
        noPublisher('octavia'),
        'update',
        'l1 network/loadbalancer lb p2',
        'success',
      ],
      [
        'router.interface.create',
        { router_interface: { id: 'rt1', tenant_id: 'p2' } },
        {},
        'create',
        'rt1 network/router/interface p2',
        'success',
      ],
      [
        'port_forwarding.delete.start',
        { port_forwarding_id: 'f1' },
        {},
        'delete',
        'f1 network/port-forwarding',
        'pending',
      ],
      [
        'tag.create.end',
        { parent_resource: 'rbac_policies', parent_resource_id: 'x1', tags: ['a'] },
        {},
        'create',
        'x1 network/rbac-policy/tag',
        'success',
      ],
      [
        'firewall_rule.update.end',
        { firewall_rule: { id: 'fw1', tenant_id: 'p2' } },
        {},
        'update',
        'fw1 network/firewall-rule p2',
        'success',
      ],
      ['port.create.end', { port: { id: 'x1' } }, noPublisher('neutron'), 'create', 'x1 network/port', 'success'],
      [
        'security_group.create.end',
        { security_group: { id: 'g1' } },
        noPublisher(''),
        'create',
        'g1 network/security-group',
        'success',
      ],
    ]
    for (const [eventType, payload, rest, action, target, outcome] of rows) {
      it(eventType, () => {
        const event = convert(eventType, payload, rest)
        const { id, typeURI, name, project_id } = event.target
        assert.equal(event.action, action)
        assert.equal([id, typeURI, name, project_id].filter((part) => part !== undefined).join(' '), target)
        assert.equal(event.outcome, outcome)
        assert.deepEqual(event.added?.includes('target.id') ?? false, id === 'unknown')
      })
    }
  })

  describe('says why, of a failure, where the source does', () => {
    const nova = { publisherId: 'nova-compute:host1', priority: 'ERROR' }
    const rows: [what: string, eventType: string, payload: object, reason: object | undefined][] = [
      [
        'versioned Nova',
        'instance.create.error',
        {
          'nova_object.data': {
            uuid: 'i1',
            fault: { 'nova_object.data': { exception: 'NoValidHost', exception_message: 'No valid host was found.' } },
          },
        },
        { reasonType: 'No valid host was found.', reasonCode: 'NoValidHost' },
      ],
      [
        'legacy Nova',
        'compute.instance.create.error',
        { instance_id: 'i1', message: 'Build failed', code: 500 },
        { reasonType: 'Build failed', reasonCode: '500' },
      ],
      ['one that does not say', 'instance.create.error', { 'nova_object.data': { uuid: 'i1' } }, undefined],
    ]
    for (const [what, eventType, payload, reason] of rows) {
      it(what, () => {
        assert.deepEqual(convert(eventType, payload, nova).reason, reason)
      })
    }
    it('and not of a success', () => {
      assert.equal(convert('compute.instance.create.end', { instance_id: 'i1', message: 'Success' }).reason, undefined)
    })
  })

  it('says visibly what nobody told', () => {
    const event = convert(
      'mystery.happened',
      { a: 1 },
      { publisherId: null, context: {}, source: { kind: 'rabbitmq', cloud: 'lab' } },
    )
    assert.equal(event.action, 'unknown')
    assert.equal(event.initiator.id, 'unknown')
    assert.equal(event.target.typeURI, 'unknown')
    assert.deepEqual(event.added?.toSorted(), [
      'action',
      'initiator.id',
      'observer.id',
      'observer.typeURI',
      'target.id',
      'target.typeURI',
    ])
  })

  it('takes the initiator of a versioned notification from its payload where the context is empty', () => {
    const data = { uuid: 'i1', action_initiator_user: 'u7', action_initiator_project: 'p7', request_id: 'req-7' }
    const { initiator } = convert(
      'instance.lock',
      { 'nova_object.data': data },
      { publisherId: 'nova-api:h', context: {} },
    )
    assert.equal(initiator.id, 'u7')
    assert.equal(initiator.project_id, 'p7')
    assert.equal(initiator.request_id, 'req-7')
  })

  it('does not take the project of the acting user for that of the target', () => {
    const context = { userId: 'admin', projectId: 'service-project' }
    const event = convert('port.create.end', { port: { id: 'x', project_id: 'owner-project' } }, { context })
    assert.equal(event.initiator.project_id, 'service-project')
    assert.equal(event.target.project_id, 'owner-project')
  })

  it('lists what the envelope made up', () => {
    const event = convert('port.create.end', { port: { id: 'x' } }, { added: ['messageId', 'timestamp'] })
    assert.deepEqual(event.added, ['id', 'eventTime'])
  })

  describe('is made, whatever the payload is:', () => {
    const payloads: unknown[] = [
      undefined,
      null,
      7,
      'text',
      [],
      [1],
      {},
      { port: null },
      { port: [] },
      { ports: [null] },
    ]
    for (const payload of [...payloads, { ports: [1, 'x'] }, { port: { id: {} } }, { port_id: '' }]) {
      it(JSON.stringify(payload) ?? 'undefined', () => {
        assert.equal(convert('port.create.end', payload).target.id, 'unknown')
      })
    }
  })

  describe('is valid, whatever the event type is:', () => {
    const types = [
      'x',
      '.',
      '...',
      'a.b',
      'port.<script>.end',
      'port.create\n.end',
      '../../etc.create',
      'p\u202eort.create',
    ]
    for (const eventType of [
      ...types,
      '__proto__.create.end',
      'constructor.create',
      'toString.toString',
      'port.unknown',
    ]) {
      it(JSON.stringify(eventType), () => {
        convert(eventType, { id: 'x' })
      })
    }
  })
})
