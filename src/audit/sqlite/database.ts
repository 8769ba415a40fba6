import type { DatabaseSync } from 'node:sqlite'
import { addFunctions } from './functions'
import { PAGE_SIZE } from './schema'

function sqlite(): typeof import('node:sqlite') {
  const module = process.getBuiltinModule('node:sqlite')
  if (module === undefined) throw Object.assign(new Error('node:sqlite is missing'), { code: 'NO_SQLITE' })
  return module
}

/**
 * Takes the store for this process: a lock of the kernel's on a file beside it, which goes with the process even if it is killed.
 * The store itself must stay open to its readers. Throws `IN_USE`.
 */
export function lockStore(path: string): DatabaseSync {
  const lock = new (sqlite().DatabaseSync)(`${path}.lock`)
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (thrown) {
    lock.close()
    const { errcode } = thrown as { errcode?: number }
    throw errcode === 5 ? Object.assign(new Error('locked'), { code: 'IN_USE' }) : thrown
  }
  return lock
}

export function openToWrite(path: string, maxBytes?: number): DatabaseSync {
  const database = new (sqlite().DatabaseSync)(path, { timeout: 5000 })
  // Only takes effect before the first table is made.
  database.exec(`PRAGMA page_size=${PAGE_SIZE}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;`)
  database.exec(
    'PRAGMA cache_size=-65536; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;',
  )
  if (maxBytes !== undefined) database.exec(`PRAGMA max_page_count=${Math.max(1, Math.floor(maxBytes / PAGE_SIZE))}`)
  addFunctions(database)
  return database
}

export function openToRead(path: string): DatabaseSync {
  const database = new (sqlite().DatabaseSync)(path, { readOnly: true, timeout: 5000 })
  // What is sorted is the trail of others: not into a file of the temporary directory.
  database.exec('PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768;')
  addFunctions(database)
  return database
}
