import { OperatorError } from '../../src/errors/operator-error'
import { type BrokerAddress, parseHostAndPort, parseTransportUrl } from '../../src/notification/rabbitmq/transport-url'

/** The dialog's fields, from the stored configuration or from a dialog that is still open. */
export interface BusFields {
  /** `url` or `fields` */
  readonly by?: string
  readonly hosts?: string
  readonly vhost?: string
  readonly username?: string
  readonly useTls?: boolean
}

export interface BusCredentials {
  readonly url?: string
  readonly password?: string
}

/**
 * Where the bus is.
 * @throws OperatorError `TRANSPORT_URL`, `BUS_CONFIG`
 */
export function busAddress(fields: BusFields, credentials: BusCredentials): BrokerAddress {
  const withTls = fields.useTls === true
  if (fields.by !== 'fields') {
    const url = credentials.url?.trim() ?? ''
    if (url === '')
      throw incomplete('No transport URL is given.', 'Copy transport_url from the service’s configuration.')
    const address = parseTransportUrl(url)
    return withTls ? { ...address, tls: true } : address
  }
  const hosts = text(fields.hosts)
    .split(/[\s,]+/)
    .filter((host) => host !== '')
  if (hosts.length === 0) throw incomplete('No host is given.', 'Name the hosts of RabbitMQ.')
  const username = text(fields.username) || 'guest'
  const password = credentials.password ?? (username === 'guest' ? 'guest' : '')
  return {
    hosts: hosts.map((host, index) => ({
      ...parseHostAndPort(host, `host ${index + 1}`, withTls ? 5671 : 5672),
      username,
      password,
    })),
    vhost: text(fields.vhost) || '/',
    tls: withTls,
    ignoredOptions: [],
  }
}

/** A flow file may hold anything. */
function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

function incomplete(message: string, remedy: string): OperatorError {
  return new OperatorError('BUS_CONFIG', message, { remedy })
}
