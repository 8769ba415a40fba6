import { OperatorError } from '../../src/errors/operator-error'
import { patternList } from '../../src/notification/event-type-patterns'
import type { RabbitSourceSettings } from '../../src/notification/rabbitmq/source'
import { checkQueueName } from '../../src/notification/rabbitmq/topology'
import { type NotificationInConfig, numberOr, textOr } from './source'

/**
 * The dialog's RabbitMQ fields as the source wants them.
 * @throws OperatorError `BUS_QUEUE_NAME`, `BUS_QUEUE_SHARED`, `BUS_EXCHANGES`
 */
export function rabbitSettings(config: NotificationInConfig): RabbitSourceSettings {
  const topics = patternList(config.topics ?? 'notifications')
  const priorities = patternList(config.priorities ?? 'info warn error critical audit')
  const settings: RabbitSourceSettings = {
    queue: textOr(config.queue, '').trim(),
    type: config.queueType === 'classic' ? 'classic' : 'quorum',
    maxMessages: Math.floor(numberOr(config.maxMessages, 0)),
    maxBytes: Math.floor(numberOr(config.maxMegabytes, 0, 0.001) * 1_000_000),
    retryDelayMs: Math.round(numberOr(config.retryDelay, 30, 0.001) * 1000),
    asItIs: config.asItIs === true,
    shared: config.shared === true,
    exchanges: patternList(config.exchanges),
    routingKeys: topics.flatMap((topic) => priorities.map((priority) => `${topic}.${priority}`)),
    prefetch: Math.min(65_535, Math.floor(numberOr(config.window, 250))),
    attempts: Math.floor(numberOr(config.attempts, 5)),
  }
  checkQueueName(settings)
  if (!settings.shared && (settings.exchanges.length === 0 || settings.routingKeys.length === 0)) {
    throw new OperatorError('BUS_EXCHANGES', 'No service, topic or priority is chosen.', {
      remedy: 'Choose at least one of each.',
    })
  }
  return settings
}
