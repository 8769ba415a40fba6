import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface LocalServer {
  /** e.g. `http://127.0.0.1:40001` */
  readonly url: string
  readonly port: number
  readonly server: Server
  close(): Promise<void>
}

/** A server on a free loopback port; with `tls` it speaks https. */
export async function serve(listener: RequestListener, tls?: ServerOptions): Promise<LocalServer> {
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
