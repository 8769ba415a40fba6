import { existsSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { OperatorError } from '../../errors/operator-error'
import { quote } from '../../errors/redact'
import type { ChainRow } from '../chain/model'
import { chainRows } from '../sqlite/chain-rows'
import { errorOf, failureOf, needsNode } from '../sqlite/failure'
import { readMeta } from '../sqlite/schema'
import { Statements } from '../sqlite/sql'
import { StoredEvents } from '../sqlite/stored-event'

/** Rows that are looked for behind a damaged place: a page of the file holds some hundred. */
const STEP = 500
const MOST_DAMAGED_STEPS = 20

/**
 * The chain of a store's file, read only and as it was at one moment, while another process may go on writing. Where the file is damaged,
 * rows that cannot be read come as such.
 *
 * Throws `AUDIT_STORE_NEEDS_NODE`, `AUDIT_STORE_REFUSED` (no such file, no permission, not a store), `AUDIT_STORE_DAMAGED`
 * (nothing can be read).
 */
export function* storedRows(path: string): Generator<readonly ChainRow[], void> {
  if (!isBuiltin('node:sqlite')) throw needsNode()
  const opened = open(path)
  try {
    yield* rowsOf(opened.database, opened.writer)
  } finally {
    opened.database.close()
  }
}

function* rowsOf(database: DatabaseSync, writer: string): Generator<readonly ChainRow[], void> {
  const statements = new Statements(database)
  const events = new StoredEvents(statements)
  let after = 0
  let damaged = 0
  for (;;) {
    let rows: readonly ChainRow[]
    try {
      rows = chainRows(statements, events, writer, after)
      damaged = 0
    } catch (thrown) {
      const reason = damage(thrown)
      if (reason === undefined) throw thrown
      rows = [{ kind: 'unreadable', writer, position: after + 1, to: after + STEP, reason }]
      // Behind the end everything is as unreadable as behind a hole.
      if (++damaged > MOST_DAMAGED_STEPS) return
    }
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    after = last.kind === 'unreadable' ? last.to : last.position
  }
}

/** SQLite's words for a file that is not what it wrote: corrupt, not a database, read error. Undefined for any other error. */
function damage(thrown: unknown): string | undefined {
  const { errcode, message } = thrown as { errcode?: unknown; message?: unknown }
  const primary = typeof errcode === 'number' ? errcode & 0xff : 0
  return [10, 11, 26].includes(primary) ? quote(String(message)) : undefined
}

function open(path: string): { database: DatabaseSync; writer: string } {
  if (!existsSync(path)) {
    throw new OperatorError('AUDIT_STORE_REFUSED', `There is no file ${quote(path)}.`)
  }
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  try {
    return begun(new DatabaseSync(path, { readOnly: true, timeout: 5000 }))
  } catch (thrown) {
    if (!isSealed(path, thrown)) throw unreadable(path, thrown)
  }
  try {
    const sealed = pathToFileURL(path)
    sealed.searchParams.set('immutable', '1')
    return begun(new DatabaseSync(sealed, { readOnly: true }))
  } catch (thrown) {
    throw unreadable(path, thrown)
  }
}

function begun(database: DatabaseSync): { database: DatabaseSync; writer: string } {
  try {
    // Everything is read as it is now, whatever is written meanwhile.
    database.exec('PRAGMA temp_store=MEMORY; BEGIN')
    return { database, writer: readMeta(database).writer }
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

/** A copy on a medium that cannot be written: SQLite then cannot make the files beside it through which readers and writers agree. */
function isSealed(path: string, thrown: unknown): boolean {
  const { errcode } = thrown as { errcode?: unknown }
  const primary = typeof errcode === 'number' ? errcode & 0xff : 0
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })
  return (primary === 8 || primary === 14) && (log === undefined || log.size === 0)
}

function unreadable(path: string, thrown: unknown): OperatorError {
  const failure = failureOf(thrown)
  if (failure.code === 'READ_ONLY' || failure.code === 'CANNOT_OPEN') {
    return new OperatorError('AUDIT_STORE_REFUSED', `The audit store ${quote(path)} cannot be read.`, {
      remedy: 'Run it as the user of Node-RED, or on a copy.',
      cause: thrown,
    })
  }
  if (failure.code === 'DAMAGED') {
    const words = `Nothing of the audit store ${quote(path)} can be read: ${quote(failure.message)}.`
    return new OperatorError('AUDIT_STORE_DAMAGED', words, {
      remedy: 'Keep the file, and verify a backup. The command ".recover" of the sqlite3 shell saves what is left.',
      cause: thrown,
    })
  }
  return errorOf(failure, path, () => 'another process')
}
