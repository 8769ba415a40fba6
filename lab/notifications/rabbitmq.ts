import { setTimeout as wait } from 'node:timers/promises'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { envelope, type NotificationSink } from './message'

export interface RabbitSinkOptions {
  /** `amqp://user:password@host:port/vhost` */
  readonly url: string
  /** The service's `control_exchange`; default `neutron`. */
  readonly exchange?: string
  /** `amqp_durable_queues` of oslo: the exchange and the shared queue are not durable by default. */
  readonly durable?: boolean
  /** Default `notifications`. */
  readonly topic?: string
  /** Connect and declare with the first message only, as a service does that has not yet published anything. */
  readonly lazy?: boolean
}

/**
 * Publishes as oslo.messaging does: to a topic exchange named after the service, which it declares, with a shared
 * queue named like the routing key bound to it. While the broker is away the publishing request waits, as with oslo's
 * default `retry = -1`.
 */
export async function rabbitSink(options: RabbitSinkOptions): Promise<NotificationSink> {
  const { url, exchange = 'neutron', durable = false, topic = 'notifications' } = options
  const routingKey = `${topic}.info`
  const ending = new AbortController()
  let open: { readonly connection: ChannelModel; readonly channel: ConfirmChannel } | undefined

  async function channel(): Promise<ConfirmChannel> {
    if (open !== undefined) return open.channel
    const connection = await connect(url, { timeout: 5_000 })
    const forget = (): void => {
      if (open?.connection === connection) open = undefined
    }
    // Without these a lost broker would end the process; the next publish connects again.
    connection.on('error', forget)
    connection.on('close', forget)
    const made = await connection.createConfirmChannel()
    made.on('error', forget)
    made.on('close', forget)
    await made.assertExchange(exchange, 'topic', { durable, autoDelete: false })
    await made.assertQueue(routingKey, { durable, autoDelete: false, exclusive: false })
    await made.bindQueue(routingKey, exchange, routingKey)
    open = { connection, channel: made }
    return made
  }

  async function publishOnce(body: Buffer): Promise<void> {
    const using = await channel()
    await new Promise<void>((resolve, reject) => {
      const lost = (): void => reject(new Error('The channel closed before the broker confirmed.'))
      using.once('close', lost)
      const properties = {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 2,
        priority: 0,
        headers: {},
      }
      using.publish(exchange, routingKey, body, properties, (error: unknown) => {
        using.off('close', lost)
        if (error) reject(error instanceof Error ? error : new Error(String(error)))
        else resolve()
      })
    })
  }

  if (options.lazy !== true) await channel()
  return {
    async publish(notification) {
      const body = Buffer.from(envelope(notification), 'utf8')
      for (;;) {
        try {
          return await publishOnce(body)
        } catch {
          const lost = open
          open = undefined
          await lost?.connection.close().catch(() => {})
          await wait(500, undefined, { signal: ending.signal })
        }
      }
    },
    async close() {
      ending.abort()
      const last = open
      open = undefined
      await last?.connection.close().catch(() => {})
    },
  }
}
