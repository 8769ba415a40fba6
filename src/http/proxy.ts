/** A forward proxy for HTTP clients, as Node-RED's `http proxy` node describes it. */
export interface ProxySettings {
  /** e.g. `http://proxy.example.net:3128`; without a scheme, http. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** Hosts that are reached directly: `host`, `host:port`, `.suffix`, `*.suffix`, `*`. */
  readonly noProxy: readonly string[]
}

/** Which proxy a URL goes through, if any. */
export type ProxyChoice = (url: URL) => ProxySettings | undefined

export function throughProxy(proxy: ProxySettings): ProxyChoice {
  return (url) => (reachedDirectly(url, proxy.noProxy) ? undefined : proxy)
}

/**
 * The proxy that `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` (either case) name, as Node-RED's own http
 * request node takes it when no proxy node is chosen.
 */
export function environmentProxy(env: Readonly<Record<string, string | undefined>>): ProxyChoice {
  const value = (name: string) => env[name] || env[name.toUpperCase()] || ''
  const noProxy = value('no_proxy')
    .split(/[,\s]+/)
    .filter((entry) => entry !== '')
  return (url) => {
    const proxy = value(`${url.protocol.slice(0, -1)}_proxy`) || value('all_proxy')
    if (proxy === '' || reachedDirectly(url, noProxy)) return undefined
    return { url: proxy, noProxy }
  }
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/** The rules of Node-RED's core nodes: exact host, a leading dot or star matches the end, a port narrows. */
export function reachedDirectly(url: URL, noProxy: readonly string[]): boolean {
  const host = url.hostname.toLowerCase()
  const port = url.port || DEFAULT_PORTS[url.protocol] || ''
  return noProxy.some((entry) => {
    const rule = entry.trim().toLowerCase()
    if (rule === '') return false
    if (rule === '*') return true
    const [, name = rule, rulePort = ''] = /^(.+):(\d+)$/.exec(rule) ?? []
    // A bare IPv6 address also ends in a colon and digits.
    const bareIpv6 = rule.includes('::') && !rule.startsWith('[')
    if (bareIpv6) return host === `[${rule}]`
    if (rulePort !== '' && rulePort !== port) return false
    if (name.startsWith('*')) return host.endsWith(name.slice(1))
    if (name.startsWith('.')) return host.endsWith(name)
    return host === name
  })
}
