import { describeError, OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { Backoff, type BackoffOptions, type Clock } from './backoff'
import { type BindingGap, BindingWatch } from './binding-watch'
import type { BrokerConnection, ConnectionState, ConnectionUser, Link } from './connection'
import { Consumer, type Incoming } from './consumer'
import { DeadLetterCount } from './dead-letter-count'
import { channelRefusal } from './refusal'
import { ReturnPath } from './return-path'
import { type Log, StateLog } from './state-log'
import { attemptOf, prepareQueues, type QueueNames, type QueueSettings, queueNames } from './topology'

export interface RabbitSourceSettings extends QueueSettings {
  /** Messages in the flow at a time; the only brake there is. */
  readonly prefetch: number
  /** A message that has failed so often ends in the dead-letter queue. */
  readonly attempts: number
}

export interface RabbitSourceEvents {
  /** Must not throw. */
  message(incoming: Incoming): void
  /** `state` or what it says has changed. */
  changed(): void
  /** The text of a message to ourselves that tells of a gap. */
  gapBody(gap: BindingGap): string
}

export type RabbitSourceState =
  | { readonly kind: 'connection'; readonly state: ConnectionState }
  /** Declares queues, opens the channel. */
  | { readonly kind: 'preparing' }
  | { readonly kind: 'consuming' }
  | { readonly kind: 'failed'; readonly error: OperatorError; readonly retryAt: number }
  /** Everything was given back until {@link RabbitSource.resume}. */
  | { readonly kind: 'suspended' }
  | { readonly kind: 'closed' }

/** Consumes one queue for as long as it lives, over every loss of link, channel or queue. */
export class RabbitSource implements ConnectionUser {
  readonly settings: RabbitSourceSettings
  readonly #connection: BrokerConnection
  readonly #events: RabbitSourceEvents
  readonly #clock: Clock
  readonly #log: Log
  readonly #stateLog: StateLog
  readonly #backoff: Backoff
  readonly #names: QueueNames
  readonly #watch: BindingWatch
  readonly #deadLetters: DeadLetterCount
  #state: RabbitSourceState = { kind: 'closed' }
  #link: Link | undefined
  #consumer: Consumer | undefined
  #returnPath: ReturnPath | undefined
  #suspended = false
  #refused = new Map<string, OperatorError>()
  #stuck: OperatorError | undefined
  /** Grows with every beginning and every loss: what belongs to an earlier one is dropped. */
  #life = 0
  #cancelRetry: (() => void) | undefined
  #release: (() => void) | undefined

  constructor(
    connection: BrokerConnection,
    settings: RabbitSourceSettings,
    events: RabbitSourceEvents,
    surroundings: { readonly clock: Clock; readonly log: Log; readonly backoff?: BackoffOptions },
  ) {
    this.settings = settings
    this.#connection = connection
    this.#events = events
    this.#clock = surroundings.clock
    this.#log = surroundings.log
    this.#stateLog = new StateLog(surroundings.log)
    this.#backoff = new Backoff(surroundings.clock, surroundings.backoff)
    this.#names = queueNames(settings)
    this.#watch = new BindingWatch(settings, this.#names, surroundings.clock, {
      gap: (gap) => this.#reportGap(gap),
      changed: () => this.#bindingsChanged(),
      refused: (exchange, error) => {
        if (!this.#refused.has(exchange)) this.#log.error(error.message)
        this.#refused.set(exchange, error)
        this.#events.changed()
      },
      unmarked: (error) => this.#log.warn(`every lost connection will count as a possible gap: ${error.message}`),
    })
    this.#deadLetters = new DeadLetterCount(this.#names.deadLetter, surroundings.clock, (depth, before) => {
      if (depth > before) {
        this.#log.warn(`${depth} messages are in the queue ${quote(JSON.stringify(this.#names.deadLetter), 120)}`)
      }
      this.#events.changed()
    })
  }

  get state(): RabbitSourceState {
    return this.#state
  }

  get inFlight(): number {
    return this.#consumer?.inFlight ?? 0
  }

  /** Exchanges that are not there yet. */
  get missingExchanges(): readonly string[] {
    return this.#link === undefined ? [] : this.#watch.missing
  }

  /** Messages in the dead-letter queue, as of some seconds ago. */
  get deadLetters(): number {
    return this.#deadLetters.depth
  }

  /** What a person should look at although messages flow: a missing right, a dead-letter queue that is gone. */
  get trouble(): OperatorError | undefined {
    return this.#stuck ?? this.#refused.values().next().value
  }

  start(): void {
    this.#release = this.#connection.use(this)
  }

  connected(link: Link): void {
    this.#link = link
    void this.#begin(link)
  }

  lost(_error: OperatorError): void {
    this.#link = undefined
    this.#stop()
  }

  connectionState(state: ConnectionState): void {
    if (state.kind !== 'connected') this.#enter({ kind: 'connection', state })
    // After an alarm of the broker; otherwise `connected` begins a life of its own.
    else if (this.#consumer !== undefined) this.#enter({ kind: 'consuming' })
  }

  /** Gives everything back and consumes nothing until {@link resume}. The queue stays bound. */
  suspend(): void {
    if (this.#suspended) return
    this.#suspended = true
    const consumer = this.#consumer
    this.#consumer = undefined
    void consumer?.close()
    if (this.#state.kind === 'consuming') this.#enter({ kind: 'suspended' })
  }

  resume(): void {
    if (!this.#suspended) return
    this.#suspended = false
    if (this.#state.kind === 'suspended' && this.#link !== undefined) void this.#begin(this.#link)
  }

  /**
   * Ends it: no more messages, then `drain` for those that the flow may still finish, then the channel is closed and the
   * broker has the rest again.
   */
  async close(drain: () => Promise<void>): Promise<void> {
    const consumer = this.#consumer
    this.#life += 1
    this.#cancelRetry?.()
    this.#deadLetters.stop()
    await Promise.all([consumer?.cancel(), this.#watch.finish()])
    try {
      await drain()
    } finally {
      await consumer?.close()
      await this.#returnPath?.close()
      this.#consumer = undefined
      this.#enter({ kind: 'closed' })
      this.#release?.()
    }
  }

  async #begin(link: Link): Promise<void> {
    const life = this.#newLife()
    this.#enter({ kind: 'preparing' })
    try {
      const { existed, names } = await prepareQueues(link, this.settings)
      if (life !== this.#life) return
      this.#returnPath = new ReturnPath(link, this.settings, names, this.#clock)
      void this.#watch.start(link, existed)
      this.#deadLetters.start(link)
      if (this.#suspended) {
        this.#enter({ kind: 'suspended' })
        return
      }
      const consumer = await this.#consume(link, life, this.#returnPath)
      if (life !== this.#life || this.#suspended) {
        void consumer.close()
        if (life === this.#life) this.#enter({ kind: 'suspended' })
        return
      }
      this.#consumer = consumer
      this.#backoff.works()
      this.#stateLog.enter('consuming', 'info', `consumes the queue ${quote(JSON.stringify(names.main), 120)}`)
      this.#enter({ kind: 'consuming' })
    } catch (thrown) {
      if (life === this.#life) this.#failed(this.#refusal(thrown))
    }
  }

  #consume(link: Link, life: number, returnPath: ReturnPath): Promise<Consumer> {
    const { queue, prefetch, attempts } = this.settings
    return Consumer.open(link, { queue, prefetch, attempts }, returnPath, this.#clock, {
      message: (incoming) => this.#events.message(incoming),
      ended: (thrown) => {
        if (life === this.#life) this.#failed(this.#refusal(thrown))
      },
      stuck: (thrown) => {
        if (life === this.#life) this.#takeStuck(thrown)
      },
    })
  }

  #takeStuck(thrown: unknown): void {
    const error = thrown === undefined ? undefined : this.#refusal(thrown)
    if (error?.code === this.#stuck?.code) return
    this.#stuck = error
    if (error?.code === 'BUS_MISSING') {
      // A queue beside the main one was deleted: it is made again with the next life.
      this.#failed(error)
      return
    }
    if (error !== undefined) this.#log.error(error.message)
    this.#events.changed()
  }

  #failed(error: OperatorError): void {
    this.#stop()
    const wait = error.retryable ? this.#backoff.next() : this.#backoff.nextForPerson()
    this.#stateLog.enter(error.code, error.retryable ? 'warn' : 'error', error.message)
    this.#enter({ kind: 'failed', error, retryAt: this.#clock.now() + wait })
    this.#cancelRetry = this.#clock.after(wait, () => {
      if (this.#link !== undefined) void this.#begin(this.#link)
    })
  }

  #newLife(): number {
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
    this.#stuck = undefined
    this.#life += 1
    return this.#life
  }

  #stop(): void {
    this.#newLife()
    this.#deadLetters.stop()
    this.#watch.stop()
    this.#backoff.broke()
    const consumer = this.#consumer
    this.#consumer = undefined
    void consumer?.close()
    void this.#returnPath?.close()
    this.#returnPath = undefined
  }

  async #reportGap(gap: BindingGap): Promise<void> {
    if (this.#returnPath === undefined) throw new Error('no link')
    await this.#returnPath.announce(this.#events.gapBody(gap))
    const since = gap.from === undefined ? 'an unknown time' : new Date(gap.from).toISOString()
    const lost = gap.certain ? 'were not received' : 'may not have been received'
    this.#log.warn(
      `notifications of the exchange ${quote(JSON.stringify(gap.exchange), 120)} ${lost} from ${since} to ${new Date(gap.to).toISOString()}`,
    )
  }

  #bindingsChanged(): void {
    const missing = this.#watch.missing
    for (const exchange of [...this.#refused.keys()]) if (!missing.includes(exchange)) this.#refused.delete(exchange)
    if (missing.length > 0) {
      const names = missing.map((name) => quote(name, 60)).join(', ')
      this.#stateLog.enter(`missing ${names}`, 'warn', `waits for the exchanges: ${names}`)
    }
    this.#events.changed()
  }

  #enter(state: RabbitSourceState): void {
    this.#state = state
    this.#events.changed()
  }

  #refusal(thrown: unknown): OperatorError {
    if (thrown instanceof OperatorError) return thrown
    if (this.#link === undefined) return new OperatorError('BUS_CHANNEL', describeError(thrown), { retryable: true })
    const what = `consume the queue ${quote(JSON.stringify(this.#names.main), 120)}`
    return channelRefusal(thrown, attemptOf(this.#link, this.settings, what, this.#names.main))
  }
}
