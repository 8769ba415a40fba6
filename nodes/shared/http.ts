import type { NodeAPI } from 'node-red'
import { OperatorError } from '../../src/errors/operator-error'
import type { HttpClient } from '../../src/http/client'
import { environmentProxy, type ProxyChoice, throughProxy } from '../../src/http/proxy'
import { type TlsOptions, undiciClient } from '../../src/http/undici-client'

/** What Node-RED's own `tls-config` node offers. */
interface TlsConfigNode {
  readonly valid?: boolean
  addTLSOptions(options: TlsOptions): unknown
}

/** What Node-RED's own `http proxy` node holds. */
interface ProxyConfigNode {
  readonly url?: string
  readonly noproxy?: readonly string[]
  readonly credentials?: { readonly username?: string; readonly password?: string }
}

/**
 * An HTTP client with the TLS settings and the proxy that the user chose. Never throws: where a chosen node is missing or
 * broken, every request is refused with the reason, as going on without it would reach the wrong place or trust the wrong server.
 *
 * Without a proxy node the proxy of the environment (`http_proxy`, `no_proxy`, …) is used, as the core nodes do.
 */
export function httpClientFor(
  RED: NodeAPI,
  chosen: { readonly tls?: string | undefined; readonly proxy?: string | undefined },
): HttpClient {
  const problems: string[] = []
  const tls = chosen.tls ? tlsOptions(RED, chosen.tls, problems) : undefined
  const proxy = chosen.proxy ? chosenProxy(RED, chosen.proxy, problems) : environmentProxy(process.env)
  if (problems.length > 0) return refusingClient(problems.join(' '))
  return undiciClient({ ...(tls === undefined ? {} : { tls }), ...(proxy === undefined ? {} : { proxy }) })
}

/**
 * The settings of the chosen `tls-config` node, for what is not HTTP; undefined where none is chosen.
 * @throws OperatorError with `code` when it is missing or broken
 */
export function chosenTls(RED: NodeAPI, id: string | undefined, code: string): TlsOptions | undefined {
  if (!id) return undefined
  const problems: string[] = []
  const options = tlsOptions(RED, id, problems)
  if (problems.length > 0) throw new OperatorError(code, problems.join(' '), { remedy: 'Choose it again.' })
  return options
}

function tlsOptions(RED: NodeAPI, id: string, problems: string[]): TlsOptions | undefined {
  const node = RED.nodes.getNode(id) as unknown as TlsConfigNode | null
  if (node === null || typeof node?.addTLSOptions !== 'function') {
    problems.push('The chosen TLS configuration does not exist or is disabled.')
    return undefined
  }
  if (node.valid === false) {
    problems.push('The chosen TLS configuration cannot be read (its own log line says why).')
    return undefined
  }
  const options: TlsOptions = {}
  node.addTLSOptions(options)
  return options
}

function chosenProxy(RED: NodeAPI, id: string, problems: string[]): ProxyChoice | undefined {
  const node = RED.nodes.getNode(id) as unknown as ProxyConfigNode | null
  const url = node?.url?.trim()
  if (node === null || url === undefined || url === '') {
    problems.push('The chosen proxy does not exist, is disabled or has no address.')
    return undefined
  }
  const { username, password } = node.credentials ?? {}
  return throughProxy({
    url,
    noProxy: node.noproxy ?? [],
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  })
}

function refusingClient(problem: string): HttpClient {
  return {
    request: () =>
      Promise.reject(
        new OperatorError('HTTP_CONFIGURATION', problem, {
          remedy: 'Open the account node and choose its TLS configuration and proxy again.',
          retryable: true,
        }),
      ),
    close: () => Promise.resolve(),
  }
}
