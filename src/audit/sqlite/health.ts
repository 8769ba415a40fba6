import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { emptyChain, linkOf } from '../chain/hash'
import { failureOf } from './failure'
import type { Meta } from './schema'

/** Up to this size all pages are looked at when a store is opened: a second at most. Beyond it that is what verifying is for. */
const SMALL_BYTES = 64 * 1024 * 1024
/** Rows at the end of the chain. What was being written when a machine failed is there. */
const TAIL = 1_000

/** What is wrong with a store, in words; undefined: nothing that opening it can find out in little time. */
export function damageOf(database: DatabaseSync, path: string, meta: Meta): string | undefined {
  try {
    if (statSync(path).size <= SMALL_BYTES) {
      const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
      if (found !== 'ok') return String(found)
    }
    return brokenTail(database, meta)
  } catch (thrown) {
    const { code, message } = failureOf(thrown)
    if (code !== 'DAMAGED') throw thrown
    return message
  }
}

function brokenTail(database: DatabaseSync, { writer }: Meta): string | undefined {
  const rows = database.prepare(`SELECT position, leaf, link FROM chain ORDER BY position DESC LIMIT ${TAIL + 1}`).all()
  rows.reverse()
  let before = rows.length > TAIL ? rows.shift() : undefined
  let link = before === undefined ? emptyChain(writer).link : (before['link'] as Uint8Array)
  for (const row of rows) {
    const position = Number(row['position'])
    const follows = position === (before === undefined ? 0 : Number(before['position'])) + 1
    link = linkOf(link, row['leaf'] as Uint8Array)
    if (!follows || Buffer.compare(link, row['link'] as Uint8Array) !== 0) {
      return `the chain of its events is broken at position ${position}`
    }
    before = row
  }
  const newest = Number(database.prepare('SELECT max(seq) AS n FROM event').get()?.['n'] ?? 0)
  const last = Number(before?.['position'] ?? 0)
  return newest > last ? `the chain of its events ends at position ${last}, its events at ${newest}` : undefined
}
