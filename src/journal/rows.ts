import type { Journal, JournalRow } from './journal'

const PAGE = 500

/** All rows of a kind in order of insertion, in pages, as they can be many and large. */
export async function* rowsOf(journal: Journal, owner: string, kind: string): AsyncGenerator<JournalRow> {
  for (let after = 0; ; ) {
    const rows = await journal.list(owner, kind, { after, limit: PAGE })
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.sequence
  }
}
