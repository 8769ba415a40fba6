import type { Channel, ChannelModel } from 'amqplib'

const CLOSING_MS = 2000

/**
 * Runs operations on a channel of their own: RabbitMQ answers a refused one by closing the channel, with all consumers
 * on it.
 */
export async function onOwnChannel<T>(model: ChannelModel, operations: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await model.createChannel()
  // The refusal also comes as an event; without a listener it would end the process.
  channel.on('error', () => {})
  try {
    return await operations(channel)
  } finally {
    await closeChannel(channel)
  }
}

/** Closes a channel; amqplib's promise stays open for ever if the connection dies meanwhile. */
export async function closeChannel(channel: Channel): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      channel.close(),
      new Promise<void>((resolve) => {
        channel.once('close', () => resolve())
        timer = setTimeout(resolve, CLOSING_MS)
      }),
    ])
  } catch {
    // The broker closed it.
  } finally {
    clearTimeout(timer)
  }
}
