import type { DatabaseSync } from 'node:sqlite'
import type { EventWriter } from './writer'

/** Who is named by no event any more is not kept: a party is names, ids and addresses of people. */
export function forgetParties(database: DatabaseSync, events: EventWriter, parties: readonly number[]): void {
  const kept = database.prepare('SELECT 1 FROM party_of_tenant WHERE tenant = 0 AND party = ?')
  const forget = database.prepare('DELETE FROM party WHERE id = ?')
  const forgetWords = database.prepare('DELETE FROM party_words WHERE rowid = ?')
  for (const party of parties) {
    if (kept.get(party) !== undefined) continue
    forget.run(party)
    forgetWords.run(party)
  }
  events.forgetParties()
}
