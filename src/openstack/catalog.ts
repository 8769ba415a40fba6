import { quote } from '../errors/redact'
import { isRecord, OpenStackError } from './openstack-error'

export type EndpointInterface = 'public' | 'internal' | 'admin'

/** One row of the service catalogue that comes with a token. */
export interface Endpoint {
  /** e.g. `network`; services are chosen by type, as names differ from cloud to cloud. */
  readonly type: string
  readonly interface: string
  readonly region: string
  readonly url: string
}

/** Reads `token.catalog`; rows that are not endpoints are passed over. */
export function decodeCatalog(catalog: unknown): Endpoint[] {
  if (!Array.isArray(catalog)) return []
  const endpoints: Endpoint[] = []
  for (const service of catalog) {
    if (!isRecord(service) || typeof service['type'] !== 'string' || !Array.isArray(service['endpoints'])) continue
    for (const endpoint of service['endpoints']) {
      if (!isRecord(endpoint) || typeof endpoint['url'] !== 'string') continue
      endpoints.push({
        type: service['type'],
        interface: String(endpoint['interface'] ?? ''),
        region: String(endpoint['region_id'] ?? endpoint['region'] ?? ''),
        url: endpoint['url'],
      })
    }
  }
  return endpoints
}

export interface EndpointChoice {
  readonly type: string
  readonly interface: EndpointInterface
  /** Empty: any, if there is only one. */
  readonly region: string
}

/** The one endpoint that is meant. @throws KEYSTONE_CATALOG, naming what the catalogue has instead */
export function selectEndpoint(catalog: readonly Endpoint[], choice: EndpointChoice): string {
  const ofType = catalog.filter((endpoint) => endpoint.type === choice.type)
  const found = ofType.filter(
    (endpoint) =>
      endpoint.interface === choice.interface && (choice.region === '' || endpoint.region === choice.region),
  )
  const urls = new Set(found.map((endpoint) => endpoint.url))
  const [url] = urls
  if (urls.size === 1 && url !== undefined) return url

  const wanted = `service type "${quote(choice.type)}", interface "${choice.interface}"${
    choice.region === '' ? '' : `, region "${quote(choice.region)}"`
  }`
  if (ofType.length === 0) {
    const types = [...new Set(catalog.map((endpoint) => endpoint.type))].sort().join(', ')
    throw new OpenStackError(
      'KEYSTONE_CATALOG',
      `Keystone's catalogue has no ${wanted}; it has ${types === '' ? 'nothing at all' : `the types ${quote(types, 300)}`}.`,
      {
        retryable: true,
        remedy:
          types === '' ? 'Does the account have a project?' : 'Set the endpoint by hand if the catalogue is wrong.',
      },
    )
  }
  const rows = ofType.map((endpoint) => `${endpoint.interface} in ${endpoint.region || '(no region)'}`)
  const exists = quote([...new Set(rows)].sort().join(', '), 300)
  throw new OpenStackError(
    'KEYSTONE_CATALOG',
    urls.size === 0
      ? `Keystone's catalogue has no ${wanted}; for this type it has: ${exists}.`
      : `Keystone's catalogue has ${urls.size} endpoints for ${wanted}: ${exists}.`,
    { retryable: true, remedy: 'Choose region and interface in the account node.' },
  )
}
