import type { Channel } from 'amqplib'
import { describeError, type OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { Clock } from './backoff'
import { closeChannel, onOwnChannel } from './channels'
import type { Link } from './connection'
import { channelRefusal, codeOf } from './refusal'
import { attemptOf, type QueueNames, type QueueSettings } from './topology'

/** An interval in which the queue was not bound to an exchange, so that nothing published there reached it. */
export interface BindingGap {
  readonly exchange: string
  /** Epoch ms; undefined: before this node started, nobody knows when. */
  readonly from: number | undefined
  readonly to: number
  /**
   * True: the exchange or the queue was not there. False: the broker was restarted, which takes the bindings of exchanges
   * that are not durable, and the exchange was there again when this node came back.
   */
  readonly certain: boolean
}

export interface BindingEvents {
  /** Rejects if the gap could not be put on record; it is reported again then. */
  gap(gap: BindingGap): Promise<void>
  /** The exchanges that are waited for have changed. */
  changed(): void
  /** An exchange may not be bound; it is tried again slowly. */
  refused(exchange: string, error: OperatorError): void
  /** The boot mark may not be left, so that every lost link and every restart counts as a possible gap. */
  unmarked(error: OperatorError): void
}

/** Publishers make a lost exchange again with their next message: the sooner it is bound, the fewer are missed. */
const CHECK_MISSING_MS = 500
/** How often existing bindings are made again (which changes nothing): an exchange can be deleted and come back. */
const REFRESH_MS = 5000
const REFUSED_MS = 30_000

interface Watched {
  readonly exchange: string
  bound: boolean
  /** When it was last known to be bound, or wanted; undefined: not known. */
  boundUntil: number | undefined
  /** That the binding works at the first try does not mean that it was there all the time. */
  doubtful: 'no' | 'possibly lost' | 'lost'
  refusedUntil: number
}

/**
 * Keeps a queue bound to the services' exchanges and keeps account of the times in which it was not.
 *
 * AMQP does not tell whether a binding exists or has just been made. So that a short loss of the network is not taken for
 * a loss of bindings, a *boot mark* is left on the broker: an exchange of our own that is not durable. While it is there,
 * the broker has not been restarted since every binding was last made and every gap put on record.
 */
export class BindingWatch {
  readonly #settings: QueueSettings
  readonly #names: QueueNames
  readonly #clock: Clock
  readonly #events: BindingEvents
  readonly #watched: Watched[]
  #unreported: BindingGap[] = []
  #started = false
  #marked = false
  /** Grows with every start and stop, so that a pass that belongs to an earlier link ends itself. */
  #run = 0
  #channel: Channel | undefined
  #cancelNext: (() => void) | undefined

  constructor(settings: QueueSettings, names: QueueNames, clock: Clock, events: BindingEvents) {
    this.#settings = settings
    this.#names = names
    this.#clock = clock
    this.#events = events
    const exchanges = settings.shared ? [] : settings.exchanges
    this.#watched = exchanges.map((exchange) => ({
      exchange,
      bound: false,
      boundUntil: undefined,
      doubtful: 'no',
      refusedUntil: 0,
    }))
  }

  /** Exchanges that the queue is not bound to now. */
  get missing(): readonly string[] {
    return this.#watched.filter((one) => !one.bound).map((one) => one.exchange)
  }

  /**
   * The link is there and so is the queue.
   * @param queueExisted false if it was made only now
   */
  async start(link: Link, queueExisted: boolean): Promise<void> {
    if (this.#watched.length === 0) return
    const run = ++this.#run
    const mark = await this.#bootMark(link)
    if (run !== this.#run) return
    const now = this.#clock.now()
    for (const one of this.#watched) {
      one.refusedUntil = 0
      if (this.#started) {
        one.doubtful = !queueExisted ? 'lost' : mark === 'there' ? 'no' : 'possibly lost'
        continue
      }
      // An earlier run of this node may have left the queue.
      const forgotten = queueExisted && mark === 'gone'
      one.doubtful = forgotten ? 'possibly lost' : 'no'
      one.boundUntil = forgotten ? undefined : now
    }
    this.#started = true
    this.#marked = mark === 'there'
    await this.#pass(link, run, true)
  }

  /** The link or the queue is lost, and the bindings may be with it. */
  stop(): void {
    this.#run += 1
    this.#cancelNext?.()
    this.#cancelNext = undefined
    this.#channel = undefined
    for (const one of this.#watched) one.bound = false
  }

  /** Before the end: what is still missing now is put on record up to now. */
  async finish(): Promise<void> {
    const now = this.#clock.now()
    const gaps = this.#started
      ? this.#watched
          .filter((one) => !one.bound)
          .map(({ exchange, boundUntil }) => ({ exchange, from: boundUntil, to: now, certain: true }))
      : []
    this.#unreported.push(...gaps)
    const channel = this.#channel
    this.stop()
    await this.#report()
    if (channel !== undefined) await closeChannel(channel)
  }

  async #pass(link: Link, run: number, isFirst = false): Promise<void> {
    const before = this.missing.join()
    for (const one of this.#watched) {
      if (run !== this.#run) return
      if (one.refusedUntil > this.#clock.now()) continue
      await this.#bind(link, run, one)
    }
    if (run !== this.#run) return
    if (isFirst || this.missing.join() !== before) this.#events.changed()
    await this.#report()
    if (run !== this.#run) return
    if (!this.#marked && this.#unreported.length === 0) await this.#leaveBootMark(link)
    if (run !== this.#run) return
    const wait = this.missing.length > 0 || this.#unreported.length > 0 ? CHECK_MISSING_MS : REFRESH_MS
    this.#cancelNext = this.#clock.after(wait, () => void this.#pass(link, run))
  }

  async #bind(link: Link, run: number, one: Watched): Promise<void> {
    const { exchange } = one
    try {
      const channel = await this.#open(link, run)
      if (channel === undefined) return
      // Only looks: declaring the exchange with other attributes than its service does would break the service.
      await channel.checkExchange(exchange)
      for (const key of this.#settings.routingKeys) await channel.bindQueue(this.#names.main, exchange, key)
      if (run === this.#run) this.#bound(one)
    } catch (thrown) {
      if (run !== this.#run) return
      this.#channel = undefined
      if (codeOf(thrown) === undefined) return // The link is gone; its owner hears of it.
      one.bound = false
      if (codeOf(thrown) === '404') {
        // If it is the queue that is gone, its consumer hears of it.
        if (/no exchange/.test(describeError(thrown))) one.doubtful = 'lost'
        return
      }
      one.refusedUntil = this.#clock.now() + REFUSED_MS
      const what = `bind the queue ${shown(this.#names.main)} to the exchange ${shown(exchange)}`
      this.#events.refused(exchange, channelRefusal(thrown, attemptOf(link, this.#settings, what, this.#names.main)))
    }
  }

  #bound(one: Watched): void {
    const now = this.#clock.now()
    if (one.doubtful !== 'no') {
      const certain = one.doubtful === 'lost'
      this.#unreported.push({ exchange: one.exchange, from: one.boundUntil, to: now, certain })
    }
    one.bound = true
    one.boundUntil = now
    one.doubtful = 'no'
  }

  async #report(): Promise<void> {
    while (this.#unreported.length > 0) {
      const [gap] = this.#unreported
      if (gap === undefined) return
      try {
        await this.#events.gap(gap)
        this.#unreported = this.#unreported.filter((other) => other !== gap)
      } catch {
        return // With the next pass.
      }
    }
  }

  async #bootMark(link: Link): Promise<'there' | 'gone'> {
    try {
      await onOwnChannel(link.model, (channel) => channel.checkExchange(this.#names.bootMark))
      return 'there'
    } catch {
      return 'gone'
    }
  }

  async #leaveBootMark(link: Link): Promise<void> {
    try {
      await onOwnChannel(link.model, (channel) =>
        channel.assertExchange(this.#names.bootMark, 'fanout', { durable: false, autoDelete: false }),
      )
    } catch (thrown) {
      const what = `declare the exchange ${shown(this.#names.bootMark)}`
      const error = channelRefusal(thrown, attemptOf(link, this.#settings, what, this.#names.main))
      if (!error.retryable) this.#events.unmarked(error)
    }
    this.#marked = true
  }

  async #open(link: Link, run: number): Promise<Channel | undefined> {
    if (this.#channel !== undefined) return this.#channel
    const channel = await link.model.createChannel()
    channel.on('error', () => {})
    if (run !== this.#run) {
      void closeChannel(channel)
      return undefined
    }
    this.#channel = channel
    return channel
  }
}

function shown(name: string): string {
  return quote(JSON.stringify(name), 120)
}
