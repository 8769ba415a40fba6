import assert from 'node:assert/strict'
import type { PathVocabulary } from '../../../../src/cadf/audit/collections'
import { type NamedResource, resourceOfPath } from '../../../../src/cadf/audit/request-path'
import * as paths from '../../../../src/cadf/audit/vocabularies'

const U = '0f0e0d0c-0000-4000-8000-000000000001'
const V = '0f0e0d0c-0000-4000-8000-000000000002'
const W = '0f0e0d0c-0000-4000-8000-000000000003'
const P = 'd757b24e2b344b86b8386b985d716f6b'

/** `network/port U` < `network/network V` (states/power), with the ids of above by their letters. */
function shown(resource: NamedResource | undefined): string {
  if (resource === undefined) return '-'
  const letters: Record<string, string> = { [U]: 'U', [V]: 'V', [W]: 'W', [P]: 'P' }
  const one = ({ typeURI, id }: NamedResource) =>
    [typeURI, id === undefined ? '' : (letters[id] ?? id)].join(' ').trim()
  const { parent, aspect, projectId } = resource
  return [
    one(resource),
    parent === undefined ? '' : ` < ${shown({ ...parent, projectId: undefined })}`,
    aspect === undefined ? '' : ` (${aspect})`,
    projectId === undefined ? '' : ` of ${letters[projectId] ?? projectId}`,
  ].join('')
}

describe('The resource that a request path names', () => {
  const services: [service: string, words: PathVocabulary, [path: string, expected: string][]][] = [
    [
      'Neutron',
      paths.networkPaths,
      [
        ['/v2.0/security-group-rules', 'network/security-group-rule'],
        [`/v2.0/security-group-rules/${U}`, 'network/security-group-rule U'],
        [`/v2.0/ports/${U}.json`, 'network/port U'],
        ['/v2.0/ports?network_id=x&fields=id', 'network/port'],
        [`/v2.0/routers/${U}/add_router_interface`, 'network/router U (add_router_interface)'],
        [`/v2.0/address-groups/${U}/add_addresses`, 'network/address-group U (add_addresses)'],
        [`/v2.0/floatingips/${U}/port_forwardings/${V}`, 'network/port-forwarding V < network/floatingip U'],
        [`/v2.0/security-groups/${U}/tags/blue`, 'network/security-group/tag U (blue)'],
        [`/v2.0/security-groups/${U}/tags`, 'network/security-group/tag U'],
        [`/v2.0/qos/policies/${U}/bandwidth_limit_rules/${V}`, 'network/qos-rule V < network/qos-policy U'],
        ['/networking/v2.0/rbac-policies', 'network/rbac-policy'],
        [`/v2.0/quotas/${P}`, 'network/quota P'],
        [`/v2.0/made-up-things/${U}`, 'network/made-up-thing U'],
        ['/v2.0', '-'],
        ['/', '-'],
        ['', '-'],
      ],
    ],
    [
      'Octavia',
      paths.loadBalancerPaths,
      [
        ['/load-balancer/v2.0/lbaas/loadbalancers', 'network/loadbalancer'],
        [`/v2/lbaas/loadbalancers/${U}`, 'network/loadbalancer U'],
        [`/v2/lbaas/loadbalancers/${U}/status`, 'network/loadbalancer U (status)'],
        [`/v2/lbaas/loadbalancers/${U}/failover`, 'network/loadbalancer U (failover)'],
        [`/v2/lbaas/listeners/${U}`, 'network/loadbalancer/listener U'],
        [`/v2/lbaas/pools/${U}/members`, 'network/loadbalancer/pool/member < network/loadbalancer/pool U'],
        [`/v2/lbaas/pools/${U}/members/${V}`, 'network/loadbalancer/pool/member V < network/loadbalancer/pool U'],
        [`/v2/lbaas/l7policies/${U}/rules`, 'network/loadbalancer/l7policy/rule < network/loadbalancer/l7policy U'],
        [`/v2/octavia/amphorae/${U}/failover`, 'network/loadbalancer/amphora U (failover)'],
      ],
    ],
    [
      'Nova',
      paths.computePaths,
      [
        ['/v2.1/servers/detail', 'compute/server'],
        [`/compute/v2.1/servers/${U}/action`, 'compute/server U (action)'],
        [`/v2/${P}/servers/${U}`, 'compute/server U of P'],
        [`/v2.1/servers/${U}/os-volume_attachments/${V}`, 'compute/server/volume-attachment V < compute/server U'],
        [`/v2.1/servers/${U}/metadata/colour`, 'compute/server/metadata colour < compute/server U'],
        [`/v2.1/servers/${U}/diagnostics`, 'compute/server U (diagnostics)'],
        ['/v2.1/os-keypairs/my%20key', 'compute/keypair my key'],
        ['/v2.1/flavors/m1.small/os-extra_specs/hw:cpu', 'compute/flavor/extra-spec hw:cpu < compute/flavor m1.small'],
        [`/v2.1/os-aggregates/7/action`, 'compute/aggregate 7 (action)'],
      ],
    ],
    [
      'Cinder',
      paths.blockStoragePaths,
      [
        [`/v3/${P}/volumes/${U}`, 'storage/volume U of P'],
        [`/v3/${P}/volumes/${U}/action`, 'storage/volume U (action) of P'],
        [`/v3/${P}/types/${U}/extra_specs`, 'storage/volume-type/extra-spec < storage/volume-type U of P'],
        ['/v3/snapshots/detail', 'storage/snapshot'],
      ],
    ],
    [
      'Glance',
      paths.imagePaths,
      [
        [`/v2/images/${U}`, 'data/image U'],
        [`/v2/images/${U}/file`, 'data/image U (file)'],
        [`/v2/images/${U}/members/${P}`, 'data/image/member P < data/image U'],
        [`/v2/images/${U}/actions/deactivate`, 'data/image U (actions/deactivate)'],
        [`/v2/images/${U}/tags/blue`, 'data/image/tag U (blue)'],
        ['/v2/metadefs/namespaces/OS::X', 'data/metadef/namespace OS::X'],
      ],
    ],
    [
      'Keystone',
      paths.identityPaths,
      [
        [`/identity/v3/users/${P}`, 'data/security/account/user P'],
        [`/v3/users/${P}/password`, 'data/security/account/user P (password)'],
        ['/v3/regions/RegionOne', 'data/security/region RegionOne'],
        [
          `/v3/projects/${P}/users/${U}/roles/${V}`,
          'data/security/role V < data/security/account/user U < data/security/project P',
        ],
        [`/v3/OS-TRUST/trusts/${U}`, 'data/security/trust U'],
        [`/v3/users/${P}/application_credentials/${U}`, 'data/security/credential U < data/security/account/user P'],
        [`/v3/users/${P}/credentials/OS-EC2/${U}`, 'data/security/credential U < data/security/account/user P'],
        ['/v3/auth/tokens', 'data/security/token'],
        ['/v3/OS-FEDERATION/identity_providers/acme', 'data/security/identity-provider acme'],
      ],
    ],
    [
      'Barbican',
      paths.keyManagerPaths,
      [
        [`/v1/secrets/${U}/payload`, 'data/security/keymanager/secret U (payload)'],
        [`/v1/containers/${U}`, 'data/security/keymanager/container U'],
        ['/v1/orders', 'data/security/keymanager/order'],
      ],
    ],
    [
      'Designate',
      paths.dnsPaths,
      [
        [`/v2/zones/${U}/recordsets/${V}`, 'network/dns/recordset V < network/dns/zone U'],
        [`/v2/zones/${U}/tasks/abandon`, 'network/dns/zone U (tasks/abandon)'],
      ],
    ],
    [
      'Manila',
      paths.sharedFilesPaths,
      [
        [`/v2/${P}/shares/${U}/action`, 'storage/share U (action) of P'],
        [`/v2/share-networks/${U}`, 'storage/share-network U'],
      ],
    ],
    [
      'Heat',
      paths.orchestrationPaths,
      [
        [`/v1/${P}/stacks/shop`, 'service/orchestration/stack shop of P'],
        [`/v1/${P}/stacks/shop/${U}`, 'service/orchestration/stack U of P'],
        [
          `/v1/${P}/stacks/shop/${U}/resources/web`,
          'service/orchestration/stack/resource web < service/orchestration/stack U of P',
        ],
      ],
    ],
    [
      'Ironic',
      paths.bareMetalPaths,
      [
        [`/v1/nodes/${U}/states/provision`, 'compute/baremetal/node U (states/provision)'],
        ['/v1/nodes/rack1', 'compute/baremetal/node rack1'],
        [`/v1/volume/connectors/${U}`, 'compute/baremetal/volume-connector U'],
      ],
    ],
    [
      'a service that nobody knows',
      { collections: new Map(), groupings: new Set(), root: 'service/backup' },
      [
        [`/v1/vaults/${U}`, 'service/backup/vault U'],
        [`/v1/vaults/${U}/copies/${V}`, 'service/backup/vault/copy V < service/backup/vault U'],
        [`/v1/vaults/${U}/restore`, 'service/backup/vault U (restore)'],
        [`/vaults/nightly`, 'service/backup/vault nightly'],
        ['/v1/<script>/x', '-'],
      ],
    ],
  ]
  for (const [service, words, rows] of services) {
    describe(`of ${service}`, () => {
      for (const [path, expected] of rows) {
        it(path.replaceAll(/0f0e[-0-9a-f]+|d757[0-9a-f]+/g, '…') || 'empty', () => {
          assert.equal(shown(resourceOfPath(path, words)), expected)
        })
      }
    })
  }

  it('is found at once, however long the path is made', () => {
    const path = `/v2.0${'/a/b%FF'.repeat(100_000)}`
    const from = performance.now()
    const resource = resourceOfPath(path, paths.networkPaths)
    assert.ok(performance.now() - from < 50)
    assert.ok((resource?.typeURI.length ?? 0) < 300)
  })
})
