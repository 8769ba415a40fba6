import type { Journal, JournalOperation } from '../journal/journal'
import type { Batch } from './batch'
import { BATCH_KIND, MEMBER_KIND } from './model'

/** Moves the members of one batch into another, in the journal first and in one write. Rejects as the journal does. */
export async function moveMembers(journal: Journal, owner: string, from: Batch, into: Batch): Promise<void> {
  while (from.writing.size > 0) await Promise.allSettled(from.writing)
  const rows = await journal.list(owner, MEMBER_KIND, { keyPrefix: from.prefix })
  const moved = rows.flatMap((row): JournalOperation[] => {
    const key = into.prefix + row.key.slice(from.prefix.length)
    return [
      { do: 'delete', owner, kind: MEMBER_KIND, key: row.key },
      { do: 'insert', owner, kind: MEMBER_KIND, key, value: row.value },
    ]
  })
  await journal.write([...moved, { do: 'delete', owner, kind: BATCH_KIND, key: from.id }, into.put(owner)])
  for (const id of from.ids) into.ids.add(id)
  from.ids.clear()
}
