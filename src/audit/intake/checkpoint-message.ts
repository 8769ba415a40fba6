import { type CadfEvent, EVENT_TYPE_URI } from '../../cadf/event'
import type { Notification } from '../../notification/model'
import { checkpointText } from '../chain/checkpoint'
import type { Checkpoint } from '../chain/model'

export const CHECKPOINT_TOPIC = 'audit.checkpoint'

/** What leaves a flow with a checkpoint: an occurrence of our own, so that every node that takes events takes it. */
export interface CheckpointMessage {
  readonly topic: typeof CHECKPOINT_TOPIC
  /** The one line that verifying asks for. */
  readonly payload: string
  readonly checkpoint: Checkpoint
  readonly event: CadfEvent
  readonly notification: Notification
}

/**
 * The line is the payload, and stands in the event as well: whichever format a syslog node writes, it is in the log.
 *
 * @param id of the event
 */
export function checkpointMessage(checkpoint: Checkpoint, id: string, cloud: string): CheckpointMessage {
  const line = checkpointText(checkpoint)
  const writer = { id: checkpoint.writer, typeURI: 'service/security/audit', name: 'audit store' }
  return {
    topic: CHECKPOINT_TOPIC,
    payload: line,
    checkpoint,
    event: {
      typeURI: EVENT_TYPE_URI,
      id,
      eventType: 'activity',
      eventTime: checkpoint.time.replace(/Z$/, '+00:00'),
      action: 'backup/checkpoint',
      outcome: 'success',
      initiator: writer,
      target: { id: checkpoint.writer, typeURI: 'data/security/audit-trail', name: `position ${checkpoint.position}` },
      observer: writer,
      attachments: [{ typeURI: 'text/plain', name: 'checkpoint', content: line }],
    },
    notification: {
      messageId: id,
      eventType: CHECKPOINT_TOPIC,
      publisherId: `audit-store.${checkpoint.writer}`,
      priority: 'INFO',
      timestamp: checkpoint.time,
      context: {},
      source: { kind: 'inject', cloud },
    },
  }
}
