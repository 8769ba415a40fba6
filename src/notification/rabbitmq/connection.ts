import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { connect as amqpConnect, type ChannelModel, type Options, type SocketOptions } from 'amqplib'
import type { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { Backoff, type BackoffOptions, type Clock } from './backoff'
import { connectionRefusal } from './refusal'
import { type Log, StateLog } from './state-log'
import type { BrokerAddress, BrokerHost } from './transport-url'

export interface BrokerOptions {
  readonly address: BrokerAddress
  /** Certificates and the like; used where the address says TLS. */
  readonly tls?: TlsOptions
  /** Default 30. Two seconds, which others use, take a busy event loop for a dead broker. */
  readonly heartbeatSeconds?: number
  /** How long opening may take, in ms; default 15 s. */
  readonly openMs?: number
  /** Shown by the broker's management as the connection's name. */
  readonly name?: string
  readonly backoff?: BackoffOptions
}

export interface Surroundings {
  readonly clock: Clock
  readonly log: Log
  /** amqplib's `connect`; a test may count. */
  readonly connect?: Connect
}

/** An open connection; a new one after each loss. */
export interface Link {
  readonly model: ChannelModel
  /** `host:port` */
  readonly target: string
  readonly user: string
  readonly vhost: string
  /** The broker's version, e.g. [3, 10]; [0, 0] if it does not tell. */
  readonly version: readonly [major: number, minor: number]
}

export type ConnectionState =
  | { readonly kind: 'connecting'; readonly target: string }
  | { readonly kind: 'connected'; readonly target: string }
  /** The broker takes no messages because of a memory or disk alarm. */
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'waiting'; readonly error: OperatorError; readonly retryAt: number }
  | { readonly kind: 'closed' }

export interface ConnectionUser {
  connected(link: Link): void
  /** The link is gone; the next comes with `connected`. */
  lost(error: OperatorError): void
  connectionState?(state: ConnectionState): void
}

const CLOSING_MS = 2000

/**
 * Owns the one connection to a broker or a cluster of brokers. It opens with the first user, is made again for as long as
 * there are users, and closes with the last. Hosts are rotated: whatever fails is followed by the next host.
 */
export class BrokerConnection {
  readonly address: BrokerAddress
  readonly #options: BrokerOptions
  readonly #surroundings: Surroundings
  readonly #backoff: Backoff
  readonly #stateLog: StateLog
  readonly #users = new Set<ConnectionUser>()
  #host: number
  #failedInARow = 0
  #link: Link | undefined
  #state: ConnectionState = { kind: 'closed' }
  #cancelRetry: (() => void) | undefined
  /** Counts what was begun, so that an answer to something given up is recognised. */
  #attempt = 0
  #whenUnused: (() => void)[] = []

  constructor(options: BrokerOptions, surroundings: Surroundings) {
    this.address = options.address
    this.#options = options
    this.#surroundings = surroundings
    this.#backoff = new Backoff(surroundings.clock, options.backoff)
    this.#stateLog = new StateLog(surroundings.log)
    // Clients of a cluster spread over its nodes.
    this.#host = Math.floor(surroundings.clock.random() * options.address.hosts.length)
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Registers a user, who is told at once if a link is there; the answer ends the use. */
  use(user: ConnectionUser): () => void {
    this.#users.add(user)
    if (this.#link !== undefined) user.connected(this.#link)
    else if (this.#users.size === 1) this.#open()
    user.connectionState?.(this.#state)
    return () => {
      if (!this.#users.delete(user) || this.#users.size > 0) return
      for (const done of this.#whenUnused.splice(0)) done()
      this.#shut()
    }
  }

  /**
   * Closes when the last user has gone, but after `graceMs` in any case: Node-RED closes config nodes and their users at
   * the same moment, and a user may still have to wait for its flow.
   */
  async close(graceMs = 8000): Promise<void> {
    if (this.#users.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#surroundings.clock.after(graceMs, resolve)
        this.#whenUnused.push(() => {
          cancel()
          resolve()
        })
      })
    }
    this.#users.clear()
    await this.#shut()
  }

  #open(): void {
    const host = this.address.hosts[this.#host]
    if (host === undefined) return
    const attempt = ++this.#attempt
    const target = shown(host)
    this.#enter({ kind: 'connecting', target })
    openModel(this.address, host, this.#options, this.#surroundings.connect).then(
      (model) => {
        if (attempt === this.#attempt) this.#established(model, host, target)
        else void closeConnection(model)
      },
      (thrown: unknown) => {
        if (attempt === this.#attempt) this.#failed(this.#refusal(thrown, host, target))
      },
    )
  }

  #established(model: ChannelModel, host: BrokerHost, target: string): void {
    const properties = model.connection.serverProperties
    const [major = 0, minor = 0] = (properties.version ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0)
    const link: Link = { model, target, user: host.username, vhost: this.address.vhost, version: [major, minor] }
    let cause: unknown
    // An error event without a listener ends the process.
    model.on('error', (error) => {
      cause ??= error
    })
    model.on('close', (error) => {
      // After a missed heartbeat amqplib only ends its half of a socket that nobody answers on.
      this.#surroundings.clock.after(CLOSING_MS, () => destroySocket(model))
      if (this.#link === link) this.#lost(this.#refusal(error ?? cause ?? new Error('Unexpected close'), host, target))
    })
    model.on('blocked', (reason) => {
      if (this.#link !== link) return
      this.#stateLog.enter('blocked', 'warn', `RabbitMQ at ${target} takes no messages now: ${quote(reason, 100)}`)
      this.#enter({ kind: 'blocked', reason: quote(reason, 100) })
    })
    model.on('unblocked', () => {
      if (this.#link !== link) return
      this.#stateLog.enter('connected', 'info', `RabbitMQ at ${target} takes messages again`)
      this.#enter({ kind: 'connected', target })
    })
    this.#link = link
    this.#backoff.works()
    const product = quote(`${properties.product ?? 'broker'} ${properties.version ?? ''}`.trim(), 60)
    const after = this.#failedInARow === 0 ? '' : ` after ${this.#failedInARow} failed attempts`
    this.#failedInARow = 0
    this.#stateLog.enter('connected', 'info', `connected to ${product} at ${target}${after}`)
    this.#enter({ kind: 'connected', target })
    for (const user of [...this.#users]) user.connected(link)
  }

  #lost(error: OperatorError): void {
    this.#link = undefined
    for (const user of [...this.#users]) user.lost(error)
    this.#failed(error)
  }

  #failed(error: OperatorError): void {
    const hosts = this.address.hosts.length
    this.#host = (this.#host + 1) % hosts
    this.#failedInARow += 1
    // The other hosts of a cluster are tried soon; waiting grows from round to round.
    const everyHostHadItsTurn = this.#failedInARow % hosts === 0
    const wait = !everyHostHadItsTurn
      ? this.#backoff.nextOther()
      : !error.retryable
        ? this.#backoff.nextForPerson()
        : this.#backoff.next()
    const retryAt = this.#surroundings.clock.now() + wait
    const level = !error.retryable ? 'error' : 'warn'
    this.#stateLog.enter(error.code, level, error.message)
    this.#enter({ kind: 'waiting', error, retryAt })
    this.#cancelRetry?.()
    this.#cancelRetry = this.#surroundings.clock.after(wait, () => this.#open())
  }

  async #shut(): Promise<void> {
    this.#attempt += 1
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    const link = this.#link
    this.#link = undefined
    this.#failedInARow = 0
    this.#enter({ kind: 'closed' })
    if (link !== undefined) await closeConnection(link.model)
  }

  #enter(state: ConnectionState): void {
    this.#state = state
    for (const user of [...this.#users]) user.connectionState?.(state)
  }

  #refusal(thrown: unknown, host: BrokerHost, target: string): OperatorError {
    return connectionRefusal(thrown, target, this.address.vhost, [host.password])
  }
}

type Connect = (options: Options.Connect, socket: SocketOptions) => Promise<ChannelModel>

/** Opens a connection to one host; rejects as amqplib does, see `connectionRefusal`. */
export function openModel(
  address: BrokerAddress,
  host: BrokerHost,
  settings: Pick<BrokerOptions, 'tls' | 'heartbeatSeconds' | 'openMs' | 'name'>,
  connect: Connect = amqpConnect,
): Promise<ChannelModel> {
  const { tls, heartbeatSeconds = 30, openMs = 15_000, name } = settings
  const options: Options.Connect = {
    protocol: address.tls ? 'amqps' : 'amqp',
    hostname: host.hostname,
    port: host.port,
    username: host.username,
    password: host.password,
    // amqplib decodes it once more.
    vhost: encodeURIComponent(address.vhost),
    heartbeat: heartbeatSeconds,
  }
  const socket: SocketOptions = {
    ...(address.tls ? tls : {}),
    timeout: openMs,
    noDelay: true,
    keepAlive: true,
    ...(name === undefined ? {} : { clientProperties: { connection_name: name } }),
  }
  // It throws instead of rejecting where options do not fit.
  return Promise.resolve().then(() => connect(options, socket))
}

/** `host:port` as people write it. */
export function shown(host: BrokerHost): string {
  return host.hostname.includes(':') ? `[${host.hostname}]:${host.port}` : `${host.hostname}:${host.port}`
}

/**
 * Closes politely, or after a while by force: amqplib's promise stays open for ever if the socket dies meanwhile.
 */
export async function closeConnection(model: ChannelModel): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      model.close(),
      new Promise<void>((resolve) => {
        model.once('close', () => resolve())
        timer = setTimeout(() => {
          destroySocket(model)
          resolve()
        }, CLOSING_MS)
      }),
    ])
  } catch {
    // It was closed already.
  } finally {
    clearTimeout(timer)
  }
}

/** amqplib offers no way to end a connection whose peer is gone; its socket is reached where it is, if it is there. */
function destroySocket(model: ChannelModel): void {
  const { stream } = model.connection as { stream?: { destroy?: () => void } }
  stream?.destroy?.()
}
