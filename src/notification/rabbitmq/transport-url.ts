import { OperatorError } from '../../errors/operator-error'

/** One broker node and how to log in there. */
export interface BrokerHost {
  readonly hostname: string
  readonly port: number
  readonly username: string
  readonly password: string
}

/** Where a message bus is: what oslo.messaging calls a transport URL, taken apart. */
export interface BrokerAddress {
  readonly hosts: readonly BrokerHost[]
  readonly vhost: string
  readonly tls: boolean
  /** Names of query options that steer oslo's driver and mean nothing here. */
  readonly ignoredOptions: readonly string[]
}

const SCHEMES: Readonly<Record<string, { tls: boolean; port: number }>> = {
  rabbit: { tls: false, port: 5672 },
  kombu: { tls: false, port: 5672 },
  'kombu+rabbit': { tls: false, port: 5672 },
  'kombu+amqp': { tls: false, port: 5672 },
  amqp: { tls: false, port: 5672 },
  amqps: { tls: true, port: 5671 },
}

/**
 * Reads `rabbit://user:password@host:port,user:password@host2:port/vhost?ssl=1` as oslo.messaging does, and AMQP URIs.
 *
 * It is not a URL in the sense of the URL standard: several hosts, each with its own credentials, stand between `//` and
 * the path. As in oslo.messaging, everything after the first `/` is the virtual host (so `//` means `/`), an empty one is
 * `/`, and the port is 5672 also with `ssl=1`; only `amqps://` means 5671.
 *
 * No error quotes the URL, as it holds passwords.
 * @throws OperatorError `TRANSPORT_URL`
 */
export function parseTransportUrl(text: string): BrokerAddress {
  const url = text.trim()
  const separator = url.indexOf('://')
  if (separator < 0) throw refused('has no scheme.')
  const scheme = SCHEMES[url.slice(0, separator).toLowerCase()]
  if (scheme === undefined) throw refused('has a scheme that is neither rabbit, kombu, amqp nor amqps.')
  const rest = url.slice(separator + 3)
  const authorityEnd = rest.search(/[/?#]/)
  const authority = authorityEnd < 0 ? rest : rest.slice(0, authorityEnd)
  const tail = authorityEnd < 0 ? '' : rest.slice(authorityEnd)
  const pathEnd = tail.search(/[?#]/)
  const path = pathEnd < 0 ? tail : tail.slice(0, pathEnd)
  const vhost = decoded(path.slice(1), 'virtual host')
  const options = new URLSearchParams(/\?([^#]*)/.exec(tail)?.[1] ?? '')

  const tls = scheme.tls || isYes(options.get('ssl'))
  const hosts = authority
    .split(',')
    .filter((host) => host !== '')
    .map((host, index) => parseHost(host, index + 1, scheme.port))
  if (hosts.length === 0) throw refused('names no host.')
  const withCredentials = hosts.filter((host) => host.username !== undefined)
  if (withCredentials.length > 0 && withCredentials.length < hosts.length) {
    // oslo.messaging does not pass credentials on from one host to the next either; it logs a warning and logs in as nobody.
    const first = hosts.findIndex((host) => host.username === undefined) + 1
    throw refused(`names a user for some hosts and none for host ${first}: give each host its own user and password.`)
  }
  return {
    hosts: hosts.map(({ hostname, port, username = 'guest', password = 'guest' }) => ({
      hostname,
      port,
      username,
      password,
    })),
    vhost: vhost === '' ? '/' : vhost,
    tls,
    ignoredOptions: [...new Set([...options.keys()].filter((name) => name !== 'ssl'))],
  }
}

interface ParsedHost {
  readonly hostname: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
}

function parseHost(text: string, number: number, defaultPort: number): ParsedHost {
  const at = text.lastIndexOf('@')
  const credentials = at < 0 ? undefined : text.slice(0, at)
  const { hostname, port } = parseHostAndPort(text.slice(at + 1), `host ${number}`, defaultPort)
  if (credentials === undefined || credentials === '')
    return { hostname, port, username: undefined, password: undefined }
  const colon = credentials.indexOf(':')
  const username = decoded(colon < 0 ? credentials : credentials.slice(0, colon), `user of host ${number}`)
  const password = colon < 0 ? '' : decoded(credentials.slice(colon + 1), `password of host ${number}`)
  return { hostname, port, username, password }
}

/**
 * Reads `host`, `host:port`, `[2001:db8::1]` or `[2001:db8::1]:port`.
 * @param what names the place in an error, e.g. `host 2`
 * @throws OperatorError `TRANSPORT_URL`
 */
export function parseHostAndPort(text: string, what: string, defaultPort: number): { hostname: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]@\s]+))(?::(\d*))?$/.exec(text)
  const hostname = match?.[1] ?? match?.[2]
  if (match === null || hostname === undefined) {
    throw refused(
      `has no readable ${what}. Write host:port, IPv6 addresses in brackets; percent-encode @ : / , ? # in users and passwords.`,
    )
  }
  const port = match[3] === undefined || match[3] === '' ? defaultPort : Number(match[3])
  if (port < 1 || port > 65535) throw refused(`has a port outside 1 to 65535 at ${what}.`)
  return { hostname, port }
}

function decoded(text: string, what: string): string {
  try {
    // As Python's unquote, a % that begins no escape stands for itself: passwords are often pasted as they are.
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'))
  } catch {
    throw refused(`has a percent-encoding that is no UTF-8 in the ${what}.`)
  }
}

/** What oslo.config takes for a true boolean. */
function isYes(value: string | null): boolean {
  return value !== null && ['1', 't', 'true', 'on', 'y', 'yes'].includes(value.trim().toLowerCase())
}

function refused(problem: string): OperatorError {
  return new OperatorError('TRANSPORT_URL', `The transport URL ${problem}`, {
    remedy: 'It looks like rabbit://user:password@host:5672/vhost, as transport_url in the service’s configuration.',
  })
}
