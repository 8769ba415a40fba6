/** What one OpenStack service's notifications are about, in CADF's taxonomy. */
export interface Service {
  readonly name: string
  /** CADF type of the service itself: the observer. */
  readonly typeURI: string
  /** Root under which its resources stand. */
  readonly root: string
  /** Resources whose CADF type is not just root and name. */
  readonly types: Readonly<Record<string, string>>
}

const network: Service = {
  name: 'network',
  typeURI: 'service/network',
  root: 'network',
  types: {},
}

const compute: Service = {
  name: 'compute',
  typeURI: 'service/compute',
  root: 'compute',
  types: { instance: 'compute/server', compute: 'compute', compute_task: 'compute/task' },
}

/** For what Keystone sends neither as CADF nor in its Basic format. */
const identity: Service = {
  name: 'identity',
  typeURI: 'service/security',
  root: 'data/security',
  types: {
    user: 'data/security/account/user',
    consumer: 'data/security/account',
    access_token: 'data/security/credential',
    request_token: 'data/security/credential',
    application_credential: 'data/security/credential',
    identity: 'service/security',
  },
}

const image: Service = {
  name: 'image',
  typeURI: 'service/storage/image',
  root: 'data',
  types: { member: 'data/image/member' },
}

const blockStorage: Service = { name: 'volume', typeURI: 'service/storage/block', root: 'storage', types: {} }

const sharedFiles: Service = { name: 'share', typeURI: 'service/storage/share', root: 'storage', types: {} }

const loadBalancer: Service = {
  name: 'load-balancer',
  typeURI: 'service/load-balancer',
  root: 'network',
  types: {},
}

const orchestration: Service = {
  name: 'orchestration',
  typeURI: 'service/orchestration',
  root: 'service/orchestration',
  types: {},
}

const bareMetal: Service = {
  name: 'baremetal',
  typeURI: 'service/compute/baremetal',
  root: 'compute/baremetal',
  types: {},
}

const database: Service = { name: 'database', typeURI: 'service/database', root: 'data/database', types: {} }

const dns: Service = { name: 'dns', typeURI: 'service/network/dns', root: 'network/dns', types: {} }

const objectStore: Service = {
  name: 'object-store',
  typeURI: 'service/storage/object',
  root: 'storage',
  types: { http: 'storage/container' },
}

interface FirstSegment {
  readonly service: Service
  /** The segment names only the service (`compute.instance.create`), not the resource (`volume.create`). */
  readonly onlyService: boolean
}

const prefix = (service: Service): FirstSegment => ({ service, onlyService: true })
const resource = (service: Service): FirstSegment => ({ service, onlyService: false })

/** By the first segment of the event type. Neutron's event types name the resource only; those are told by publisher. */
export const BY_FIRST_SEGMENT: ReadonlyMap<string, FirstSegment> = new Map([
  ['compute', prefix(compute)],
  ['identity', prefix(identity)],
  ['octavia', prefix(loadBalancer)],
  ['orchestration', prefix(orchestration)],
  ['baremetal', prefix(bareMetal)],
  ['trove', prefix(database)],
  ['dns', prefix(dns)],
  ['objectstore', prefix(objectStore)],
  ['image', resource(image)],
  ['volume', resource(blockStorage)],
  ['volume_type', resource(blockStorage)],
  ['snapshot', resource(blockStorage)],
  ['backup', resource(blockStorage)],
  ['group_snapshot', resource(blockStorage)],
  ['share', resource(sharedFiles)],
  ['share_group', resource(sharedFiles)],
  // Nova's versioned notifications name the resource only.
  ['instance', resource(compute)],
  ['flavor', resource(compute)],
  ['aggregate', resource(compute)],
  ['keypair', resource(compute)],
  ['server_group', resource(compute)],
  ['compute_task', resource(compute)],
  // Neutron's, for messages without a publisher.
  ['security_group_rule', resource(network)],
  ['security_group', resource(network)],
  ['port', resource(network)],
  ['floatingip', resource(network)],
  ['port_forwarding', resource(network)],
  ['network', resource(network)],
  ['subnet', resource(network)],
  ['router', resource(network)],
  ['address_group', resource(network)],
  ['rbac_policy', resource(network)],
])

/** By what stands before the first dot of the publisher id, or by its program name, or by the exchange. */
export const BY_PUBLISHER: ReadonlyMap<string, Service> = new Map([
  ['network', network],
  ['neutron', network],
  ['neutron-server', network],
  ['compute', compute],
  ['nova', compute],
  ['nova-api', compute],
  ['nova-compute', compute],
  ['nova-conductor', compute],
  ['nova-scheduler', compute],
  ['api', compute],
  ['conductor', compute],
  ['scheduler', compute],
  ['identity', identity],
  ['keystone', identity],
  ['image', image],
  ['glance', image],
  ['volume', blockStorage],
  ['snapshot', blockStorage],
  ['backup', blockStorage],
  ['cinder', blockStorage],
  ['share', sharedFiles],
  ['manila', sharedFiles],
  ['octavia', loadBalancer],
  ['orchestration', orchestration],
  ['heat', orchestration],
  ['ironic', bareMetal],
  ['ironic-conductor', bareMetal],
  ['trove', database],
  ['taskmanager', database],
  ['dns', dns],
  ['designate', dns],
  ['central', dns],
  ['swift', objectStore],
])
