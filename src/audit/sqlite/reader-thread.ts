import type { Tenant, TenantSettings } from '../model'
import type { ListAnswer, ReaderCalls, ReaderData } from './calls'
import { count, isQuickCount } from './count'
import { openToRead } from './database'
import { distinct } from './distinct'
import { exportPortion } from './export'
import { find } from './find'
import { histogram } from './histogram'
import { list } from './list'
import type { Asking } from './plan'
import { readConfiguration, readMeta } from './schema'
import { sizeOf } from './size'
import { Statements, sql } from './sql'
import { StoredEvents } from './stored-event'
import { TimeLimit } from './time-limit'
import { Verifications } from './verify'

/** Events of one message: Node-RED's thread reads each whole. */
export const PORTION = 200

export function readerCalls(data: ReaderData): { calls: ReaderCalls; opened: undefined } {
  const database = openToRead(data.path)
  const limit = new TimeLimit(database)
  const meta = readMeta(database)
  const statements = new Statements(database)
  const asking: Asking = { statements, salt: meta.salt, fullText: meta.fullText }
  const events = new StoredEvents(statements)
  const verifications = new Verifications(statements, events, meta.writer, data.keys)
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
          const total =
            request.total && isQuickCount(asking, request.filter) ? count(asking, request.filter) : undefined
          return {
            events: events.read(numbers.slice(0, PORTION)),
            rest: numbers.slice(PORTION),
            ...(cursor === undefined ? {} : { cursor }),
            ...(total === undefined ? {} : { total }),
          }
        }),
      events: (numbers) => events.read(numbers),
      awaiting: (after, limit) => {
        const rows = statements.all(sql('SELECT seq FROM awaiting WHERE seq > ? ORDER BY seq LIMIT ?', after, limit))
        return events.read(rows.map((row) => Number(row['seq'])))
      },
      count: (filter, ms) => snapshot(ms, () => count(asking, filter)),
      get: (scope, id, ms) => snapshot(ms, () => find(asking, events, scope, id)),
      distinct: (request, ms) => snapshot(ms, () => distinct(asking, request)),
      histogram: (request, ms) => snapshot(ms, () => histogram(asking, request)),
      export: (request, place, ms) => snapshot(ms, () => exportPortion(asking, events, request, place, PORTION)),
      verify: (known) => verifications.begin(known),
      verifyMore: (verification) => snapshot(Number.POSITIVE_INFINITY, () => verifications.more(verification)),
      verifyNoMore: (verification) => verifications.end(verification),
      size: () => sizeOf(database),
      settings: () =>
        statements
          .all(sql('SELECT cloud, name, settings FROM tenant WHERE settings IS NOT NULL ORDER BY cloud, name'))
          .map((row) => {
            const tenant: Tenant = { cloud: String(row['cloud']), id: String(row['name']) }
            return { tenant, settings: JSON.parse(String(row['settings'])) as TenantSettings }
          }),
      configuration: () => readConfiguration(database),
      close: () => database.close(),
    },
  }
}
