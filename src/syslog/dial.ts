import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'

/** How to open one connection. */
export interface Dial {
  /** For people: `syslog.example.net:6514`. */
  readonly target: string
  readonly tls: boolean
  open(): Socket
}

/** An idle connection whose other side vanished is noticed by the kernel's probes. */
const KEEP_ALIVE_AFTER_MS = 30_000

export function tcpDial(host: string, port: number): Dial {
  return {
    target: `${host}:${port}`,
    tls: false,
    open: () => connectTcp({ host, port, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS, noDelay: true }),
  }
}

/** @param options what a `tls-config` node added: `ca`, `cert`, `key`, `rejectUnauthorized`, `servername`, … */
export function tlsDial(host: string, port: number, options: ConnectionOptions): Dial {
  // RFC 5425 §5.2 wants the name checked. SNI allows no address, and Node then checks the address itself.
  const name = options.servername === undefined && isIP(host) === 0 ? { servername: host } : {}
  return {
    target: `${host}:${port}`,
    tls: true,
    open: () => {
      const socket: TLSSocket = connectTls({ minVersion: 'TLSv1.2', ...name, ...options, host, port })
      socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS)
      socket.setNoDelay(true)
      return socket
    },
  }
}
