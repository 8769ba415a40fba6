import type { Channel, ConsumeMessage } from 'amqplib'
import type { Settlement, SettlementReason } from '../../delivery/service'
import { describeError } from '../../errors/operator-error'
import { Acknowledger, type Tag } from './acknowledger'
import type { Clock } from './backoff'
import { closeChannel } from './channels'
import type { Link } from './connection'
import { Intake } from './intake'
import { originOf, type ReturnPath } from './return-path'

export interface ConsumerSettings {
  readonly queue: string
  readonly prefetch: number
  /** A message that has failed so often ends in the dead-letter queue. */
  readonly attempts: number
}

export interface ConsumerEvents {
  /** Must not throw. */
  message(incoming: Incoming): void
  /** The consumer gets nothing more: cancelled, its channel closed, or its link lost. Called once, not after `close`. */
  ended(thrown: unknown): void
  /** A message could not be put where it belongs and stays in the queue; with undefined: it worked again. */
  stuck(thrown: unknown): void
}

/**
 * Messages handed out in one turn of the event loop. With more the turns are longer, acknowledgements leave later, and the
 * broker waits for them (measured with bench/rabbitmq-consume.ts: 100 cost a sixth of the throughput of 10).
 */
const PORTION = 10
const UNTOUCHED: Settlement = {
  outcome: 'retry',
  reason: { code: 'CLOSED', message: 'The consumer was closed.' },
  countsAttempt: false,
}
/** How long closing waits for the broker to confirm what is just being moved into another queue. */
const MOVING_MS = 2000
/** How long a message that could not be moved stays unacknowledged before it is given back. */
const STUCK_MS = 5000

/**
 * One channel that consumes one queue. What the broker has delivered on it can only be settled on it: with the channel
 * gone, every {@link Incoming} of it is without effect, and the broker delivers the message again on another.
 */
export class Consumer {
  readonly settings: ConsumerSettings
  readonly #channel: Channel
  readonly #acknowledger: Acknowledger
  readonly #returnPath: ReturnPath
  readonly #events: ConsumerEvents
  readonly #clock: Clock
  readonly #intake: Intake<Incoming>
  /** Being put into another queue, and not yet acknowledged here. */
  readonly #moving = new Set<Promise<void>>()
  #consumerTag: string | undefined
  #state: 'consuming' | 'closing' | 'ended' = 'consuming'

  private constructor(
    channel: Channel,
    settings: ConsumerSettings,
    returnPath: ReturnPath,
    clock: Clock,
    events: ConsumerEvents,
  ) {
    this.settings = settings
    this.#channel = channel
    this.#returnPath = returnPath
    this.#clock = clock
    this.#events = events
    // amqplib's own methods want the message; only its tag matters.
    const message = { fields: { deliveryTag: 0 } } as ConsumeMessage
    const of = (tag: number) => {
      message.fields.deliveryTag = tag
      return message
    }
    this.#acknowledger = new Acknowledger(
      {
        ack: (tag, multiple) => this.#onChannel(() => channel.ack(of(tag), multiple)),
        requeue: (tag) => this.#onChannel(() => channel.nack(of(tag), false, true)),
      },
      clock,
      { prefetch: settings.prefetch },
    )
    this.#intake = new Intake(PORTION, (incoming) => this.#handOut(incoming), setImmediate)
  }

  static async open(
    link: Link,
    settings: ConsumerSettings,
    returnPath: ReturnPath,
    clock: Clock,
    events: ConsumerEvents,
  ): Promise<Consumer> {
    const channel = await link.model.createChannel()
    const consumer = new Consumer(channel, settings, returnPath, clock, events)
    let cause: unknown
    channel.on('error', (error) => {
      cause = error
    })
    channel.on('close', () => consumer.#end(cause ?? new Error('The channel was closed')))
    await channel.prefetch(settings.prefetch)
    const { consumerTag } = await channel.consume(settings.queue, (message) => consumer.#receive(message))
    consumer.#consumerTag = consumerTag
    return consumer
  }

  /** Messages that the broker has handed out and that are not settled. */
  get inFlight(): number {
    return this.#acknowledger.open
  }

  /** No more messages; what was delivered can still be settled. */
  async cancel(): Promise<void> {
    if (this.#state === 'ended') return
    this.#state = 'closing'
    const tag = this.#consumerTag
    this.#consumerTag = undefined
    if (tag === undefined) return
    await Promise.race([
      this.#channel.cancel(tag).catch(() => {}),
      new Promise<void>((resolve) => this.#channel.once('close', resolve)),
    ])
  }

  /** Acknowledges what is finished and closes the channel; everything else goes back to the queue. */
  async close(): Promise<void> {
    await this.cancel()
    // Closed before they are acknowledged here, they would be there twice.
    await this.#whenMoved()
    if (this.#state === 'ended') return
    this.#acknowledger.finish()
    this.#state = 'ended'
    this.#acknowledger.abandon()
    await closeChannel(this.#channel)
  }

  #receive(message: ConsumeMessage | null): void {
    if (message === null) {
      this.#end(new Error('The broker cancelled the consumer: the queue was deleted or its node is away'))
      return
    }
    const tag = this.#acknowledger.opened(message.fields.deliveryTag)
    this.#intake.add(new Incoming(message, tag, this))
  }

  #handOut(incoming: Incoming): void {
    if (this.#state === 'consuming') this.#events.message(incoming)
    else incoming.settle(UNTOUCHED)
  }

  #end(thrown: unknown): void {
    if (this.#state === 'ended') return
    const expected = this.#state === 'closing'
    this.#state = 'ended'
    this.#acknowledger.abandon()
    if (!expected) this.#events.ended(thrown)
    // After a cancellation by the broker the channel is still there, with messages that nobody may settle any more.
    void closeChannel(this.#channel)
  }

  /** For {@link Incoming}. */
  settle(incoming: Incoming, tag: Tag, settlement: Settlement): void {
    switch (settlement.outcome) {
      case 'accepted':
        this.#acknowledger.done(tag)
        return
      case 'retry':
        if (!settlement.countsAttempt) this.#acknowledger.giveBack(tag)
        else if (incoming.attempts + 1 >= this.settings.attempts) this.#bury(incoming, tag, settlement.reason)
        else {
          const moved = this.#returnPath.retry(incoming.message, incoming.attempts + 1, settlement.reason)
          this.#moved(moved, tag)
        }
        return
      case 'dead-letter':
        this.#bury(incoming, tag, settlement.reason)
    }
  }

  #bury(incoming: Incoming, tag: Tag, reason: SettlementReason): void {
    this.#moved(this.#returnPath.deadLetter(incoming.message, incoming.attempts + 1, reason), tag)
  }

  /** Acknowledged only once the broker has it elsewhere. */
  #moved(done: Promise<void>, tag: Tag): void {
    const moving = done.then(
      () => {
        this.#acknowledger.done(tag)
        this.#events.stuck(undefined)
      },
      (thrown: unknown) => {
        if (this.#state === 'ended') return
        this.#events.stuck(thrown)
        this.#clock.after(STUCK_MS, () => this.#acknowledger.giveBack(tag))
      },
    )
    this.#moving.add(moving)
    void moving.then(() => this.#moving.delete(moving))
  }

  async #whenMoved(): Promise<void> {
    if (this.#state === 'ended' || this.#moving.size === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(MOVING_MS, resolve)
      const goOn = () => {
        cancel()
        resolve()
      }
      this.#channel.once('close', goOn)
      void Promise.all(this.#moving).then(goOn)
    })
  }

  /** A closed channel throws; that it is closed is told by its event. */
  #onChannel(operation: () => void): void {
    try {
      operation()
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown : new Error(describeError(thrown)))
    }
  }
}

/** A message that the broker has handed out, until it is settled. */
export class Incoming {
  readonly message: ConsumeMessage
  /** How often the flow has failed with it. */
  readonly attempts: number
  readonly exchange: string
  readonly routingKey: string
  readonly #tag: Tag
  readonly #consumer: Consumer

  constructor(message: ConsumeMessage, tag: Tag, consumer: Consumer) {
    this.message = message
    this.#tag = tag
    this.#consumer = consumer
    const { headers } = message.properties
    if (headers === undefined || isEmpty(headers)) {
      this.attempts = 0
      this.exchange = message.fields.exchange
      this.routingKey = message.fields.routingKey
    } else {
      const origin = originOf(message)
      this.attempts = origin.attempts
      this.exchange = origin.exchange
      this.routingKey = origin.routingKey
    }
  }

  get body(): Buffer {
    return this.message.content
  }

  /** Delivered before, to this or another consumer, or come back after a failed attempt. */
  get redelivered(): boolean {
    return this.message.fields.redelivered || this.attempts > 0
  }

  /** Of several calls the first counts. */
  settle(settlement: Settlement): void {
    this.#consumer.settle(this, this.#tag, settlement)
  }
}

function isEmpty(headers: object): boolean {
  for (const _ in headers) return false
  return true
}
