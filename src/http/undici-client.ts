import type { ConnectionOptions } from 'node:tls'
import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { HttpClient, HttpRequest, HttpResponse } from './client'
import { describeRequest, HttpError, transportError } from './http-error'
import type { ProxyChoice, ProxySettings } from './proxy'

/** CA, client certificate and verification, as Node-RED's `tls-config` node fills them in. */
export type TlsOptions = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'pfx' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>

export interface UndiciClientOptions {
  readonly tls?: TlsOptions
  readonly proxy?: ProxyChoice
  /** Until a connection stands, ms; default 10 000. */
  readonly connectTimeoutMs?: number
  /** From the request's end to the answer's head, ms; default the exchange's own limit. */
  readonly headersTimeoutMs?: number
  /** Between two pieces of the answer's body, ms; default the exchange's own limit. */
  readonly bodyTimeoutMs?: number
  /** Connections per host; further requests wait. Default 8. */
  readonly connections?: number
  /** How long `close` lets requests under way finish, ms; default 5 000, as Node-RED gives a closing node 15 s. */
  readonly closeWithinMs?: number
  /** Values that no error text may show. Authorization, token and cookie headers are known by name. */
  readonly secrets?: readonly string[]
}

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000
const DEFAULT_CONNECTIONS = 8
const DEFAULT_CLOSE_WITHIN_MS = 5_000
/**
 * Servers close idle connections after 5 s (Apache, uWSGI, Node). Whoever sends at that very moment never learns whether it was
 * carried out, so connections are given up well before, also when timers are late.
 */
const IDLE = { keepAliveTimeout: 2_000, keepAliveMaxTimeout: 2_000 }
const SECRET_HEADER = /^(authorization|proxy-authorization|cookie|x-auth-token|x-subject-token)$/i

/** The HttpClient over undici: one keep-alive pool per host, nothing followed, nothing repeated. */
export function undiciClient(options: UndiciClientOptions = {}): HttpClient {
  const dispatchers = dispatcherSet(options)
  const underWay = new Set<Promise<unknown>>()
  return {
    request(request) {
      const answer = exchange(request, options, dispatchers.forUrl)
      const forget = () => underWay.delete(answer)
      underWay.add(answer)
      answer.then(forget, forget)
      return answer
    },
    async close() {
      dispatchers.refuse()
      await settledWithin(underWay, options.closeWithinMs ?? DEFAULT_CLOSE_WITHIN_MS)
      await dispatchers.destroy()
    },
  }
}

function exchange(
  request: HttpRequest,
  options: UndiciClientOptions,
  dispatcherFor: (url: URL) => Dispatcher,
): Promise<HttpResponse> {
  const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES
  const secrets = [...(options.secrets ?? []), ...secretValues(request.headers)]
  const what = describeRequest(request)

  return new Promise<HttpResponse>((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let sent = false
    let over = false
    let status = 0
    let headers: Record<string, string> = {}
    const chunks: Buffer[] = []
    let bytes = 0

    const finish = (): boolean => {
      if (over) return false
      over = true
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (error: HttpError) => {
      if (!finish()) return
      reject(error)
      controller?.abort(error)
    }
    const onTimeout = () => {
      const text = `${what}: ${sent ? 'no complete answer' : 'no connection'} within ${timeoutMs} ms.`
      fail(new HttpError(sent ? 'HTTP_TIMEOUT' : 'HTTP_CONNECT', text, { sent, retryable: true }))
    }
    const onAbort = () =>
      fail(new HttpError('HTTP_ABORTED', `${what}: given up on request.`, { sent, retryable: true }))
    const tooLarge = () =>
      fail(
        new HttpError('HTTP_BODY_TOO_LARGE', `${what}: the answer is larger than ${maxBytes} bytes.`, { sent: true }),
      )
    const timer = setTimeout(onTimeout, timeoutMs)
    if (request.signal?.aborted) return onAbort()
    request.signal?.addEventListener('abort', onAbort)

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        // It waited for a connection and nobody wants it any more: it must not go out now.
        if (over) return started.abort(new Error('given up before it was sent'))
        controller = started
        sent = true
      },
      onResponseStart(_controller, statusCode, fields) {
        if (over || statusCode < 200) return
        status = statusCode
        headers = joined(fields)
        if (request.method !== 'HEAD' && Number(headers['content-length'] ?? 0) > maxBytes) tooLarge()
      },
      onResponseData(_controller, chunk) {
        if (over) return
        bytes += chunk.length
        if (bytes > maxBytes) return tooLarge()
        chunks.push(chunk)
      },
      onResponseEnd() {
        if (finish()) resolve({ status, headers, text: new TextDecoder().decode(Buffer.concat(chunks, bytes)) })
      },
      onResponseError(_controller, error) {
        fail(transportError(request, error, sent, secrets))
      },
    }
    try {
      const url = new URL(request.url)
      dispatcherFor(url).dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: { ...request.headers },
          body: request.body ?? null,
          headersTimeout: Math.min(options.headersTimeoutMs ?? timeoutMs, timeoutMs),
          bodyTimeout: Math.min(options.bodyTimeoutMs ?? timeoutMs, timeoutMs),
        },
        handler,
      )
    } catch (thrown) {
      fail(transportError(request, thrown, sent, secrets))
    }
  })
}

function secretValues(headers: HttpRequest['headers']): string[] {
  return Object.entries(headers ?? {})
    .filter(([name]) => SECRET_HEADER.test(name))
    .map(([, value]) => value)
}

function joined(fields: Record<string, string | string[] | undefined>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}

function dispatcherSet(options: UndiciClientOptions) {
  const connect = { ...options.tls, timeout: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS }
  const connections = options.connections ?? DEFAULT_CONNECTIONS
  let direct: Dispatcher | undefined
  const proxied = new Map<string, Dispatcher>()
  let closed = false

  const through = (proxy: ProxySettings): Dispatcher => {
    const uri = new URL(proxy.url.includes('://') ? proxy.url : `http://${proxy.url}`)
    const username = proxy.username ?? decodeURIComponent(uri.username)
    const password = proxy.password ?? decodeURIComponent(uri.password)
    uri.username = ''
    uri.password = ''
    const token = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    return new ProxyAgent({
      uri: uri.href,
      connections,
      proxyTunnel: false,
      requestTls: connect,
      ...IDLE,
      proxyTls: { timeout: connect.timeout },
      ...(username === '' ? {} : { token }),
    })
  }

  return {
    forUrl(url: URL): Dispatcher {
      if (closed) throw Object.assign(new Error('closed'), { code: 'UND_ERR_CLOSED' })
      const proxy = options.proxy?.(url)
      if (proxy === undefined) {
        direct ??= new Agent({ connections, connect, ...IDLE })
        return direct
      }
      const known = proxied.get(proxy.url)
      if (known !== undefined) return known
      const made = through(proxy)
      proxied.set(proxy.url, made)
      return made
    },
    refuse() {
      closed = true
    },
    async destroy(): Promise<void> {
      await Promise.all([direct, ...proxied.values()].map((dispatcher) => dispatcher?.destroy()))
    },
  }
}

async function settledWithin(promises: Iterable<Promise<unknown>>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs)
  })
  await Promise.race([Promise.allSettled(promises), limit])
  clearTimeout(timer)
}
