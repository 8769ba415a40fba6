import { isGap } from '../../src/cadf/from-gap'
import type { Settlement } from '../../src/delivery/service'
import { describeError, OperatorError } from '../../src/errors/operator-error'
import type { OccurrenceMessage } from '../../src/message/model'
import { decodeNotification } from '../../src/notification/envelope'
import type { NotificationSource } from '../../src/notification/model'
import { systemClock } from '../../src/notification/rabbitmq/backoff'
import type { BrokerConnection } from '../../src/notification/rabbitmq/connection'
import type { Incoming } from '../../src/notification/rabbitmq/consumer'
import { gapBody } from '../../src/notification/rabbitmq/gap-body'
import { RabbitSource } from '../../src/notification/rabbitmq/source'
import { serviceOf } from '../shared/config-node'
import { showCounts } from '../shared/counters'
import { messageId } from '../shared/message-id'
import { deliverySource } from './delivery-source'
import { rabbitSettings } from './rabbitmq-settings'
import { showRabbitSource } from './rabbitmq-status'
import { type SourceSetting, type StartedSource, textOr } from './source'

const DRAIN_MS = 5000
/** What is in flight changes with every message; people look at it once a second. */
const SHOW_EVERY_MS = 1000
const ACCEPTED: Settlement = { outcome: 'accepted' }

/** The branch of the node that consumes a queue on RabbitMQ. */
export function startRabbitSource(setting: SourceSetting): StartedSource {
  const { RED, node, config, status, wants, conversion } = setting
  const connection = serviceOf<BrokerConnection>(RED, config.bus)
  if (connection === undefined) {
    throw new OperatorError('NO_BUS', 'The message bus is not configured.', {
      remedy: 'Choose one in the dialog and check what the log says about it.',
    })
  }
  const settings = rabbitSettings(config)
  const cloud = textOr(config.cloud, '')
  const sourceOf = ({ exchange, routingKey, redelivered }: Incoming): NotificationSource => ({
    kind: 'rabbitmq',
    cloud,
    exchange,
    routingKey,
    queue: settings.queue,
    redelivered,
  })

  let paused: string | undefined
  let lateSends = 0
  let received = 0
  /** Received while a sink is away; no more than the prefetch. */
  let held: Incoming[] = []
  const show = () => showRabbitSource(source, status, paused, Date.now(), lateSends, received)
  const deliveries = deliverySource(RED, node, config, {
    pause: (reason) => {
      paused = reason
      show()
    },
    resume: () => {
      paused = undefined
      const waiting = held
      held = []
      source.resume()
      for (const incoming of waiting) take(incoming)
      show()
    },
    suspend: (reason) => {
      paused = reason
      held = []
      source.suspend()
    },
    lateSends: (total) => {
      lateSends = total
    },
  })

  const send = (incoming: Incoming) => {
    const { contentEncoding, headers } = incoming.message.properties
    const { notification, payload } = decodeNotification(incoming.body, sourceOf(incoming), {
      contentEncoding,
      headers,
    })
    if (!wants(notification.eventType) && !isGap(notification)) {
      incoming.settle(ACCEPTED)
      return
    }
    const event = conversion.event(notification, payload)
    if (!conversion.keeps(notification, event)) {
      incoming.settle(ACCEPTED)
      return
    }
    received += 1
    const message: OccurrenceMessage = {
      _msgid: messageId(),
      topic: notification.eventType,
      payload,
      event,
      notification,
    }
    if (deliveries === undefined) {
      incoming.settle(ACCEPTED)
      node.send(message)
      return
    }
    const delivery = deliveries.open((settlement) => incoming.settle(settlement))
    message._delivery = delivery.token
    node.send(message)
    delivery.sent()
  }
  const take = (incoming: Incoming) => {
    if (paused !== undefined) {
      held.push(incoming)
      return
    }
    try {
      send(incoming)
    } catch (thrown) {
      // A body that cannot be read will not get better by trying again.
      const code = thrown instanceof OperatorError ? thrown.code : 'UNEXPECTED'
      const reason = { code, message: describeError(thrown), nodeId: node.id }
      incoming.settle({ outcome: 'dead-letter', reason })
    }
  }

  const source = new RabbitSource(
    connection,
    settings,
    { message: take, changed: () => show(), gapBody: (gap) => gapBody(gap, settings, cloud) },
    {
      clock: systemClock,
      log: {
        info: (text) => node.log(text),
        warn: (text) => node.warn(text),
        error: (text) => node.error(text),
      },
    },
  )
  showCounts(RED, node, () => ({ received, deadLetters: source.deadLetters }))
  source.start()
  const showing = setInterval(show, SHOW_EVERY_MS)
  showing.unref()

  return {
    close: async () => {
      clearInterval(showing)
      try {
        await source.close(async () => deliveries?.drain(DRAIN_MS))
      } finally {
        deliveries?.close()
      }
    },
  }
}
