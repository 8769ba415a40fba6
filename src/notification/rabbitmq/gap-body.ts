import { gapBody as bodyOf } from '../gap'
import type { BindingGap } from './binding-watch'
import type { QueueSettings } from './topology'

/**
 * A gap as a notification that is put into our own queue: from there it takes the way of every other, so that it is not
 * lost either.
 */
export function gapBody(gap: BindingGap, settings: QueueSettings, cloud: string): string {
  return bodyOf(
    {
      eventType: 'gap.rabbitmq.binding',
      subject: gap.exchange,
      from: gap.from === undefined ? undefined : new Date(gap.from).toISOString(),
      to: new Date(gap.to).toISOString(),
      reason: gap.certain
        ? `the queue was not bound to the exchange ${gap.exchange}: nothing published there was received`
        : `the broker was restarted: if the exchange ${gap.exchange} is not durable, what was published there was not received`,
      details: {
        exchange: gap.exchange,
        queue: settings.queue,
        routingKeys: settings.routingKeys,
        certain: gap.certain,
        // Tells two gaps without a known beginning apart.
        ...(gap.from === undefined ? { noticed: new Date(gap.to).toISOString() } : {}),
      },
    },
    { kind: 'rabbitmq', cloud, exchange: gap.exchange, queue: settings.queue },
  )
}
