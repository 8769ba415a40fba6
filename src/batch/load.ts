import type { Journal } from '../journal/journal'
import { rowsOf } from '../journal/rows'
import type { BatchMember } from '../message/model'
import { Batch } from './batch'
import { BATCH_KIND, MEMBER_KIND, type StoredBatch, type StoredMember } from './model'

/**
 * The batches that an earlier process left in the journal, oldest first. A batch row without members is left out.
 * `onMember` sees each member of those that are still open; they are not kept in memory.
 */
export async function loadBatches(
  journal: Journal,
  owner: string,
  onMember?: (key: string, member: BatchMember, messageId: string) => void,
): Promise<Batch[]> {
  const batches = new Map<string, Batch>()
  for (const row of await journal.list(owner, BATCH_KIND)) {
    const stored = row.value as StoredBatch
    const batch = new Batch(row.key, stored.key, stored.from)
    batch.attempts = stored.attempts ?? 0
    batch.setAside = stored.setAside
    if (stored.closed !== undefined) {
      batch.to = stored.closed.to
      batch.reason = stored.closed.reason
    }
    batches.set(row.key, batch)
  }
  for await (const row of rowsOf(journal, owner, MEMBER_KIND)) {
    const cut = row.key.indexOf('/')
    const batch = batches.get(row.key.slice(0, cut))
    if (batch === undefined) continue
    const messageId = row.key.slice(cut + 1)
    batch.ids.add(messageId)
    if (batch.reason !== undefined) continue
    const { at, member } = row.value as StoredMember
    batch.to = at
    onMember?.(batch.key, member, messageId)
  }
  return [...batches.values()].filter((batch) => batch.ids.size > 0)
}
