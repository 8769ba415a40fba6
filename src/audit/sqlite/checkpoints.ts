import type { DatabaseSync } from 'node:sqlite'
import { checkpointOf, checkpointText, isSignedBy, parseCheckpoint } from '../chain/checkpoint'
import type { Checkpoint } from '../chain/model'
import { isRetentionSignedBy, parseRetention } from '../chain/retention-record'
import type { Signer } from '../chain/signing'
import type { EventWriter } from './writer'

/**
 * The end of the chain as it is now. With a signer it stands in the chain too, where rows were written since the last one, so that
 * signatures cannot be taken out one by one. To be called within a transaction.
 */
export function giveCheckpoint(events: EventWriter, now: Date, signer: Signer | undefined): Checkpoint {
  const checkpoint = checkpointOf(events.head, now, signer)
  if (signer !== undefined && !events.endsInCheckpoint) events.note(checkpointText(checkpoint))
  return checkpoint
}

/** Whether the last line of the chain's own was signed with this key. */
export function lastNoteIsSigned(database: DatabaseSync, signer: Signer): boolean {
  const text = database.prepare('SELECT text FROM note ORDER BY position DESC LIMIT 1').get()?.['text']
  if (typeof text !== 'string') return false
  const checkpoint = parseCheckpoint(text)
  if (checkpoint !== undefined) return isSignedBy(checkpoint, signer)
  const retention = parseRetention(text)
  return retention !== undefined && isRetentionSignedBy(retention, signer)
}
