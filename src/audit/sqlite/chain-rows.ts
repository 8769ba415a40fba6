import type { ChainRow } from '../chain/model'
import { failureOf } from './failure'
import { LIVE } from './listed'
import { type Statements, sql } from './sql'
import { EVENT_COLUMNS, type StoredEvents } from './stored-event'

/** Positions looked at in one step. */
const STEP = 500
const NO_HASH = new Uint8Array(32)

/**
 * The rows of the chain after a position, at most a step of them, with their contents as they are stored. Empty at the end. A row whose
 * leaf and link are gone though its content is there comes with zeros.
 */
export function chainRows(statements: Statements, events: StoredEvents, writer: string, after: number): ChainRow[] {
  const last = (table: string, key: string) =>
    statements.get(
      sql(
        `SELECT max(p) AS p FROM (SELECT ${key} AS p FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ${STEP})`,
        after,
      ),
    )?.['p'] ?? undefined
  // Events behind the end of the chain are looked for when there is no more of it.
  const end = last('chain', 'position') ?? last('event', 'seq')
  if (end === undefined) return []
  const until = Number(end)
  const damage = new Map<number, string>()
  const read = (text: string, key: string) => rowsByNumber(statements, text, key, after, until, damage)
  const contents = read(CONTENTS, 'seq')
  const notes = read('SELECT position, text FROM note WHERE position > ? AND position <= ?', 'position')
  const links = read('SELECT position, leaf, link FROM chain WHERE position > ? AND position <= ?', 'position')
  const positions = new Set([...links.keys(), ...contents.keys(), ...notes.keys(), ...damage.keys()])
  return [...positions]
    .sort((a, b) => a - b)
    .map((position) => {
      const reason = damage.get(position)
      if (reason !== undefined) return { kind: 'unreadable', writer, position, to: position, reason }
      const hashes = links.get(position)
      const at = {
        writer,
        position,
        leaf: (hashes?.['leaf'] as Uint8Array | undefined) ?? NO_HASH,
        link: (hashes?.['link'] as Uint8Array | undefined) ?? NO_HASH,
      }
      const note = notes.get(position)
      if (note !== undefined) return { ...at, kind: 'note', text: String(note['text']) }
      const row = contents.get(position)
      if (row === undefined) return { ...at, kind: 'event' }
      const { addedTenants = [], ...record } = events.eventOf(row)
      return {
        ...at,
        kind: 'event',
        record,
        contradiction: contradictionIn(row, record.tenants.length + addedTenants.length),
      }
    })
}

/** As JSON, whatever somebody has made of it: the question for a thousand rows must not fail for one. */
const LIST = "'[' || trim(replace(coalesce(e.tenants, ''), ';', ','), ',') || ']'"
const TENANTS = `CASE WHEN json_valid(${LIST}) THEN ${LIST} ELSE '[]' END`

const CONTENTS = `SELECT ${EVENT_COLUMNS}, l.state AS state, s.by AS by,
     (SELECT count(*) FROM listed_by_tenant t WHERE t.time = e.time AND t.seq = e.seq AND t.state IN (0, 1)
       AND t.tenant IN (SELECT e.tenant UNION SELECT value FROM json_each(${TENANTS}))) AS seen,
     (SELECT f.final AND f.id = e.id FROM event f WHERE f.seq = s.by) AS answered,
     EXISTS (SELECT 1 FROM chain c WHERE c.position = s.by) AS chained
   FROM event e LEFT JOIN kind k ON k.id = e.kind LEFT JOIN origin o ON o.id = e.origin
   LEFT JOIN listed l ON l.state IN (0, 1) AND l.time = e.time AND l.seq = e.seq
   LEFT JOIN superseded s ON s.seq = e.seq
   WHERE e.seq > ? AND e.seq <= ?`

type Row = Record<string, unknown>

/** Where a page of the file cannot be read, row by row: those that can are there, of the others it is said why not. */
function rowsByNumber(
  statements: Statements,
  text: string,
  key: string,
  after: number,
  until: number,
  damage: Map<number, string>,
): Map<number, Row> {
  try {
    return new Map(statements.all(sql(text, after, until)).map((row) => [Number(row[key]), row]))
  } catch (thrown) {
    const { code, message } = failureOf(thrown)
    if (code !== 'DAMAGED') throw thrown
    if (until - after <= 1) {
      damage.set(until, message)
      return new Map()
    }
    const middle = Math.floor((after + until) / 2)
    const first = rowsByNumber(statements, text, key, after, middle, damage)
    return new Map([...first, ...rowsByNumber(statements, text, key, middle, until, damage)])
  }
}

/** Whether it is found where its content says: what is hidden from lists is as good as removed. */
function contradictionIn(row: Record<string, unknown>, tenants: number): string | undefined {
  const { state, by, seen, answered, chained } = row
  if (state === null) return 'it is in no list'
  if (Number(seen) !== tenants) return 'it is not in the list of each of its tenants'
  if (state === LIVE) return undefined
  if (by === null || chained !== 1) return 'it is hidden as if its final phase were stored'
  // The final phase may have been removed by retention, which its own row tells.
  if (answered === 0) return 'it is hidden by an event that is not its final phase'
  return undefined
}
