import type { BatchCollector, Waiting } from '../../src/batch/collector'
import { batchKey } from '../../src/batch/key'
import type { BatchSettings } from '../../src/batch/settings'
import { OperatorError } from '../../src/errors/operator-error'
import { notificationOf } from '../../src/message/members'
import type { BatchMember, OccurrenceMessage } from '../../src/message/model'

/** What the message of a source that can pause does while there is no room. */
export interface Room extends Waiting {
  onRoom(): void
}

/** Resolves when the collector has it, or nobody waits for it any more. */
export async function take(
  collector: BatchCollector,
  message: OccurrenceMessage,
  { keyPaths }: BatchSettings,
  room: Room | undefined,
): Promise<void> {
  try {
    await collector.add(memberOf(message), messageIdOf(message), batchKey(message, keyPaths), room)
  } catch (thrown) {
    // It goes back to its source as the flows stop; there is nothing to report.
    if (room === undefined || !(thrown instanceof OperatorError && thrown.code === 'BATCH_CLOSED')) throw thrown
  } finally {
    if (collector.waiting === 0) room?.onRoom()
  }
}

export function isFlush(flush: unknown): boolean {
  return flush === true || typeof flush === 'string'
}

function memberOf({ topic, payload, event, notification, exposure }: OccurrenceMessage): BatchMember {
  return { topic, payload, event, notification, ...(exposure === undefined ? {} : { exposure }) }
}

function messageIdOf(message: OccurrenceMessage): string {
  return notificationOf(message)?.messageId ?? message.event.id
}

export function notAnEvent(what: string): OperatorError {
  return new OperatorError('BATCH_NO_EVENT', what, {
    remedy: 'A batch takes single messages with msg.event, or msg.flush.',
  })
}
