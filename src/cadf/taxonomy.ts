import { ROOT_ACTIONS } from './action'
import * as vocabularies from './audit/vocabularies'

/**
 * The values that DSP0262 names for each classification, as pycadf lists them, and after them what OpenStack's services send
 * beyond. All are open: a longer path below any of them is as good (`update/reboot`, `service/network/ports/port`).
 */

/** A name and what stands below it. */
type Tree = { readonly [name: string]: Tree }

const none = (...names: string[]): Tree => Object.fromEntries(names.map((name) => [name, {}]))

const SECURITY_DATA: Tree = {
  account: { user: none('privilege') },
  ...none('credential', 'domain', 'endpoint', 'group', 'identity'),
  ...none('key', 'license', 'policy', 'profile', 'project', 'region', 'role', 'service', 'trust'),
  keymanager: none('secret', 'container', 'order'),
}

const RESOURCES: Tree = {
  storage: none('node', 'volume', 'memory', 'container', 'directory', 'database', 'queue'),
  compute: none('node', 'cpu', 'machine', 'process', 'thread'),
  network: { node: none('host'), ...none('connection', 'domain', 'cluster') },
  service: {
    ...none('oss', 'composition', 'compute', 'database', 'network'),
    bss: none('metering'),
    security: { keymanager: {}, account: none('user'), audit: none('filter') },
    storage: none('block', 'image', 'object'),
  },
  data: {
    ...none('message', 'template', 'package', 'image', 'module', 'config', 'directory'),
    workload: none('app', 'service', 'task', 'job'),
    file: none('catalog', 'log'),
    database: none(
      ...['alias', 'catalog', 'constraints', 'index', 'instance', 'key', 'routine', 'schema'],
      ...['sequence', 'table', 'trigger', 'view'],
    ),
    security: SECURITY_DATA,
  },
  unknown: {},
}

function paths(tree: Tree, above = ''): string[] {
  return Object.entries(tree).flatMap(([name, below]) => [`${above}${name}`, ...paths(below, `${above}${name}/`)])
}

/** Services beyond the list. */
const OPENSTACK_SERVICES = [
  'service/load-balancer',
  'service/orchestration',
  'service/metric',
  'service/network/dns',
  'service/compute/baremetal',
  'service/storage/object-store',
  'service/storage/share',
]

/** What the APIs of OpenStack's services are about, as this package names it: `network/port`, `compute/server`. */
const OPENSTACK_RESOURCES = Object.values(vocabularies).flatMap(({ collections }) => [...collections.values()])

export const OUTCOMES: readonly string[] = ['success', 'failure', 'pending', 'unknown']
export const EVENT_TYPES: readonly string[] = ['activity', 'monitor', 'control']
export const RESOURCE_TYPES: readonly string[] = [...paths(RESOURCES), ...OPENSTACK_SERVICES]
/** Those and what a change can be made to. */
export const TARGET_TYPES: readonly string[] = [...new Set([...RESOURCE_TYPES, ...OPENSTACK_RESOURCES])]

const KEYSTONE_RESOURCES = [
  ...['user', 'group', 'project', 'domain', 'role', 'region', 'endpoint', 'service', 'policy'],
  ...['credential', 'application_credential', 'access_rule', 'OS-TRUST:trust', 'OS-OAUTH1:consumer'],
]
/** Keystone sends no update of these. */
const NEVER_UPDATED = /credential|access_rule|trust/

/** Keystone keeps the past tense, and has no event of its own for a disable: it is an update. */
export const KEYSTONE_ACTIONS: readonly string[] = [
  'created.role_assignment',
  'deleted.role_assignment',
  ...KEYSTONE_RESOURCES.flatMap((resource) =>
    ['created', 'updated', 'deleted']
      .filter((verb) => verb !== 'updated' || !NEVER_UPDATED.test(resource))
      .map((verb) => `${verb}.${resource}`),
  ),
]

export const ACTIONS: readonly string[] = [
  ...ROOT_ACTIONS,
  ...['authenticate/login', 'read/list', 'update/add', 'update/remove', 'start/reboot'],
  ...KEYSTONE_ACTIONS,
]
