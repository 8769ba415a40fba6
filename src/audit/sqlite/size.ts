import type { DatabaseSync } from 'node:sqlite'
import type { StoreSize } from '../store'

/** What the store takes. Pages that retention has emptied are not counted: they are filled again before the file grows. */
export function bytesOf(database: DatabaseSync): number {
  const read = (pragma: string) => Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])
  return (read('page_count') - read('freelist_count')) * read('page_size')
}

export function sizeOf(database: DatabaseSync): StoreSize {
  const rows = database.prepare('SELECT sum(kept) AS n FROM party_of_tenant WHERE tenant = 0').get()?.['n']
  const bound = (which: 'min' | 'max') => {
    const one = (state: number) => `(SELECT ${which}(time) FROM listed WHERE state = ${state})`
    const row = database
      .prepare(`SELECT ${which}(t) AS t FROM (SELECT ${one(0)} AS t UNION ALL SELECT ${one(1)})`)
      .get()
    return row?.['t'] ?? undefined
  }
  const [oldest, newest] = [bound('min'), bound('max')]
  return {
    events: Number(rows ?? 0),
    bytes: bytesOf(database),
    ...(oldest === undefined ? {} : { oldest: Number(oldest) }),
    ...(newest === undefined ? {} : { newest: Number(newest) }),
  }
}
