/**
 * The journal's worker thread: the only place that touches the database. SQLite calls are synchronous, and a commit waits
 * for the disk; on the main thread every flow would wait with it.
 *
 * It imports nothing of this package, so that it loads as it is both compiled and from source.
 */
import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { JournalOperation, JournalRow } from './journal'

export type JournalRequest =
  | {
      readonly id: number
      readonly ask: 'write'
      readonly operations: readonly JournalOperation[]
      readonly at: string
    }
  | { readonly id: number; readonly ask: 'get'; readonly owner: string; readonly kind: string; readonly key: string }
  | {
      readonly id: number
      readonly ask: 'list'
      readonly owner: string
      readonly kind: string
      readonly keyPrefix: string
      readonly after: number
      readonly limit: number
    }
  | { readonly id: number; readonly ask: 'count'; readonly owner: string; readonly kind: string }
  | { readonly id: number; readonly ask: 'owners' }
  | { readonly id: number; readonly ask: 'close' }

export type JournalAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: string; readonly message: string } }

const OPEN = 0
const port = parentPort
if (port === null) throw new Error('The journal worker runs in a worker thread only.')
const send = (answer: JournalAnswer) => port.postMessage(answer)

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal_row (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
    value TEXT NOT NULL, at TEXT NOT NULL,
    UNIQUE (owner, kind, key)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS journal_row_in_order ON journal_row (owner, kind, sequence);
`

function openDatabase(path: string): DatabaseSync {
  const sqlite = process.getBuiltinModule('node:sqlite')
  if (sqlite === undefined) throw Object.assign(new Error('node:sqlite is missing'), { code: 'NO_SQLITE' })
  const database = new sqlite.DatabaseSync(path)
  // Exclusive locking is the lock against a second runtime: the kernel releases it even after SIGKILL.
  database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;')
  database.exec('BEGIN EXCLUSIVE; COMMIT;')
  const check = database.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined
  if (check?.quick_check !== 'ok') {
    throw Object.assign(new Error(String(check?.quick_check)), { code: 'DAMAGED' })
  }
  database.exec(SCHEMA)
  return database
}

function serve(database: DatabaseSync): void {
  const statements = {
    put: database.prepare(
      `INSERT INTO journal_row (owner, kind, key, value, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (owner, kind, key) DO UPDATE SET value = excluded.value, at = excluded.at`,
    ),
    insert: database.prepare(
      `INSERT INTO journal_row (owner, kind, key, value, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (owner, kind, key) DO NOTHING`,
    ),
    delete: database.prepare('DELETE FROM journal_row WHERE owner = ? AND kind = ? AND key = ?'),
    expire: database.prepare('DELETE FROM journal_row WHERE owner = ? AND kind = ? AND at < ?'),
    get: database.prepare('SELECT sequence, key, value, at FROM journal_row WHERE owner = ? AND kind = ? AND key = ?'),
    list: database.prepare(
      `SELECT sequence, key, value, at FROM journal_row
       WHERE owner = ? AND kind = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
    ),
    // By the index of keys, for which the bounds are: the signs keep the planner from walking through all rows in order.
    listByPrefix: database.prepare(
      `SELECT sequence, key, value, at FROM journal_row
       WHERE owner = ? AND kind = ? AND key >= ? AND key < ? AND +sequence > ? AND substr(key, 1, length(?)) = ?
       ORDER BY +sequence LIMIT ?`,
    ),
    count: database.prepare('SELECT count(*) AS n FROM journal_row WHERE owner = ? AND kind = ?'),
    owners: database.prepare('SELECT owner, count(*) AS rows, min(at) AS oldest FROM journal_row GROUP BY owner'),
  }

  const apply = (operation: JournalOperation, at: string): boolean => {
    const { owner, kind } = operation
    switch (operation.do) {
      case 'put':
        return statements.put.run(owner, kind, operation.key, JSON.stringify(operation.value), at).changes > 0
      case 'insert':
        return statements.insert.run(owner, kind, operation.key, JSON.stringify(operation.value), at).changes > 0
      case 'delete':
        return statements.delete.run(owner, kind, operation.key).changes > 0
      case 'expire':
        return statements.expire.run(owner, kind, operation.before).changes > 0
    }
  }

  type Write = Extract<JournalRequest, { ask: 'write' }>
  /** Writes that wait for the next commit: everything that arrived while the last one was waiting for the disk. */
  let waiting: Write[] = []
  let scheduled = false

  const commit = () => {
    scheduled = false
    const group = waiting
    waiting = []
    if (group.length === 0) return
    try {
      database.exec('BEGIN IMMEDIATE')
      const results = group.map((write) => write.operations.map((operation) => apply(operation, write.at)))
      database.exec('COMMIT')
      group.forEach((write, index) => {
        send({ id: write.id, result: results[index] })
      })
    } catch (thrown) {
      if (database.isTransaction) database.exec('ROLLBACK')
      for (const write of group) send({ id: write.id, error: errorOf(thrown) })
    }
  }

  const answer = (request: Exclude<JournalRequest, Write>): unknown => {
    switch (request.ask) {
      case 'get': {
        const row = statements.get.get(request.owner, request.kind, request.key)
        return row === undefined ? undefined : rowOf(row)
      }
      case 'list': {
        const { owner, kind, after, keyPrefix, limit } = request
        if (keyPrefix === '') return statements.list.all(owner, kind, after, limit).map(rowOf)
        const end = endOfPrefix(keyPrefix)
        return statements.listByPrefix.all(owner, kind, keyPrefix, end, after, keyPrefix, keyPrefix, limit).map(rowOf)
      }
      case 'count':
        return statements.count.get(request.owner, request.kind)?.['n']
      case 'owners':
        return statements.owners.all().map((row) => ({ ...row }))
      case 'close':
        database.close()
        return undefined
    }
  }

  port?.on('message', (request: JournalRequest) => {
    if (request.ask === 'write') {
      waiting.push(request)
      if (!scheduled) {
        scheduled = true
        setImmediate(commit)
      }
      return
    }
    // A question sees every write that was asked for before it.
    commit()
    try {
      send({ id: request.id, result: answer(request) })
    } catch (thrown) {
      send({ id: request.id, error: errorOf(thrown) })
    }
    if (request.ask === 'close') port?.close()
  })
}

function rowOf(row: Record<string, unknown>): JournalRow {
  return {
    sequence: Number(row['sequence']),
    key: String(row['key']),
    value: JSON.parse(String(row['value'])) as unknown,
    at: String(row['at']),
  }
}

/** A key that is greater than all that begin so, whatever follows: the next one after the last ASCII character. */
function endOfPrefix(prefix: string): string {
  const ascii = prefix.replace(/[^ -}]+$/, '')
  if (ascii === '') return '\u{10ffff}'.repeat(8)
  return ascii.slice(0, -1) + String.fromCharCode(ascii.charCodeAt(ascii.length - 1) + 1)
}

function errorOf(thrown: unknown): { code: string; message: string } {
  const error = thrown as { code?: unknown; errcode?: unknown; message?: unknown }
  const code = typeof error.code === 'string' ? error.code : 'UNKNOWN'
  // SQLite's primary result code is the low byte: 5 busy, 11 corrupt, 13 full, 26 not a database.
  const primary = typeof error.errcode === 'number' ? error.errcode & 0xff : 0
  const named: Record<number, string> = {
    5: 'BUSY',
    6: 'BUSY',
    8: 'READ_ONLY',
    11: 'DAMAGED',
    13: 'FULL',
    26: 'DAMAGED',
  }
  return { code: named[primary] ?? code, message: String(error.message ?? thrown) }
}

try {
  const { path } = workerData as { path: string }
  serve(openDatabase(path))
  send({ id: OPEN, result: undefined })
} catch (thrown) {
  send({ id: OPEN, error: errorOf(thrown) })
  port.close()
}
