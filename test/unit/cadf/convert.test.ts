import assert from 'node:assert/strict'
import { cadfEvent } from '../../../src/cadf/convert'
import type { CadfEvent, Outcome } from '../../../src/cadf/event'
import { cadfViolations } from '../../../src/cadf/validate'
import { decodeNotification } from '../../../src/notification/envelope'
import { gapBody, gapNotification } from '../../../src/notification/gap'
import type { Notification } from '../../../src/notification/model'

const notification = (eventType: string, rest: Partial<Notification> = {}): Notification => ({
  messageId: 'm1',
  eventType,
  publisherId: 'network.controller1',
  priority: 'INFO',
  timestamp: '2026-11-21T06:51:16.704739+00:00',
  context: { userId: 'u1', userName: 'alice', projectId: 'p1' },
  source: { kind: 'rabbitmq', cloud: 'lab', exchange: 'neutron' },
  ...rest,
})

function convert(eventType: string, payload: unknown, rest: Partial<Notification> = {}): CadfEvent {
  const event = cadfEvent(notification(eventType, rest), payload)
  assert.deepEqual(cadfViolations(event), [])
  return event
}

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
        host: { address: '192.0.2.7' },
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
        'identity.OS-TRUST:trust.created',
        { resource_info: 't1' },
        { publisherId: 'identity.host1' },
        'create',
        't1 data/security/trust',
        'success',
      ],
      [
        'identity.user.disabled',
        { resource_info: 'u9' },
        { publisherId: 'identity.host1' },
        'disable',
        'u9 data/security/account/user',
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

describe('The CADF event of a CADF payload', () => {
  const sent = {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: 'e1',
    eventType: 'activity',
    eventTime: '2026-11-21T06:47:36.704578+0000',
    action: 'update',
    outcome: 'success',
    initiator: { id: 'u1', typeURI: 'service/security/account/user' },
    target: { id: 't1', typeURI: 'service/network', name: 'neutron' },
    observer: { id: 'target' },
  }
  const take = (changes: object) => convert('audit.http.response', { ...sent, ...changes })

  it('keeps what the source added to the standard', () => {
    const event = take({ requestPath: '/v2.0/ports', inherited_to_projects: false, custom: { deep: [1] } })
    assert.equal(event.requestPath, '/v2.0/ports')
    assert.equal(event['inherited_to_projects'], false)
    assert.deepEqual(event['custom'], { deep: [1] })
    assert.equal(event.added, undefined)
    assert.equal(event.flags, undefined)
  })

  it('resolves an observer that refers to another part of the event', () => {
    assert.deepEqual(take({}).observer, { id: 't1', typeURI: 'service/network', name: 'neutron' })
    assert.deepEqual(take({ observer: { id: 'initiator' } }).observer, sent.initiator)
    const real = { id: 'target', typeURI: 'service/security' }
    assert.deepEqual(take({ observer: real }).observer, real)
  })

  it('spells times with their offset', () => {
    const chain = [{ role: 'modifier', reporterTime: '2026-11-21T06:51:15.425858+0000', reporter: { id: 'target' } }]
    const event = take({ reporterchain: chain })
    assert.equal(event.eventTime, '2026-11-21T06:47:36.704578+00:00')
    assert.deepEqual(event.reporterchain, [{ ...chain[0], reporterTime: '2026-11-21T06:51:15.425858+00:00' }])
  })

  it('does not change the payload', () => {
    const payload = structuredClone({
      ...sent,
      reason: { reasonType: 'HTTP', reasonCode: 200 },
      reporterchain: [{ role: 'relay', reporterId: 'x', reporterTime: '2026-11-21T06:51:15Z' }],
    })
    const before = structuredClone(payload)
    convert('audit.http.response', payload)
    assert.deepEqual(payload, before)
  })

  it('turns numeric reason codes and ids into text', () => {
    const event = take({
      reason: { reasonType: 'HTTP', reasonCode: 204 },
      target: { id: 17, typeURI: 'compute/server' },
    })
    assert.equal(event.reason?.reasonCode, '204')
    assert.equal(event.target.id, '17')
  })

  it('flags a success with the reason of a failure, and keeps both', () => {
    const event = take({ reason: { reasonType: 'Password too short', reasonCode: '400' } })
    assert.equal(event.outcome, 'success')
    assert.deepEqual(event.flags, ['outcome success but reason code 400'])
  })

  it('brings extended and foreign outcomes to the four of the standard, and says so', () => {
    assert.equal(take({ outcome: 'failure/timeout' }).outcome, 'failure')
    assert.deepEqual(take({ outcome: 'failure/timeout' }).flags, ['outcome was failure/timeout'])
    assert.equal(take({ outcome: 'failed' }).outcome, 'unknown')
    assert.deepEqual(take({ outcome: 'failed' }).flags, ['outcome was failed'])
    assert.deepEqual(take({ outcome: undefined }).added, ['outcome'])
  })

  describe('fills in, visibly,', () => {
    for (const [member, value] of [
      ['id', 'm1'],
      ['typeURI', sent.typeURI],
      ['eventType', 'activity'],
      ['eventTime', '2026-11-21T06:51:16.704739+00:00'],
      ['action', 'unknown'],
    ] as const) {
      it(`a lacking ${member}`, () => {
        const event = take({ [member]: undefined })
        assert.equal(event[member], value)
        assert.deepEqual(event.added, [member])
      })
    }
    for (const role of ['initiator', 'target', 'observer'] as const) {
      it(`a lacking ${role}`, () => {
        const event = take({ [role]: undefined, ...(role === 'target' ? { observer: sent.initiator } : {}) })
        assert.deepEqual(event[role], { id: 'unknown', typeURI: 'unknown' })
        assert.deepEqual(event.added, [`${role}.id`, `${role}.typeURI`])
      })
    }
    it('the type of an initiator that is given by its id only', () => {
      const event = take({ initiator: undefined, initiatorId: 'u7' })
      assert.deepEqual(event.initiator, { id: 'u7', typeURI: 'unknown' })
      assert.deepEqual(event.added, ['initiator.typeURI'])
    })
    it('what is there but makes no sense', () => {
      const event = take({ id: 7, eventTime: 'now', action: '', initiator: 'alice', reason: 'because' })
      assert.equal(event.initiator.id, 'alice')
      assert.deepEqual(event.flags, ['initiator is no resource', 'reason is no object'])
      assert.deepEqual(event.added?.toSorted(), ['action', 'eventTime', 'id', 'initiator.typeURI'])
    })
  })

  it('keeps lists lists: what is none is dropped and flagged', () => {
    const event = take({ tags: 'a', attachments: {}, reporterchain: 7, requestPath: ['x'] })
    for (const member of ['tags', 'attachments', 'reporterchain', 'requestPath']) assert.ok(!(member in event), member)
    assert.deepEqual(event.flags, [
      'reporterchain is no list',
      'attachments is no list',
      'tags is no list',
      'requestPath is no text',
    ])
  })

  it('reads the type of an attachment under either name', () => {
    const sentAttachments = [
      { contentType: 'mime:text/plain', name: 'a', content: 'x' },
      { typeURI: 'xs:string', name: 'b', content: 'y' },
    ]
    const { attachments } = take({ attachments: sentAttachments })
    assert.deepEqual(
      attachments?.map(({ typeURI }) => typeURI),
      ['mime:text/plain', 'xs:string'],
    )
  })

  it('does not let a source set the marks of this package', () => {
    const event = take({ added: ['initiator.id'], flags: ['x'] })
    assert.equal(event.added, undefined)
    assert.equal(event.flags, undefined)
  })
})

describe('The CADF event of a gap', () => {
  it('names what was not heard, from when to when', () => {
    const gap = {
      eventType: 'gap.log-file',
      from: '2026-11-21T06:00:00+00:00',
      to: '2026-11-21T07:00:00+00:00',
      subject: '/var/log/neutron.log',
      reason: 'truncated',
      details: { offset: 7 },
    } as const
    const { notification, payload } = gapNotification(gap, { kind: 'log-file', cloud: 'lab', file: gap.subject })
    const event = cadfEvent(notification, payload)
    assert.deepEqual(cadfViolations(event), [])
    assert.equal(event.outcome, 'failure')
    assert.equal(event.target.id, '/var/log/neutron.log')
    assert.equal(event.target.typeURI, 'data/file/log')
    assert.deepEqual(event.reason, { reasonType: 'truncated', reasonCode: 'gap.log-file' })
    assert.equal(event.eventTime, gap.to)
    const read = decodeNotification(gapBody(gap, notification.source), notification.source)
    assert.deepEqual(read, { notification, payload })
    const elsewhere = gapNotification({ ...gap, details: { offset: 8 } }, notification.source)
    assert.notEqual(elsewhere.notification.messageId, notification.messageId)
    const again = gapNotification({ ...gap, to: '2026-11-21T07:00:05+00:00' }, notification.source)
    assert.equal(again.notification.messageId, notification.messageId)
  })
})
