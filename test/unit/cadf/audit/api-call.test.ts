import assert from 'node:assert/strict'
import { cadfEvent, isRead } from '../../../../src/cadf/convert'
import type { CadfEvent } from '../../../../src/cadf/event'
import { convert } from '../converted'

const ID = '0f0e0d0c-0000-4000-8000-000000000001'
const service = { id: 'neutron', typeURI: 'service/network', name: 'neutron', addresses: [{ url: 'http://192.0.2.1' }] }
const request = {
  typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
  eventType: 'activity',
  id: 'e1',
  eventTime: '2026-11-21T06:51:15.420929+0000',
  action: 'update',
  outcome: 'pending',
  observer: { id: 'target' },
  initiator: {
    id: 'u1',
    typeURI: 'service/security/account/user',
    name: 'alice',
    credential: { token: 'gAAAAABr xxxxxxxx JykhQ', identity_status: 'Confirmed' },
    host: { address: '203.0.113.66', agent: 'curl' },
    project_id: 'p1',
    request_id: 'req-1',
  },
  target: service,
  requestPath: `/v2.0/ports/${ID}`,
  tags: ['correlation_id?value=c1'],
}
const respond = (changes: object = {}) => ({
  ...request,
  outcome: 'success',
  reason: { reasonType: 'HTTP', reasonCode: '200' },
  reporterchain: [{ role: 'modifier', reporter: { id: 'target' }, reporterTime: '2026-11-21T06:51:15.425858+0000' }],
  ...changes,
})
const neutron = { publisherId: 'neutron-server' }
const take = (changes: object = {}) => convert('audit.http.request', { ...request, ...changes }, neutron)

describe('The CADF event of an API call that the audit middleware reports', () => {
  it('is one operation in request and response: same id, action, target and initiator', () => {
    const one = take()
    const two = convert('audit.http.response', respond(), neutron)
    for (const member of ['id', 'eventTime', 'action', 'target', 'initiator', 'observer', 'tags'] as const) {
      assert.deepEqual(one[member], two[member])
    }
    assert.deepEqual([one.outcome, two.outcome], ['pending', 'success'])
    assert.deepEqual(two.reason, { reasonType: 'HTTP', reasonCode: '200' })
  })

  it('has the resource of the path for its target, and the service for its observer', () => {
    const event = convert('audit.http.response', respond(), neutron)
    assert.deepEqual(event.target, { id: ID, typeURI: 'network/port' })
    assert.deepEqual(event.observer, service)
    assert.deepEqual(event.reporterchain, [
      {
        role: 'modifier',
        reporter: { id: 'neutron', typeURI: 'service/network', name: 'neutron' },
        reporterTime: '2026-11-21T06:51:15.425858+00:00',
      },
    ])
    assert.equal(event.added, undefined)
  })

  it('never keeps the token, not even masked by the source', () => {
    const event = take()
    assert.deepEqual(event.initiator.credential, { token: '***', identity_status: 'Confirmed' })
  })

  it('marks the address as claimed by the client, whatever the source says of it', () => {
    const host = { address: '203.0.113.66', trust: 'peer' }
    assert.deepEqual(take({ initiator: { ...request.initiator, host } }).initiator.host, {
      address: '203.0.113.66',
      trust: 'claimed',
    })
  })

  it('does not change the payload', () => {
    const payload = respond()
    const before = structuredClone(payload)
    convert('audit.http.response', payload, neutron)
    assert.deepEqual(payload, before)
  })

  it('has no project where the filter wrote unknown for it', () => {
    for (const rest of [request.initiator, { id: 'u1', typeURI: 'service/security/account/user' }]) {
      const sent = { ...rest, project_id: 'unknown', name: 'unknown' }
      const { initiator } = take({ initiator: sent })
      assert.ok(!('project_id' in initiator) && !('name' in initiator))
      assert.equal(sent.project_id, 'unknown', 'the payload keeps it')
    }
  })

  it('names its project and parents where the path does', () => {
    const project = 'd757b24e2b344b86b8386b985d716f6b'
    const cinder = { id: 'cinder', typeURI: 'service/storage/block/volumes/volume', name: 'cinder' }
    const { target } = take({ target: cinder, requestPath: `/v3/${project}/volumes/${ID}/metadata/a` })
    assert.deepEqual(target, {
      id: 'a',
      typeURI: 'storage/volume/metadata',
      project_id: project,
      parent: { id: ID, typeURI: 'storage/volume' },
    })
  })

  describe('belongs to the service that', () => {
    const notInCatalog = { id: 'unknown', typeURI: 'unknown', name: 'unknown' }
    const rows: [what: string, target: object, publisherId: string, path: string, type: string, observer: string][] = [
      [
        'the type says',
        { ...service, typeURI: 'service/compute/servers' },
        'uwsgi',
        '/v2.1/servers',
        'compute/server',
        'service/compute',
      ],
      [
        'the longer type says',
        { ...service, typeURI: 'service/compute/baremetal/nodes' },
        'uwsgi',
        '/v1/nodes',
        'compute/baremetal/node',
        'service/compute/baremetal',
      ],
      [
        'the name says, not being in the catalog',
        { ...notInCatalog, name: 'barbican' },
        'uwsgi',
        '/v1/secrets',
        'data/security/keymanager/secret',
        'service/security/keymanager',
      ],
      [
        'publishes',
        notInCatalog,
        'octavia-wsgi',
        '/v2/lbaas/pools',
        'network/loadbalancer/pool',
        'service/load-balancer',
      ],
      ['publishes', notInCatalog, 'designate-api', '/v2/zones', 'network/dns/zone', 'service/network/dns'],
      [
        'the path begins with',
        notInCatalog,
        'uwsgi',
        '/identity/v3/users',
        'data/security/account/user',
        'service/security',
      ],
      [
        'nobody knows',
        { ...service, typeURI: 'service/backup/vaults' },
        'uwsgi',
        '/v1/vaults',
        'service/backup/vault',
        'service/backup',
      ],
      ['nobody knows at all', notInCatalog, 'uwsgi', '/v1/vaults', 'service/unknown/vault', 'service/unknown'],
    ]
    for (const [what, target, publisherId, requestPath, type, observer] of rows) {
      it(`${what}: ${type}`, () => {
        const source = { kind: 'rabbitmq', cloud: 'lab' } as const
        const event = convert('audit.http.request', { ...request, target, requestPath }, { publisherId, source })
        assert.equal(event.target.typeURI, type)
        assert.equal(event.observer.typeURI, observer)
        assert.ok(event.added?.includes('target.id'))
        assert.equal(event.added?.includes('observer.id') ?? false, (target as { id: string }).id === 'unknown')
      })
    }
  })

  describe('has the action', () => {
    const bare = 'service/network'
    const rows: [sent: string, type: string, path: string, action: string][] = [
      ['create', `${bare}/ports`, '/v2.0/ports', 'create'],
      ['read/list', `${bare}/ports`, '/v2.0/ports?x=1', 'read/list'],
      ['read', `${bare}/ports/port`, `/v2.0/ports/${ID}`, 'read'],
      ['update/add', `${bare}/routers/router`, `/v2.0/routers/${ID}/add_router_interface`, 'update/add'],
      // Where the service's map lacks the collection, the filter calls a POST `update` and a GET `read`.
      ['update', bare, '/v2.0/address-groups', 'create'],
      ['read', bare, '/v2.0/address-groups', 'read/list'],
      ['update', bare, `/v2.0/address-groups/${ID}`, 'update'],
      ['update', bare, `/v2.0/address-groups/${ID}/add_addresses`, 'update/add_addresses'],
      ['update', bare, `/v2.0/floatingips/${ID}/port_forwardings`, 'create'],
      ['update', bare, `/v2.0/security-groups/${ID}/tags/blue`, 'update'],
      ['update', bare, `/v2.0/security-groups/${ID}/tags`, 'update'],
      ['delete', bare, `/v2.0/address-groups/${ID}`, 'delete'],
      // What the map knows, it knows better: a PUT of all members of a pool.
      ['update', 'service/load-balancer', `/v2/lbaas/pools/${ID}/members`, 'update'],
      ['update', 'service/load-balancer/pools/pool/members', `/v2/lbaas/pools/${ID}/members`, 'update'],
      [
        'read/list',
        'service/load-balancer/loadbalancers/loadbalancer/status',
        `/v2/lbaas/loadbalancers/${ID}/status`,
        'read',
      ],
      ['update/reboot', 'service/compute/servers/server/action', `/v2.1/servers/${ID}/action`, 'update/reboot'],
    ]
    for (const [sent, typeURI, requestPath, action] of rows) {
      it(`${action} for ${sent} of ${requestPath.replace(ID, '…')}`, () => {
        const event = take({ action: sent, target: { ...service, typeURI }, requestPath })
        assert.equal(event.action, action)
        assert.deepEqual(event.flags, action === sent ? undefined : [`action was ${sent}`])
      })
    }
  })

  it('stays as it is where a middleware names the resource itself', () => {
    const target = { id: ID, typeURI: 'network/port', project_id: 'p1' }
    const event = take({ target, observer: { id: 'o1', typeURI: 'service/network' } })
    assert.deepEqual(event.target, target)
    assert.deepEqual(event.observer, { id: 'o1', typeURI: 'service/network' })
  })

  it('stays as it is for a path that names nothing', () => {
    assert.deepEqual(take({ requestPath: '/' }).target, service)
    assert.equal(take({ requestPath: '/' }).added, undefined)
  })

  it('can be told to be one that only looks', () => {
    const reads = ['read', 'read/list', 'read/list/details', 'readonly', 'create', 'update/read']
    assert.deepEqual(
      reads.filter((action) => isRead({ action } as CadfEvent)),
      ['read', 'read/list', 'read/list/details'],
    )
  })

  it('comes out the same from a bare event, without its notification', () => {
    const notification = {
      messageId: 'm1',
      eventType: 'sample',
      publisherId: null,
      priority: 'INFO',
      timestamp: '2026-11-21T06:51:16+00:00',
      context: {},
      source: { kind: 'inject', cloud: '' },
    } as const
    assert.deepEqual(cadfEvent(notification, request).target, { id: ID, typeURI: 'network/port' })
  })
})
