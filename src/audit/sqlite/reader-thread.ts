import type { Tenant, TenantSettings } from '../model'
import type { ListAnswer, ReaderCalls, ReaderData } from './calls'
import { count, isQuickCount } from './count'
import { openToRead } from './database'
import { find } from './find'
import { list } from './list'
import type { Asking } from './plan'
import { readMeta } from './schema'
import { Statements, sql } from './sql'
import { StoredEvents } from './stored-event'
import { TimeLimit } from './time-limit'

/** Events of one message: Node-RED's thread reads each whole. */
export const PORTION = 250

export function readerCalls(data: ReaderData): { calls: ReaderCalls; opened: undefined } {
  const database = openToRead(data.path)
  const limit = new TimeLimit(database)
  const meta = readMeta(database)
  const statements = new Statements(database)
  const asking: Asking = { statements, salt: meta.salt, fullText: meta.fullText }
  const events = new StoredEvents(statements)
  /** All that one question asks sees the same state of the store. */
  const snapshot = <R>(ms: number, ask: () => R): R => {
    database.exec('BEGIN')
    try {
      return limit.within(ms, ask)
    } finally {
      database.exec('ROLLBACK')
    }
  }
  return {
    opened: undefined,
    calls: {
      list: (request, ms): ListAnswer =>
        snapshot(ms, () => {
          const { numbers, cursor } = list(asking, request)
          const total = request.total && isQuickCount(asking, request.filter) ? count(asking, request.filter) : undefined
          return {
            events: events.read(numbers.slice(0, PORTION)),
            rest: numbers.slice(PORTION),
            ...(cursor === undefined ? {} : { cursor }),
            ...(total === undefined ? {} : { total }),
          }
        }),
      events: (numbers) => events.read(numbers),
      count: (filter, ms) => snapshot(ms, () => count(asking, filter)),
      get: (scope, id, ms) => snapshot(ms, () => find(asking, events, scope, id)),
      settings: () =>
        statements
          .all(sql('SELECT cloud, name, settings FROM tenant WHERE settings IS NOT NULL ORDER BY cloud, name'))
          .map((row) => {
            const tenant: Tenant = { cloud: String(row['cloud']), id: String(row['name']) }
            return { tenant, settings: JSON.parse(String(row['settings'])) as TenantSettings }
          }),
      close: () => database.close(),
    },
  }
}
