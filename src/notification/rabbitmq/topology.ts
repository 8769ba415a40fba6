import type { Options } from 'amqplib'
import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import { onOwnChannel } from './channels'
import type { Link } from './connection'
import { type Attempt, channelRefusal, codeOf, exactly, type RightsNeeded } from './refusal'

export type QueueType = 'classic' | 'quorum'

export interface QueueSettings {
  readonly queue: string
  readonly type: QueueType
  /** The oldest messages beyond these go to the dead-letter queue; 0 or absent: no limit. */
  readonly maxMessages?: number
  readonly maxBytes?: number
  /** How long a message that failed waits for its next attempt, in ms. */
  readonly retryDelayMs: number
  /** Take existing queues whatever their arguments; the main queue is then never declared here. */
  readonly asItIs: boolean
  /** Consume a queue that others consume too, e.g. `notifications.info`: asked for on purpose. */
  readonly shared: boolean
  /** Exchanges of services; bound, never declared. Nothing is bound to a shared queue. */
  readonly exchanges: readonly string[]
  /** `<topic>.<priority>` */
  readonly routingKeys: readonly string[]
}

/** What belongs to a queue of ours, by name. */
export interface QueueNames {
  readonly main: string
  /** Where messages end that cannot be handled. */
  readonly deadLetter: string
  /** Where a message waits for its next attempt. The delay is part of the name, as a queue's arguments cannot change. */
  readonly retry: string
  /** An exchange that carries nothing and does not survive a restart of the broker; see {@link BindingWatch}. */
  readonly bootMark: string
}

export function queueNames(settings: QueueSettings): QueueNames {
  const { queue, retryDelayMs } = settings
  return {
    main: queue,
    deadLetter: `${queue}.dead-letter`,
    retry: `${queue}.retry-${retryDelayMs % 1000 === 0 ? `${retryDelayMs / 1000}s` : `${retryDelayMs}ms`}`,
    bootMark: `${queue}.boot-mark`,
  }
}

/** The queues that the publishing services themselves declare and bind, one for all services. */
const SHARED_QUEUE = /^(versioned_)?notifications(\.|$)/

/**
 * Whether a queue of this name may be consumed.
 * @throws OperatorError `BUS_QUEUE_NAME`, `BUS_QUEUE_SHARED`
 */
export function checkQueueName(settings: QueueSettings): void {
  const { queue, shared } = settings
  const problem =
    queue.trim() === ''
      ? 'No queue is named.'
      : queue.startsWith('amq.')
        ? 'RabbitMQ keeps names that begin with "amq." for itself.'
        : Buffer.byteLength(queueNames(settings).deadLetter) > 255
          ? 'The name of the queue is too long: RabbitMQ allows 255 bytes, and some are needed for ".dead-letter".'
          : undefined
  if (problem !== undefined)
    throw new OperatorError('BUS_QUEUE_NAME', problem, { remedy: 'Give the queue a name of its own, e.g. osx.cloud1.' })
  if (SHARED_QUEUE.test(queue) && !shared) {
    throw new OperatorError(
      'BUS_QUEUE_SHARED',
      `The queue ${quote(JSON.stringify(queue), 120)} is fed for all consumers of the cloud together: each message goes to one of them only, so this node would take messages from ceilometer and others, and they from it.`,
      { remedy: 'Name a queue of your own; or tick "consume a shared queue" if nobody else reads it.' },
    )
  }
}

/** What `rabbitmqctl set_permissions` must grant for all that a source does. */
export function rightsNeeded(settings: QueueSettings, user: string, vhost: string): RightsNeeded {
  const names = queueNames(settings)
  const own = [names.deadLetter, names.retry]
  if (settings.shared) {
    return {
      user,
      vhost,
      configure: exactly(own),
      write: exactly([...own, 'amq.default']),
      read: exactly([names.main, names.retry]),
    }
  }
  const main = settings.asItIs ? [] : [names.main]
  return {
    user,
    vhost,
    configure: exactly([...main, ...own, names.bootMark]),
    // Binding a queue is writing to it; retries and dead letters go through the default exchange.
    write: exactly([names.main, ...own, 'amq.default']),
    // A queue with a dead-letter exchange must be readable by who declares it; binding is reading from the exchange.
    read: exactly([names.main, names.retry, ...settings.exchanges]),
  }
}

/** How the queues are declared. */
export function declarations(settings: QueueSettings, link: Link): { name: string; options: Options.AssertQueue }[] {
  const names = queueNames(settings)
  const type: Record<string, unknown> = { 'x-queue-type': settings.type }
  if (settings.type === 'quorum' && link.version[0] >= 4) {
    // RabbitMQ 4 throws a message away at its 20th return unless told otherwise; attempts are counted here. Before 4
    // there is no limit by default, and -1 would mean "at the first return" (tried with 3.10).
    type['x-delivery-limit'] = -1
  }
  const limits: Record<string, unknown> = {}
  if (settings.maxMessages) limits['x-max-length'] = settings.maxMessages
  if (settings.maxBytes) limits['x-max-length-bytes'] = settings.maxBytes
  if (Object.keys(limits).length > 0) limits['x-overflow'] = 'drop-head'
  const backTo = (queue: string) => ({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue })
  const durable = (name: string, ...parts: Record<string, unknown>[]) => ({
    name,
    options: { durable: true, arguments: Object.assign({}, ...parts) as Record<string, unknown> },
  })
  return [
    durable(names.deadLetter, type, limits),
    durable(names.main, type, limits, backTo(names.deadLetter)),
    durable(
      names.retry,
      type,
      { 'x-message-ttl': settings.retryDelayMs },
      backTo(names.main),
      // A quorum queue then keeps a message until its target has it.
      settings.type === 'quorum' ? { 'x-overflow': 'reject-publish', 'x-dead-letter-strategy': 'at-least-once' } : {},
    ),
  ]
}

export interface PreparedQueues {
  /** False: the queue was not there a moment ago, and what it once held and was bound to is gone. */
  readonly existed: boolean
  readonly names: QueueNames
}

/**
 * Makes sure that the queues are there. Nothing is ever deleted or changed.
 * @throws OperatorError as {@link channelRefusal} says
 */
export async function prepareQueues(link: Link, settings: QueueSettings): Promise<PreparedQueues> {
  checkQueueName(settings)
  const names = queueNames(settings)
  const existed = await queueExists(link, settings, names.main)
  const foreign = settings.shared || settings.asItIs
  if (foreign && !existed) {
    throw new OperatorError('BUS_QUEUE_MISSING', `The queue ${shownQueue(names.main)} does not exist.`, {
      remedy: settings.shared
        ? 'The services make it with their first notification.'
        : 'Untick "use the queue as it is" and this node makes it.',
      retryable: true,
    })
  }
  for (const { name, options } of declarations(settings, link)) {
    if (name === names.main && foreign) continue
    if (settings.asItIs && (await queueExists(link, settings, name))) continue
    await attempt(link, settings, `declare the queue ${shownQueue(name)}`, name, () =>
      onOwnChannel(link.model, (channel) => channel.assertQueue(name, options)),
    )
  }
  return { existed, names }
}

/** How many messages wait in a queue; undefined if it is not there. */
export async function queueDepth(link: Link, queue: string): Promise<number | undefined> {
  try {
    return (await onOwnChannel(link.model, (channel) => channel.checkQueue(queue))).messageCount
  } catch (thrown) {
    if (codeOf(thrown) === '404') return undefined
    throw thrown
  }
}

async function queueExists(link: Link, settings: QueueSettings, queue: string): Promise<boolean> {
  const found = await attempt(link, settings, `look for the queue ${shownQueue(queue)}`, queue, () =>
    queueDepth(link, queue),
  )
  return found !== undefined
}

async function attempt<T>(
  link: Link,
  settings: QueueSettings,
  what: string,
  queue: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation()
  } catch (thrown) {
    throw channelRefusal(thrown, attemptOf(link, settings, what, queue))
  }
}

export function attemptOf(link: Link, settings: QueueSettings, what: string, queue: string): Attempt {
  return { what, queue, rights: rightsNeeded(settings, link.user, link.vhost) }
}

function shownQueue(name: string): string {
  return quote(JSON.stringify(name), 120)
}
