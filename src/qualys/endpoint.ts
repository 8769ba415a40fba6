import { OperatorError } from '../errors/operator-error'
import { quote, redact } from '../errors/redact'

/**
 * What is asked of Qualys. Qualys versions each endpoint by itself and retires old versions after about a year, so each
 * has a path of its own that a person can change.
 */
export const API_PATHS = {
  launch: '/api/2.0/fo/scan/',
  list: '/api/3.0/fo/scan/',
  optionProfiles: '/api/2.0/fo/subscription/option_profile/vm/',
  addresses: '/api/2.0/fo/asset/ip/',
  ipv6Mappings: '/api/2.0/fo/asset/ip/v4_v6/',
} as const

export type Api = keyof typeof API_PATHS

/** The address of each API, ready to be called. */
export type Endpoint = Readonly<Record<Api, string>>

/** What osel had as `qualys.url`: the whole address of the scan API. */
const SCAN_PATH = /^(.*)(\/api\/\d+\.\d+\/fo\/scan)\/?$/

/**
 * Builds the addresses from a base: `https://qualysapi.…`, with a path in front where a reverse proxy has one, or the
 * full address of the scan API (its version then holds for launching). Throws `QUALYS_URL` for whatever would send the
 * password to the wrong place or in clear.
 */
export function endpointOf(base: string, paths: Partial<Record<Api, string>> = {}): Endpoint {
  const url = parse(base)
  const scan = SCAN_PATH.exec(url.pathname)
  const prefix = `${url.origin}${(scan?.[1] ?? url.pathname).replace(/\/+$/, '')}`
  const fromBase: Partial<Record<Api, string>> = scan?.[2] === undefined ? {} : { launch: `${scan[2]}/` }

  const addressOf = (api: Api): string => {
    const own = paths[api]?.trim()
    const path = own ? own : (fromBase[api] ?? API_PATHS[api])
    if (!/^\/[A-Za-z0-9/._~-]*$/.test(path)) {
      throw new OperatorError('QUALYS_URL', `The path "${quote(path)}" is not a path like ${API_PATHS[api]}.`)
    }
    return prefix + path
  }
  return {
    launch: addressOf('launch'),
    list: addressOf('list'),
    optionProfiles: addressOf('optionProfiles'),
    addresses: addressOf('addresses'),
    ipv6Mappings: addressOf('ipv6Mappings'),
  }
}

function parse(base: string): URL {
  let url: URL
  try {
    url = new URL(base.trim())
  } catch {
    throw refused(base, 'is not a URL')
  }
  if (url.username !== '' || url.password !== '') throw refused(base, 'carries a user name or password')
  if (url.search !== '' || url.hash !== '') throw refused(base, 'has a query or a fragment')
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw refused(base, 'is plain http, which would send the password in clear')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(base, 'is neither https nor http')
  return url
}

function refused(base: string, why: string): OperatorError {
  return new OperatorError('QUALYS_URL', `The Qualys address "${quote(redact(base))}" ${why}.`, {
    remedy: 'Choose a platform, or enter the API server as https://qualysapi.….',
  })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
