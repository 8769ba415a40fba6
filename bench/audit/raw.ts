import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { AuditRecord } from '../../src/audit/model'

/**
 * What SQLite itself takes for rows like these: the body, a unique id and the two covering indexes, each batch one transaction that is
 * on disk when it ends. Nothing is packed, chained, counted or looked up. Answers milliseconds.
 */
export class RawStore {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #insert: ReturnType<DatabaseSync['prepare']>

  constructor(path: string) {
    this.#path = path
    this.#database = new DatabaseSync(path)
    this.#database.exec(`
      PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;
      CREATE TABLE event (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, phase TEXT NOT NULL, time INTEGER NOT NULL, project TEXT,
        type TEXT, action TEXT, outcome TEXT, initiator TEXT, body TEXT NOT NULL, UNIQUE (id, phase));
      CREATE INDEX by_project ON event (project, time, type, action, outcome, initiator);
      CREATE INDEX by_time ON event (time, project, type, action, outcome, initiator);`)
    this.#insert = this.#database.prepare(
      `INSERT INTO event (id, phase, time, project, type, action, outcome, initiator, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id, phase) DO NOTHING`,
    )
  }

  insert(records: readonly AuditRecord[]): number {
    const from = performance.now()
    this.#database.exec('BEGIN')
    for (const { id, phase, time, tenants, attributes: a, body } of records) {
      const what = [a.event_type ?? null, a.action ?? null, a.outcome ?? null, a.initiator_id ?? null]
      this.#insert.run(id, phase, time, tenants[0] ?? null, ...what, body)
    }
    this.#database.exec('COMMIT')
    return performance.now() - from
  }

  close(): void {
    this.#database.close()
    for (const end of ['', '-wal', '-shm']) rmSync(this.#path + end, { force: true })
  }
}
