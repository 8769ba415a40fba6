import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { OperatorError } from '../errors/operator-error'
import { backoffMs } from '../http/retry'
import type { Timers } from '../time/timers'
import type { Dial } from './dial'
import { type Framing, frame } from './framing'
import { type HeldLine, type LineOptions, Outbox, type OutboxLimits } from './outbox'
import { type Refusal, refusalOf } from './refusal'
import type { OnState, Reconnecting, SyslogTransport, TransportState } from './transport'

export interface StreamOptions {
  readonly dial: Dial
  readonly framing: Framing
  readonly limits: OutboxLimits
  readonly onState: OnState
  readonly timers: Timers
  readonly random: () => number
  readonly reconnecting: Reconnecting
  readonly connectTimeoutMs?: number
  /** After this long without progress the server counts as slow. */
  readonly slowAfterMs?: number
}

const WRITE_BYTES = 256 * 1024
export const CONNECT_TIMEOUT_MS = 10_000
const SLOW_AFTER_MS = 10_000
/** With TLS 1.3 the client is ready before the server has judged the client's certificate: a refusal comes after that. */
const LATE_REFUSAL_MS = 250

/** Syslog over TCP or TLS: one connection that is opened again whenever it breaks, lines gathered per tick into one write. */
export class StreamTransport implements SyslogTransport {
  readonly #options: StreamOptions
  readonly #outbox: Outbox
  #state: TransportState = { kind: 'connecting' }
  #socket: Socket | undefined
  #ready = false
  #blocked = false
  #scheduled = false
  /** Written and not confirmed, in order: what is sent again if the connection breaks. */
  #onWay: HeldLine[] = []
  #failures = 0
  #closed = false
  readonly #cancels = new Map<'retry' | 'stable' | 'slow' | 'ready', () => void>()
  #onIdle: (() => void) | undefined

  constructor(options: StreamOptions) {
    this.#options = options
    this.#outbox = new Outbox(options.limits)
    this.#connect()
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
    this.#cancel('retry', 'stable', 'slow')
    this.#outbox.failAll(closedError())
    const socket = this.#socket
    if (socket !== undefined) {
      await new Promise<void>((resolve) => {
        const cancel = this.#options.timers.after(timeoutMs, resolve)
        const finish = () => {
          cancel()
          resolve()
        }
        this.#onIdle = () => socket.end(finish)
        socket.once('close', finish)
        if (this.#onWay.length === 0) this.#onIdle()
      })
      socket.destroy()
    }
    this.#cancel('ready')
    this.#outbox.fail(this.#onWay, closedError())
    this.#onWay = []
    this.#enter({ kind: 'closed' })
  }

  #connect(): void {
    const { dial } = this.#options
    this.#enter({ kind: 'connecting' })
    const socket = dial.open()
    this.#socket = socket
    let lastError: Error | undefined
    let tcpUp = false
    this.#after('ready', this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, () => {
      socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    })
    socket.on('error', (error) => {
      lastError ??= error
    })
    socket.once('connect', () => {
      tcpUp = true
      if (!dial.tls) this.#becomeReady(socket)
    })
    socket.once('secureConnect', () => {
      this.#cancel('ready')
      if ((socket as TLSSocket).getProtocol() !== 'TLSv1.3') return this.#becomeReady(socket)
      // A session ticket is the server's first word after it accepted us.
      socket.once('session', () => this.#becomeReady(socket))
      this.#after('ready', LATE_REFUSAL_MS, () => this.#becomeReady(socket))
    })
    socket.on('drain', () => {
      this.#blocked = false
      this.#flush()
    })
    // A syslog server says nothing; reading on is what shows its goodbye.
    socket.resume()
    socket.on('end', () => socket.destroy())
    socket.on('close', () => {
      const during = this.#ready ? 'open' : dial.tls && tcpUp ? 'handshake' : 'connect'
      this.#lost(socket, refusalOf(lastError, during))
    })
  }

  #becomeReady(socket: Socket): void {
    this.#cancel('ready')
    if (this.#ready || this.#socket !== socket || this.#closed || socket.destroyed) return
    this.#ready = true
    this.#blocked = false
    this.#enter({ kind: 'connected' })
    this.#after('stable', this.#options.reconnecting.stableMs, () => {
      this.#failures = 0
    })
    this.#flush()
  }

  #lost(socket: Socket, { reason, needsPerson }: Refusal): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    this.#ready = false
    this.#cancel('ready', 'stable', 'slow')
    if (this.#closed) return
    this.#outbox.putBack(this.#onWay)
    this.#onWay = []
    this.#failures += 1
    const retryInMs = backoffMs(this.#failures, this.#options.reconnecting, this.#options.random)
    this.#enter({ kind: 'away', reason, retryInMs, needsPerson })
    this.#after('retry', retryInMs, () => this.#connect())
  }

  /** Whatever arrives within one turn of the event loop leaves in one write. */
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
    if (!this.#ready || socket === undefined || this.#blocked || this.#closed) return
    const lines = this.#outbox.take(WRITE_BYTES)
    if (lines.length === 0) return
    this.#onWay.push(...lines)
    if (!this.#cancels.has('slow')) this.#watch()
    const bytes = frame(
      lines.map((line) => line.bytes),
      this.#options.framing,
    )
    const accepted = socket.write(bytes, (error) => {
      if (error !== undefined && error !== null) return
      // One more turn of the event loop: had the server closed before this write, its goodbye is read by then.
      setImmediate(() => this.#confirm(socket, lines))
    })
    this.#blocked = !accepted
    if (accepted && !this.#outbox.isEmpty) this.#schedule()
  }

  #confirm(socket: Socket, lines: readonly HeldLine[]): void {
    if (this.#socket !== socket || socket.destroyed) return
    this.#onWay.splice(0, lines.length)
    this.#outbox.confirm(lines)
    this.#cancel('slow')
    if (this.#onWay.length > 0) this.#watch()
    else if (this.#closed) this.#onIdle?.()
    if (this.#state.kind === 'slow') this.#enter({ kind: 'connected' })
  }

  #watch(): void {
    const slowAfterMs = this.#options.slowAfterMs ?? SLOW_AFTER_MS
    this.#after('slow', slowAfterMs, () => {
      this.#enter({ kind: 'slow', reason: 'the server takes nothing' })
    })
  }

  #enter(state: TransportState): void {
    this.#state = state
    this.#options.onState(state)
  }

  #after(name: 'retry' | 'stable' | 'slow' | 'ready', ms: number, run: () => void): void {
    this.#cancel(name)
    const cancel = this.#options.timers.after(ms, () => {
      this.#cancels.delete(name)
      run()
    })
    this.#cancels.set(name, cancel)
  }

  #cancel(...names: ('retry' | 'stable' | 'slow' | 'ready')[]): void {
    for (const name of names) {
      this.#cancels.get(name)?.()
      this.#cancels.delete(name)
    }
  }
}

function closedError(): OperatorError {
  return new OperatorError('SYSLOG_CLOSED', 'The syslog connection was closed before the line was taken.', {
    retryable: true,
  })
}
