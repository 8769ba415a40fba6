import { createSocket, type Socket } from 'node:dgram'
import { lookup } from 'node:dns'
import { OperatorError } from '../errors/operator-error'
import { backoffMs } from '../http/retry'
import type { Timers } from '../time/timers'
import { type HeldLine, type LineOptions, Outbox, type OutboxLimits } from './outbox'
import { refusalOf } from './refusal'
import type { OnState, Reconnecting, SyslogTransport, TransportState } from './transport'

export interface UdpOptions {
  readonly host: string
  readonly port: number
  readonly limits: OutboxLimits
  readonly onState: OnState
  readonly timers: Timers
  readonly random: () => number
  readonly reconnecting: Reconnecting
}

const AT_ONCE = 64
/** A refusal from another machine takes a round trip. */
const PROBE_MS = 200

/**
 * Syslog over UDP, one datagram a message. Nobody answers: what the network loses is lost. Only what this machine is told
 * at once (nobody listens on a port of its own, no route) is noticed, and held until it works again.
 */
export class UdpTransport implements SyslogTransport {
  readonly #options: UdpOptions
  readonly #outbox: Outbox
  #state: TransportState = { kind: 'connecting' }
  #socket: Socket | undefined
  #ready = false
  #scheduled = false
  #onWay: HeldLine[] = []
  #failures = 0
  #closed = false
  #cancelRetry: (() => void) | undefined
  #onIdle: (() => void) | undefined

  constructor(options: UdpOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.limits)
    this.#open()
  }

  get held(): number {
    return this.#outbox.held
  }

  get state(): TransportState {
    return this.#state
  }

  write(line: Buffer, options: LineOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    const taken = this.#outbox.put(line, options)
    this.#schedule()
    return taken
  }

  async close(timeoutMs: number): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelRetry?.()
    this.#outbox.failAll(closedError())
    if (this.#onWay.length > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.timers.after(timeoutMs, resolve)
        this.#onIdle = () => {
          cancel()
          resolve()
        }
      })
    }
    this.#outbox.fail(this.#onWay, closedError())
    this.#onWay = []
    this.#drop()
    this.#enter({ kind: 'closed' })
  }

  #open(): void {
    const { host, port } = this.#options
    if (this.#state.kind !== 'away') this.#enter({ kind: 'connecting' })
    lookup(host, (error, address, family) => {
      if (this.#closed) return
      if (error !== null) return this.#failed(error)
      const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
      this.#socket = socket
      socket.unref()
      socket.on('error', (thrown) => this.#failed(thrown, socket))
      // A connected socket is told when its datagrams are refused.
      socket.connect(port, address, () => {
        if (this.#socket !== socket || this.#closed) return
        this.#ready = true
        // Only a datagram that left shows that it works again.
        if (this.#state.kind !== 'away') this.#enter({ kind: 'connected' })
        this.#flush()
      })
    })
  }

  #schedule(): void {
    if (this.#scheduled || !this.#ready) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    const socket = this.#socket
    if (!this.#ready || socket === undefined || this.#closed || this.#onWay.length > 0) return
    // After a refusal one datagram tries whether somebody listens again.
    const probing = this.#state.kind === 'away'
    const lines = this.#outbox.take(Number.POSITIVE_INFINITY, probing ? 1 : AT_ONCE)
    this.#onWay = lines
    const confirm = () => this.#confirm(socket, lines)
    let open = lines.length
    for (const line of lines) {
      socket.send(line.bytes, (error) => {
        open -= 1
        if (error !== null && error !== undefined) {
          if ((error as NodeJS.ErrnoException).code === 'EMSGSIZE')
            this.#outbox.fail([line], tooLong(line.bytes.length))
          else this.#failed(error, socket)
        }
        if (open > 0) return
        // A refusal of these datagrams by this machine is read within one more turn of the event loop.
        if (probing) this.#options.timers.after(PROBE_MS, confirm)
        else setImmediate(confirm)
      })
    }
  }

  #confirm(socket: Socket, lines: readonly HeldLine[]): void {
    if (this.#socket !== socket) return
    this.#onWay = []
    this.#outbox.confirm(lines)
    this.#failures = 0
    if (this.#closed) {
      this.#onIdle?.()
      return
    }
    if (this.#state.kind !== 'connected') this.#enter({ kind: 'connected' })
    this.#flush()
  }

  #failed(error: Error, socket?: Socket): void {
    if (this.#closed || this.#socket !== socket) return
    this.#drop()
    this.#outbox.putBack(this.#onWay)
    this.#onWay = []
    this.#failures += 1
    const retryInMs = backoffMs(this.#failures, this.#options.reconnecting, this.#options.random)
    this.#enter({ kind: 'away', reason: refusalOf(error, 'connect').reason, retryInMs, needsPerson: false })
    this.#cancelRetry = this.#options.timers.after(retryInMs, () => this.#open())
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.#ready = false
    if (socket === undefined) return
    socket.removeAllListeners('error')
    socket.on('error', () => {})
    socket.close()
  }

  #enter(state: TransportState): void {
    this.#state = state
    this.#options.onState(state)
  }
}

function closedError(): OperatorError {
  return new OperatorError('SYSLOG_CLOSED', 'The syslog socket was closed before the line was sent.', {
    retryable: true,
  })
}

function tooLong(bytes: number): OperatorError {
  return new OperatorError('SYSLOG_TOO_LONG', `A datagram of ${bytes} bytes cannot be sent.`, {
    remedy: 'Lower the size limit or use TCP or TLS.',
  })
}
