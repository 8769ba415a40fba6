import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { LabClock } from '../clock'
import type { Certificate } from '../tls/certificate'
import { type Frame, FrameReader, type Framing } from './frames'
import { parseSyslog, type SyslogMessage } from './message'

export type SyslogTransport = 'udp' | 'tcp' | 'tls'

/**
 * `accept`: works. `refuse`: takes connections and ends them at once (TLS: before the handshake). `stall`: keeps
 * connections and reads nothing more. `away`: nothing listens. UDP has no connections: all but `accept` read nothing.
 */
export type SyslogBehaviour = 'accept' | 'refuse' | 'stall' | 'away'

export interface ReceivedSyslog {
  readonly transport: SyslogTransport
  readonly framing: Framing
  /** The message as sent, without its framing. */
  readonly line: string
  /** false: the connection ended in the middle of the message. */
  readonly complete: boolean
  /** undefined: neither RFC 5424 nor RFC 3164. */
  readonly message: SyslogMessage | undefined
  readonly receivedAt: Date
}

export interface SyslogReceiverOptions {
  readonly clock: LabClock
  readonly ports: Readonly<Record<SyslogTransport, number>>
  /** No certificate, no TLS. */
  readonly certificate: Certificate | undefined
  /** Ask clients for a certificate of the same authority. */
  readonly demandClientCertificate?: boolean
}

const keptLines = 100_000

/** A syslog server on loopback that keeps what it receives; emits `line` for each message. */
export class SyslogReceiver extends EventEmitter<{ line: [ReceivedSyslog] }> {
  readonly lines: ReceivedSyslog[] = []
  readonly ports: Record<SyslogTransport, number>
  readonly #options: SyslogReceiverOptions
  readonly #behaviour: Record<SyslogTransport, SyslogBehaviour> = { udp: 'accept', tcp: 'accept', tls: 'accept' }
  /** Raw connections, below TLS. */
  readonly #sockets: Record<'tcp' | 'tls', Set<Socket>> = { tcp: new Set(), tls: new Set() }
  /** What messages are read from: with TLS the decrypting stream above the connection. */
  readonly #streams: Record<'tcp' | 'tls', Set<Socket>> = { tcp: new Set(), tls: new Set() }
  readonly #servers: Partial<Record<'tcp' | 'tls', Server>> = {}
  #udp: UdpSocket | undefined

  private constructor(options: SyslogReceiverOptions) {
    super()
    this.#options = options
    this.ports = { ...options.ports }
  }

  static async listen(options: SyslogReceiverOptions): Promise<SyslogReceiver> {
    const receiver = new SyslogReceiver(options)
    try {
      for (const transport of receiver.transports) await receiver.#open(transport)
    } catch (error) {
      await receiver.close()
      throw error
    }
    return receiver
  }

  get transports(): SyslogTransport[] {
    return this.#options.certificate === undefined ? ['udp', 'tcp'] : ['udp', 'tcp', 'tls']
  }

  behaviourOf(transport: SyslogTransport): SyslogBehaviour {
    return this.#behaviour[transport]
  }

  /** Connections that are open now. */
  connections(transport: 'tcp' | 'tls'): number {
    return this.#sockets[transport].size
  }

  /** Resolves once it is so: after `away` nothing listens, after `accept` the same port does again. */
  async behave(transport: SyslogTransport, behaviour: SyslogBehaviour): Promise<void> {
    const before = this.#behaviour[transport]
    this.#behaviour[transport] = behaviour
    if (transport !== 'udp') {
      if (behaviour === 'refuse' || behaviour === 'away') {
        for (const socket of this.#sockets[transport]) socket.destroy()
      }
      for (const stream of this.#streams[transport]) {
        if (behaviour === 'stall') stream.pause()
        else stream.resume()
      }
    }
    if (behaviour === 'away' && before !== 'away') await this.#shut(transport)
    if (behaviour !== 'away' && before === 'away') await this.#open(transport)
  }

  /** The first line, received already or still to come, for which `wanted` holds. Rejects after `timeoutMs`. */
  async waitFor(wanted: (line: ReceivedSyslog) => boolean, timeoutMs = 10_000): Promise<ReceivedSyslog> {
    const already = this.lines.find(wanted)
    if (already !== undefined) return already
    return new Promise((resolve, reject) => {
      const look = (line: ReceivedSyslog): void => {
        if (!wanted(line)) return
        clearTimeout(timer)
        this.off('line', look)
        resolve(line)
      }
      const timer = setTimeout(() => {
        this.off('line', look)
        reject(new Error(`No such syslog line within ${timeoutMs} ms; received so far: ${this.lines.length}.`))
      }, timeoutMs)
      this.on('line', look)
    })
  }

  async close(): Promise<void> {
    for (const transport of ['udp', 'tcp', 'tls'] as const) await this.#shut(transport)
  }

  async #open(transport: SyslogTransport): Promise<void> {
    const port = this.ports[transport]
    if (transport === 'udp') {
      this.#udp = createSocket('udp4')
      this.#udp.on('message', (bytes) => {
        if (this.#behaviour.udp === 'accept') this.#keep('udp', { framing: 'datagram', bytes, complete: true })
      })
      this.#udp.bind(port, '127.0.0.1')
      await once(this.#udp, 'listening')
      this.ports.udp = this.#udp.address().port
      return
    }
    const server = this.#server(transport)
    this.#servers[transport] = server
    // Below TLS: the raw connection, before any handshake.
    server.on('connection', (socket: Socket) => {
      if (this.#behaviour[transport] === 'refuse') return void socket.destroy()
      this.#sockets[transport].add(socket)
      socket.on('close', () => this.#sockets[transport].delete(socket))
      socket.on('error', () => socket.destroy())
    })
    server.on(transport === 'tls' ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#read(transport, socket),
    )
    server.on('tlsClientError', () => {})
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    this.ports[transport] = (server.address() as AddressInfo).port
  }

  #server(transport: 'tcp' | 'tls'): Server {
    const { certificate, demandClientCertificate = false } = this.#options
    if (transport === 'tcp') return createServer()
    if (certificate === undefined) throw new RangeError('TLS needs a certificate.')
    return createTlsServer({
      key: certificate.key,
      cert: certificate.cert,
      ca: certificate.ca,
      requestCert: demandClientCertificate,
      rejectUnauthorized: demandClientCertificate,
    })
  }

  #read(transport: 'tcp' | 'tls', socket: Socket): void {
    const reader = new FrameReader()
    this.#streams[transport].add(socket)
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) this.#keep(transport, frame)
      } catch {
        socket.destroy()
      }
    })
    socket.on('close', () => {
      this.#streams[transport].delete(socket)
      const rest = reader.end()
      if (rest !== undefined) this.#keep(transport, rest)
    })
    socket.on('error', () => socket.destroy())
    if (this.#behaviour[transport] === 'stall') socket.pause()
  }

  #keep(transport: SyslogTransport, { framing, bytes, complete }: Frame): void {
    const line = bytes.toString('utf8')
    const received = {
      transport,
      framing,
      line,
      complete,
      message: parseSyslog(line),
      receivedAt: this.#options.clock.now(),
    }
    this.lines.push(received)
    if (this.lines.length > keptLines) this.lines.splice(0, this.lines.length - keptLines)
    this.emit('line', received)
  }

  async #shut(transport: SyslogTransport): Promise<void> {
    if (transport === 'udp') {
      const udp = this.#udp
      this.#udp = undefined
      if (udp !== undefined) await new Promise<void>((resolve) => udp.close(resolve))
      return
    }
    const server = this.#servers[transport]
    delete this.#servers[transport]
    for (const socket of this.#sockets[transport]) socket.destroy()
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}
