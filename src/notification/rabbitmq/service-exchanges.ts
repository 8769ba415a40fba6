/**
 * The exchanges that services publish their notifications to by default: each service's `control_exchange`. Designate's
 * is `dns` or `designate`, depending on its release; `openstack` is oslo.messaging's own default.
 */
export const SERVICE_EXCHANGES = [
  'neutron',
  'keystone',
  'octavia',
  'nova',
  'cinder',
  'glance',
  'heat',
  'barbican',
  'manila',
  'magnum',
  'trove',
  'ironic',
  'dns',
  'designate',
  'swift',
  'zaqar',
  'sahara',
  'aodh',
  'ceilometer',
  'openstack',
] as const
