import { createHash } from 'node:crypto'
import { type CadfEvent, EVENT_TYPE_URI } from '../cadf/event'
import type { OccurrenceMessage } from '../message/model'

/** What the poller itself has to tell. */
export type OwnEventType = 'illumio.poll.failed' | 'illumio.poll.recovered' | 'illumio.health' | 'gap.illumio'

export interface OwnOccurrence {
  readonly type: OwnEventType
  /** `https://pce.example.net:8443` */
  readonly pce: string
  /** ms since 1970. */
  readonly at: number
  readonly outcome: 'success' | 'failure'
  readonly severity: 'info' | 'warning' | 'err' | 'crit'
  readonly reason: string
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
}

const PUBLISHER = 'illumio-events-in'

/** A message like those of the PCE, so that a filter, a store and people get it in the same way. The same occurrence has the same id. */
export function ownMessage(own: OwnOccurrence): OccurrenceMessage {
  const { type, pce, outcome, severity, reason, code, details } = own
  const timestamp = new Date(own.at).toISOString().replace('Z', '+00:00')
  const messageId = createHash('sha256')
    .update(JSON.stringify([type, pce, code, own.at, details]))
    .digest('hex')
    .slice(0, 32)
  const poller = { id: PUBLISHER, typeURI: 'service/oss/monitoring', name: PUBLISHER }
  const event: CadfEvent = {
    typeURI: EVENT_TYPE_URI,
    id: messageId,
    eventType: 'activity',
    eventTime: timestamp,
    action: type === 'illumio.health' ? 'monitor' : 'receive',
    outcome,
    severity,
    initiator: poller,
    target: { id: pce, typeURI: 'service/security', name: pce },
    observer: poller,
    reason: { reasonType: reason, reasonCode: code },
    attachments: [{ typeURI: 'mime:application/json', name: type, content: details }],
    tags: ['illumio'],
  }
  return {
    topic: type,
    payload: { pce, reason, code, ...details },
    event,
    notification: {
      messageId,
      eventType: type,
      publisherId: PUBLISHER,
      priority: outcome === 'success' ? 'INFO' : 'WARN',
      timestamp,
      context: {},
      source: { kind: 'illumio', cloud: new URL(pce).host },
    },
  }
}
