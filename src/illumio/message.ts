import type { OccurrenceMessage } from '../message/model'
import { markOf, type PceEvent } from './event'
import { cadfOfPceEvent } from './to-cadf'

/** @param pce host of the PCE that was asked */
export function messageOfPceEvent(payload: PceEvent, pce: string): OccurrenceMessage {
  const event = cadfOfPceEvent(payload, pce)
  const eventType = typeof payload['event_type'] === 'string' ? payload['event_type'] : 'unknown'
  const { id, name, host } = event.initiator
  return {
    topic: eventType,
    payload,
    event,
    notification: {
      messageId: markOf(payload)?.key ?? event.id,
      eventType,
      publisherId: event.observer.id,
      priority: typeof payload['severity'] === 'string' ? payload['severity'].toUpperCase() : 'INFO',
      timestamp: event.eventTime,
      context: {
        userId: id,
        ...(name === undefined ? {} : { userName: name }),
        ...(host?.address === undefined ? {} : { remoteAddress: host.address }),
      },
      source: { kind: 'illumio', cloud: pce },
    },
  }
}
