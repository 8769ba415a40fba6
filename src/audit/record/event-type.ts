import { isKnown } from '../../cadf/identity'

/** Words for services in event types, by the CADF type of the service; the longest that fits counts. */
const SOURCES: readonly (readonly [type: string, source: string])[] = [
  ['service/security/keymanager', 'key-manager'],
  ['service/security', 'identity'],
  ['service/compute/baremetal', 'baremetal'],
  ['service/compute', 'compute'],
  ['service/network', 'network'],
  ['service/load-balancer', 'load-balancer'],
  ['service/storage/block', 'volume'],
  ['service/storage/image', 'image'],
  ['service/storage/object', 'object-store'],
  ['service/storage/share', 'share'],
  ['service/orchestration', 'orchestration'],
  ['service/database', 'database'],
  ['service/dns', 'dns'],
  ['service/metric', 'metric'],
]

/** The service that an event comes from, as the older Hermes calls it: by its observer, else the first word of its event type. */
export function sourceOf(observerType: string | undefined, eventType: string | undefined): string | undefined {
  const known =
    observerType === undefined
      ? undefined
      : SOURCES.find(
          ([type]) => observerType === type || observerType.startsWith(`${type}/`) || isObjectStore(type, observerType),
        )
  if (known !== undefined) return known[1]
  const word = eventType?.split('.', 1)[0]
  return isKnown(word) ? word : undefined
}

/** pycadf's `service/storage/object` is `service/storage/object-store` in some maps. */
function isObjectStore(type: string, observerType: string): boolean {
  return type === 'service/storage/object' && observerType.startsWith(type)
}

const DONE: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'updated',
  delete: 'deleted',
  disable: 'disabled',
  enable: 'enabled',
}

/**
 * The event type that a producer would have sent with an event: Keystone's `identity.project.created` for `create/project`
 * and `created.project`; for others the source, the last word of the target's type and the action. Undefined where it cannot be told.
 */
export function derivedEventType(
  source: string | undefined,
  action: string | undefined,
  targetType: string | undefined,
): string | undefined {
  if (source === undefined || action === undefined) return undefined
  const words = action.split(/[./]/)
  const [verb = '', ...rest] = words
  if (verb === 'authenticate') return `${source}.authenticate`
  const type = targetType?.slice(targetType.lastIndexOf('/') + 1)
  if (source !== 'identity') return type === undefined ? undefined : [source, type, ...words].join('.')
  const resource = rest.length > 0 ? rest.join('.') : type
  if (resource === undefined) return undefined
  return `${source}.${resource}.${Object.hasOwn(DONE, verb) ? DONE[verb] : verb}`
}
