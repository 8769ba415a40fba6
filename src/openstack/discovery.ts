import type { HttpClient, HttpResponse } from '../http/client'
import { errorText, isRecord, jsonObject, OpenStackError } from './openstack-error'

export interface IdentityEndpoint {
  /** Base of the v3 API without a slash at the end, e.g. `https://cloud.example.net/identity/v3`. */
  readonly url: string
  /** What a person should know: an address that was read differently from how it was written. */
  readonly notices: readonly string[]
}

/** What an operator writes, as far as it needs no question to the server. Undefined: the versions must be asked for. */
export function writtenVersion(authUrl: string): { base: string; version: 'v3' | 'v2.0' | undefined } {
  let url: URL
  try {
    url = new URL(authUrl.trim())
  } catch {
    throw configurationError(`The address of Keystone is not a URL.`)
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw configurationError('The address of Keystone must begin with https:// or http://.')
  }
  if (url.username !== '' || url.password !== '') {
    throw configurationError('The address of Keystone must not hold a user or password.')
  }
  const path = url.pathname.replace(/\/+$/, '').replace(/\/auth\/tokens$/, '')
  const version = /\/(v3|v2\.0)$/.exec(path)?.[1] as 'v3' | 'v2.0' | undefined
  return { base: `${url.origin}${version === undefined ? path : path.slice(0, -version.length - 1)}`, version }
}

/**
 * Where the v3 API is. A written `/v3` is taken as it is, a written `/v2.0` as `/v3` (v2.0 was removed in 2018), and
 * otherwise the version document is read. Only the path of its link is used: behind a proxy or load balancer the document
 * names a host or scheme of the inside, and a password must not go anywhere but to the address that was configured.
 */
export async function discoverIdentity(http: HttpClient, authUrl: string): Promise<IdentityEndpoint> {
  const { base, version } = writtenVersion(authUrl)
  if (version === 'v3') return { url: `${base}/v3`, notices: [] }
  if (version === 'v2.0') {
    const notice = 'The address of Keystone ends in /v2.0, an API that no longer exists; /v3 is used instead.'
    return { url: `${base}/v3`, notices: [notice] }
  }
  const what = `Keystone at ${base}/`
  const response = await http.request({
    method: 'GET',
    url: `${base}/`,
    headers: { accept: 'application/json' },
  })
  // 300 Multiple Choices is Keystone's usual answer here.
  if (response.status !== 200 && response.status !== 300) throw undiscovered(what, response)
  const versions = versionList(jsonObject(what, response))
  const v3 = versions.find(({ id, status }) => /^v3(\.|$)/.test(id) && !/deprecated|experimental/i.test(status))
  if (v3 === undefined) {
    const offered = versions.map(({ id }) => id).join(', ') || 'none'
    throw new OpenStackError('KEYSTONE_DISCOVERY', `${what} offers no v3 API; versions offered: ${offered}.`, {
      retryable: true,
      remedy: 'Enter the address of Keystone, e.g. https://cloud.example.net:5000/v3.',
    })
  }
  return fromLink(base, v3.href)
}

function fromLink(base: string, href: string): IdentityEndpoint {
  const configured = new URL(base)
  const link = URL.canParse(href, `${base}/`) ? new URL(href, `${base}/`) : undefined
  const path = link?.pathname.replace(/\/+$/, '') ?? ''
  const prefix = configured.pathname.replace(/\/+$/, '')
  const url = path.startsWith(`${prefix}/`) ? `${configured.origin}${path}` : `${base}/v3`
  if (link === undefined || link.origin === configured.origin) return { url, notices: [] }
  return { url, notices: [`Keystone's version document points to ${link.origin}; the configured address is kept.`] }
}

interface Version {
  readonly id: string
  readonly status: string
  readonly href: string
}

/** `{versions: {values: […]}}` from the root, `{versions: […]}` or `{version: {…}}` from other places. */
function versionList(body: Record<string, unknown>): Version[] {
  const { versions, version } = body as { versions?: unknown; version?: unknown }
  const list = isRecord(versions) ? versions['values'] : (versions ?? [version])
  if (!Array.isArray(list)) return []
  return list.filter(isRecord).map((entry) => {
    const links = Array.isArray(entry['links']) ? entry['links'].filter(isRecord) : []
    const self = links.find((link) => link['rel'] === 'self')
    return { id: String(entry['id'] ?? ''), status: String(entry['status'] ?? ''), href: String(self?.['href'] ?? '') }
  })
}

function undiscovered(what: string, response: HttpResponse): OpenStackError {
  return new OpenStackError('KEYSTONE_DISCOVERY', `${what} answered ${response.status}: ${errorText(response)}.`, {
    status: response.status,
    retryable: true,
    remedy: 'Enter the address with its version, e.g. https://cloud.example.net:5000/v3.',
  })
}

function configurationError(message: string): OpenStackError {
  return new OpenStackError('KEYSTONE_CONFIGURATION', message, {
    retryable: true,
    remedy: 'Open the account node and correct it, e.g. https://cloud.example.net:5000/v3.',
  })
}
