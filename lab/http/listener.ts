import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { LabClock } from '../clock'
import type { Certificate } from '../tls/certificate'
import type { LabHandler, LabReply, LabRequest, LabService, RecordedExchange } from './exchange'
import type { FaultEffect, Faults } from './faults'
import { alterLinks } from './links'

export interface HttpListener {
  readonly port: number
  /** `http://127.0.0.1:9696`, no slash at the end. */
  readonly origin: string
  close(): Promise<void>
}

export interface HttpListenerOptions {
  readonly service: LabService
  readonly port: number
  readonly clock: LabClock
  readonly faults: Faults
  readonly handler: LabHandler
  readonly record: (exchange: RecordedExchange) => void
  readonly certificate?: Certificate | undefined
  /** Mutual TLS: only clients with a certificate of the same authority get in. */
  readonly demandClientCertificate?: boolean
}

const largestRequest = 20 * 1024 * 1024

/** One HTTP service on loopback: reads requests whole, applies faults, records, answers. */
export async function listenHttp(options: HttpListenerOptions): Promise<HttpListener> {
  const ending = new AbortController()
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    serve(incoming, outgoing).catch((error: unknown) => {
      if (ending.signal.aborted || incoming.destroyed) return void outgoing.destroy()
      // A fault of the pocket cloud itself must be seen as one, not as a fault of what is tested against it.
      console.error(`pocket cloud: ${options.service} could not answer:`, error)
      if (outgoing.headersSent) outgoing.destroy()
      else outgoing.writeHead(500, { 'content-type': 'text/plain' }).end('The pocket cloud failed; see its output.\n')
    })
  }
  const { certificate } = options
  // Long queries must reach the service, which refuses them in its own way.
  const maxHeaderSize = 256 * 1024
  const clients =
    certificate !== undefined && options.demandClientCertificate === true
      ? { ca: certificate.ca, requestCert: true, rejectUnauthorized: true }
      : {}
  const server = certificate
    ? createTlsServer({ key: certificate.key, cert: certificate.cert, maxHeaderSize, ...clients }, answer)
    : createServer({ maxHeaderSize }, answer)
  server.keepAliveTimeout = 5_000

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await readRequest(incoming)
    const fault = options.faults.take(request)
    const effect: FaultEffect = fault?.effect ?? {}
    const keep = (status: number): void =>
      options.record(fault === undefined ? { request, status } : { request, status, fault: fault.name })

    if (effect.delayMs !== undefined) await wait(effect.delayMs, undefined, { signal: ending.signal })
    if (effect.disconnect === 'before') {
      keep(0)
      return void incoming.socket.destroy()
    }
    const reply = options.faults.replyOf(effect) ?? alterLinks(await options.handler(request), request, effect.links)
    if (effect.disconnect === 'after') {
      keep(0)
      return void incoming.socket.destroy()
    }
    keep(reply.status)
    await write(outgoing, reply, request.method, effect)
  }

  async function write(outgoing: ServerResponse, reply: LabReply, method: string, effect: FaultEffect): Promise<void> {
    const body = Buffer.from(reply.body ?? '', 'utf8')
    const hasBody = reply.status !== 204 && reply.status !== 304
    outgoing.writeHead(reply.status, { ...reply.headers, ...(hasBody && { 'content-length': String(body.length) }) })
    if (!hasBody || method === 'HEAD') return void outgoing.end()
    const whole = effect.cutBodyAfter === undefined ? body : body.subarray(0, effect.cutBodyAfter)
    const { slowBody } = effect
    if (slowBody === undefined) outgoing.write(whole)
    else {
      for (let at = 0; at < whole.length && !outgoing.destroyed; at += slowBody.bytes) {
        outgoing.write(whole.subarray(at, at + slowBody.bytes))
        await wait(slowBody.everyMs, undefined, { signal: ending.signal })
      }
    }
    if (effect.cutBodyAfter === undefined) outgoing.end()
    // The piece must be on its way before the connection goes.
    else outgoing.write('', () => outgoing.socket?.destroySoon())
  }

  async function readRequest(incoming: IncomingMessage): Promise<LabRequest> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > largestRequest) throw new RangeError('The request is larger than 20 MiB.')
      chunks.push(chunk)
    }
    const [path = '/', query = ''] = splitOnce(incoming.url ?? '/', '?')
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(incoming.headers)) {
      headers[name] = Array.isArray(value) ? value.join(', ') : value
    }
    return {
      service: options.service,
      method: incoming.method ?? 'GET',
      target: incoming.url ?? '/',
      path,
      query: new URLSearchParams(query),
      headers,
      body: Buffer.concat(chunks).toString('utf8'),
      origin,
      receivedAt: options.clock.now(),
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  const origin = `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`
  return {
    port,
    origin,
    async close() {
      ending.abort()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
