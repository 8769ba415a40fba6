import type { ConfirmChannel, ConsumeMessage, Options } from 'amqplib'
import type { SettlementReason } from '../../delivery/service'
import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { Clock } from './backoff'
import { closeChannel } from './channels'
import type { Link } from './connection'
import { channelRefusal } from './refusal'
import { attemptOf, type QueueNames, type QueueSettings } from './topology'

/** What this package writes into the headers of a message that it puts somewhere. */
export const HEADERS = {
  /** How often the flow has failed with it. */
  attempts: 'x-osx-attempts',
  /** Where the publisher had sent it; dead-lettering overwrites that. */
  exchange: 'x-osx-exchange',
  routingKey: 'x-osx-routing-key',
  /** Why it is here. */
  reasonCode: 'x-osx-reason-code',
  reason: 'x-osx-reason',
  node: 'x-osx-node',
  at: 'x-osx-at',
  publication: 'x-osx-publication',
} as const

const CONFIRM_MS = 30_000
const LONGEST_REASON = 500

/**
 * Puts messages into queues of our own, on a channel of its own with publisher confirms: a promise resolves when the
 * broker has taken the message into the queue for good, and not before.
 */
export class ReturnPath {
  readonly #link: Link
  readonly #settings: QueueSettings
  readonly #names: QueueNames
  readonly #clock: Clock
  #channel: Promise<ConfirmChannel> | undefined
  #publications = 0
  readonly #cameBack = new Set<number>()
  #closedBecause: unknown

  constructor(link: Link, settings: QueueSettings, names: QueueNames, clock: Clock) {
    this.#link = link
    this.#settings = settings
    this.#names = names
    this.#clock = clock
  }

  /** Comes back into the main queue after the delay, with the number of failed attempts. */
  retry(message: ConsumeMessage, attempts: number, reason: SettlementReason): Promise<void> {
    return this.#resend(this.#names.retry, message, { ...this.#why(reason), [HEADERS.attempts]: attempts })
  }

  deadLetter(message: ConsumeMessage, attempts: number, reason: SettlementReason): Promise<void> {
    return this.#resend(this.#names.deadLetter, message, { ...this.#why(reason), [HEADERS.attempts]: attempts })
  }

  /** A message of our own to ourselves. */
  announce(body: string): Promise<void> {
    return this.#publish(this.#names.main, Buffer.from(body), {
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      persistent: true,
    })
  }

  async close(): Promise<void> {
    const channel = await this.#channel?.catch(() => undefined)
    if (channel !== undefined) await closeChannel(channel)
  }

  #why(reason: SettlementReason): Record<string, unknown> {
    return {
      [HEADERS.reasonCode]: quote(reason.code, 100),
      [HEADERS.reason]: quote(reason.message, LONGEST_REASON),
      [HEADERS.at]: new Date(this.#clock.now()).toISOString(),
      ...(reason.nodeId === undefined ? {} : { [HEADERS.node]: reason.nodeId }),
    }
  }

  async #resend(queue: string, message: ConsumeMessage, own: Record<string, unknown>): Promise<void> {
    const { properties, fields } = message
    const origin = originOf(message)
    const headers = { ...foreignHeaders(properties.headers), ...own }
    headers[HEADERS.exchange] = origin.exchange
    headers[HEADERS.routingKey] = origin.routingKey
    const options: Options.Publish = {
      persistent: true,
      contentType: properties.contentType,
      contentEncoding: properties.contentEncoding,
      priority: properties.priority,
      correlationId: properties.correlationId,
      messageId: properties.messageId,
      timestamp: properties.timestamp,
      type: properties.type,
      appId: properties.appId,
      // Left out on purpose: `expiration` would make the message vanish, `userId` must be the publisher's own.
    }
    try {
      await this.#publish(queue, message.content, { ...options, headers })
    } catch (thrown) {
      if (!(thrown instanceof RangeError) && !(thrown instanceof TypeError)) throw thrown
      // Headers that cannot be written again as they were read; the body matters more.
      await this.#publish(queue, message.content, {
        persistent: true,
        headers: {
          ...own,
          [HEADERS.exchange]: fields.exchange.slice(0, 255),
          [HEADERS.routingKey]: fields.routingKey.slice(0, 255),
        },
      })
    }
  }

  async #publish(queue: string, body: Buffer, options: Options.Publish): Promise<void> {
    const attempt = attemptOf(
      this.#link,
      this.#settings,
      `put a message into the queue ${quote(JSON.stringify(queue), 120)}`,
      queue,
    )
    const channel = await this.#open().catch((thrown: unknown) => {
      throw channelRefusal(thrown, attempt)
    })
    const publication = ++this.#publications
    const headers = { ...(options.headers as Record<string, unknown> | undefined), [HEADERS.publication]: publication }
    await new Promise<void>((resolve, reject) => {
      const settle = (error: unknown) => {
        cancelTimer()
        // RabbitMQ confirms also what it could not route; that it had come back before.
        const cameBack = this.#cameBack.delete(publication)
        if (error) reject(channelRefusal(this.#closedBecause ?? error, attempt))
        else if (cameBack) reject(missing(queue))
        else resolve()
      }
      const cancelTimer = this.#clock.after(CONFIRM_MS, () => {
        settle(new Error(`the broker has not confirmed it within ${CONFIRM_MS / 1000} s`))
      })
      try {
        channel.publish('', queue, body, { ...options, headers, mandatory: true }, settle)
      } catch (thrown) {
        cancelTimer()
        reject(thrown)
      }
    })
  }

  #open(): Promise<ConfirmChannel> {
    this.#channel ??= this.#link.model.createConfirmChannel().then(
      (channel) => {
        this.#closedBecause = undefined
        channel.on('error', (error) => {
          this.#closedBecause = error
        })
        channel.on('close', () => {
          this.#channel = undefined
        })
        channel.on('return', (message) => {
          const publication: unknown = message.properties.headers?.[HEADERS.publication]
          if (typeof publication === 'number') this.#cameBack.add(publication)
        })
        return channel
      },
      (thrown: unknown) => {
        this.#channel = undefined
        throw thrown
      },
    )
    return this.#channel
  }
}

function missing(queue: string): OperatorError {
  return new OperatorError('BUS_MISSING', `The queue ${quote(JSON.stringify(queue), 120)} is gone.`, {
    retryable: true,
  })
}

/** Where a message came from before this package moved it around, and how often the flow has failed with it. */
export function originOf(message: ConsumeMessage): { exchange: string; routingKey: string; attempts: number } {
  const headers: Record<string, unknown> | undefined = message.properties.headers
  const exchange = headers?.[HEADERS.exchange]
  const routingKey = headers?.[HEADERS.routingKey]
  const attempts = headers?.[HEADERS.attempts]
  return {
    exchange: typeof exchange === 'string' ? exchange : message.fields.exchange,
    routingKey: typeof routingKey === 'string' ? routingKey : message.fields.routingKey,
    attempts: typeof attempts === 'number' && attempts > 0 ? Math.floor(attempts) : 0,
  }
}

/** Without what makes the broker route or count: it would send copies elsewhere, or take a retry for a cycle. */
function foreignHeaders(headers: Record<string, unknown> | undefined): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name === 'CC' || name === 'BCC' || name === 'x-death' || name === 'x-delivery-count') continue
    if (name.startsWith('x-first-death-') || name.startsWith('x-last-death-')) continue
    kept[name] = value
  }
  return kept
}
