import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A TCP server on loopback that collects what arrives and can be paused, cut off, stopped and started on one port. */
export class ByteServer {
  #server = createServer((socket) => this.#accept(socket))
  readonly sockets = new Set<Socket>()
  #chunks: Buffer[] = []
  #port = 0
  #reading = true
  connections = 0
  chunks = 0

  get port(): number {
    return this.#port
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1)
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', () => resolve())
    })
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Stops listening and cuts every connection. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.cut()
    await closed
    this.#server = createServer((socket) => this.#accept(socket))
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  pause(): void {
    this.#reading = false
    for (const socket of this.sockets) socket.pause()
  }

  resume(): void {
    this.#reading = true
    for (const socket of this.sockets) socket.resume()
  }

  #accept(socket: Socket): void {
    this.connections += 1
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.chunks += 1
      this.#chunks.push(chunk)
    })
    if (!this.#reading) socket.pause()
  }
}
