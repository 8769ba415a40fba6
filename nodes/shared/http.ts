import type { NodeAPI } from 'node-red'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { HttpClient } from '../../src/http/client'
import { environmentProxy, type ProxyChoice, throughProxy } from '../../src/http/proxy'
import { undiciClient } from '../../src/http/undici-client'
import { chosenTls } from './tls'

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
  const tls = collect(() => chosenTls(RED, chosen.tls, 'HTTP_CONFIGURATION'), problems)
  const proxy = chosen.proxy ? chosenProxy(RED, chosen.proxy, problems) : environmentProxy(process.env)
  if (problems.length > 0) return refusingClient(problems.join(' '))
  return undiciClient({ ...(tls === undefined ? {} : { tls }), ...(proxy === undefined ? {} : { proxy }) })
}

function collect<T>(read: () => T | undefined, problems: string[]): T | undefined {
  try {
    return read()
  } catch (thrown) {
    problems.push(thrown instanceof OperatorError ? thrown.message : describeError(thrown))
    return undefined
  }
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
