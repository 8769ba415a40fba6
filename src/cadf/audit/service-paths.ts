import type { Notification } from '../../notification/model'
import { BY_PUBLISHER, type Service } from '../services'
import type { PathVocabulary } from './collections'
import * as paths from './vocabularies'

/** A service whose API calls are audited, and what its paths name. */
export interface ApiService {
  readonly name: string
  /** CADF type of the service itself: the observer. */
  readonly typeURI: string
  readonly words: PathVocabulary
}

/** What is known of request paths and actions, for the conversion of API audit events. */
export interface ServicePaths {
  /** The service to which an audit event belongs; `typeURI` and `name` are those of the target that the middleware sent. */
  serviceOf(notification: Notification, typeURI: string, name: string | undefined, requestPath: string): ApiService
  /** An audit map's own word for a path that ends so; undefined without one. */
  customAction(end: string, action: string): string | undefined
}

const api = (name: string, typeURI: string, words: PathVocabulary): ApiService => ({ name, typeURI, words })

const SERVICES: readonly ApiService[] = [
  api('network', 'service/network', paths.networkPaths),
  api('load-balancer', 'service/load-balancer', paths.loadBalancerPaths),
  api('compute', 'service/compute', paths.computePaths),
  api('volume', 'service/storage/block', paths.blockStoragePaths),
  api('share', 'service/storage/share', paths.sharedFilesPaths),
  api('image', 'service/storage/image', paths.imagePaths),
  api('identity', 'service/security', paths.identityPaths),
  api('key-manager', 'service/security/keymanager', paths.keyManagerPaths),
  api('dns', 'service/network/dns', paths.dnsPaths),
  api('orchestration', 'service/orchestration', paths.orchestrationPaths),
  api('baremetal', 'service/compute/baremetal', paths.bareMetalPaths),
]
const byName = new Map(SERVICES.map((service) => [service.name, service]))

/** Names of programs and catalog entries that are no names of services in BY_PUBLISHER. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['barbican', 'key-manager'],
  ['key-manager', 'key-manager'],
  ['octavia', 'load-balancer'],
  ['load-balancer', 'load-balancer'],
  ['identity', 'identity'],
  ['compute', 'compute'],
  ['volumev3', 'volume'],
  ['volumev2', 'volume'],
  ['block-storage', 'volume'],
  ['block-store', 'volume'],
  ['sharev2', 'share'],
  ['shared-file-system', 'share'],
  ['baremetal', 'baremetal'],
])

/** The services of OpenStack that this package knows, without an audit map of the operator's. */
export const KNOWN_SERVICES: ServicePaths = {
  serviceOf: (notification, typeURI, name, requestPath) => {
    const known = byType(typeURI)
    if (known !== undefined) return known
    const type = TYPE.exec(typeURI)?.[0]
    if (type !== undefined) return unknownService(type, name)
    // Not found in its own catalog: then the type is `unknown`.
    const { source, publisherId } = notification
    return (
      named(name) ??
      named(publisherId ?? undefined) ??
      named(source.exchange) ??
      named(/^\/([a-z-]+)\//.exec(requestPath)?.[1]) ??
      unknownService('service/unknown', name)
    )
  },
  customAction: () => undefined,
}

/** `service/security/keymanager/secrets` is not Keystone's. */
const LONGEST_FIRST = SERVICES.toSorted((a, b) => b.typeURI.length - a.typeURI.length)

function byType(typeURI: string): ApiService | undefined {
  return LONGEST_FIRST.find((service) => isAtOrBelow(typeURI, service.typeURI))
}

export function isAtOrBelow(typeURI: string, root: string): boolean {
  return typeURI.startsWith(root) && (typeURI.length === root.length || typeURI[root.length] === '/')
}

/** `neutron-server`, `octavia-wsgi`, `nova-api`, `network.controller1`, `cinder`, `volumev3`. */
function named(name: string | undefined): ApiService | undefined {
  if (name === undefined) return undefined
  const word = (name.length > 80 ? name.slice(0, 80) : name).toLowerCase()
  const program = /^[a-z0-9_]+/.exec(word)?.[0] ?? ''
  const alias = ALIASES.get(word) ?? ALIASES.get(program)
  const service: Service | undefined = BY_PUBLISHER.get(word) ?? BY_PUBLISHER.get(program)
  return byName.get(alias ?? service?.name ?? '')
}

const TYPE = /^service\/(?:storage\/)?[A-Za-z0-9_-]{1,40}(?=\/|$)/

/** A service that nobody here knows: its type is what the event says of it, its paths are read by their form. */
function unknownService(type: string, name: string | undefined): ApiService {
  return api(name ?? 'unknown', type, { collections: new Map(), groupings: new Set(), root: type })
}
