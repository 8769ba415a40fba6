import { randomUUID } from 'node:crypto'
import type { LabClock } from '../clock'
import type { CallContext } from '../neutron/context'
import type { NotificationSink, PublishedNotification } from './message'

const kept = 100_000

/** Where the notifications of one service go: every sink gets each, and the last ones are kept to look at. */
export class Notifier {
  readonly published: PublishedNotification[] = []
  readonly publisherId: string
  readonly #clock: LabClock
  readonly #sinks: readonly NotificationSink[]
  readonly #contextOnBus: boolean

  constructor(options: {
    clock: LabClock
    publisherId: string
    sinks: readonly NotificationSink[]
    contextOnBus?: boolean
  }) {
    this.#contextOnBus = options.contextOnBus ?? true
    this.#clock = options.clock
    this.publisherId = options.publisherId
    this.#sinks = options.sinks
  }

  async notify(context: CallContext, eventType: string, payload: Readonly<Record<string, unknown>>): Promise<void> {
    const notification: PublishedNotification = {
      eventType,
      // What was published must not change with the state that it shows.
      payload: structuredClone(payload),
      context,
      contextOnBus: this.#contextOnBus,
      publisherId: this.publisherId,
      messageId: randomUUID(),
      at: this.#clock.now(),
    }
    this.published.push(notification)
    if (this.published.length > kept) this.published.splice(0, this.published.length - kept)
    for (const sink of this.#sinks) await sink.publish(notification)
  }

  /** An ordinary line of the service's log. */
  async note(context: CallContext, logger: string, text: string): Promise<void> {
    for (const sink of this.#sinks) await sink.note?.({ at: this.#clock.now(), logger, text, context })
  }

  async close(): Promise<void> {
    for (const sink of this.#sinks) await sink.close()
  }
}
