import type { Service } from '../session'

/** A service whose API paths are known: what a path may leave out, and how its microversion is asked for. */
export interface KnownService extends Service {
  /** Before the number in `OpenStack-API-Version`; absent: the service has no microversions. */
  readonly microversionName?: string
}

/**
 * Types and their older spellings as the service-types authority lists them (https://service-types.openstack.org). The version is
 * for endpoints that name none.
 */
const KNOWN: readonly KnownService[] = [
  { name: 'Keystone', type: 'identity', version: 'v3' },
  { name: 'Nova', type: 'compute', version: 'v2.1', microversionName: 'compute' },
  { name: 'Neutron', type: 'network', version: 'v2.0' },
  {
    name: 'Cinder',
    type: 'block-storage',
    aliases: ['volumev3', 'block-store', 'volume'],
    version: 'v3',
    microversionName: 'volume',
  },
  { name: 'Glance', type: 'image', version: 'v2' },
  { name: 'Octavia', type: 'load-balancer', version: 'v2' },
  { name: 'Designate', type: 'dns', version: 'v2' },
  { name: 'Barbican', type: 'key-manager', version: 'v1', microversionName: 'key-manager' },
  { name: 'Heat', type: 'orchestration', version: '' },
  {
    name: 'Manila',
    type: 'shared-file-system',
    aliases: ['sharev2', 'share'],
    version: 'v2',
    microversionName: 'shared-file-system',
  },
  { name: 'Ironic', type: 'baremetal', aliases: ['bare-metal'], version: 'v1', microversionName: 'baremetal' },
  { name: 'Placement', type: 'placement', version: '', microversionName: 'placement' },
  { name: 'Swift', type: 'object-store', aliases: ['object-storage'], version: '' },
  {
    name: 'Magnum',
    type: 'container-infrastructure-management',
    aliases: ['container-infra', 'container-infrastructure'],
    version: 'v1',
    microversionName: 'container-infra',
  },
]

/** What the dialog offers before the catalogue was asked. */
export const KNOWN_TYPES: readonly string[] = KNOWN.map(({ type }) => type)

/** The service of this type; one that nobody knows has paths just as they are written. */
export function serviceOfType(type: string): KnownService {
  const known = KNOWN.find((service) => service.type === type || service.aliases?.includes(type))
  // The type that was asked for comes first: a catalogue may list both, for different versions.
  if (known !== undefined) {
    const others = [known.type, ...(known.aliases ?? [])].filter((name) => name !== type)
    return { ...known, type, aliases: others }
  }
  return { name: type, type, version: '' }
}
