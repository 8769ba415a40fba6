import type { DatabaseSync } from 'node:sqlite'
import { type Signer, signerOf } from '../chain/signing'
import type { InsertOutcome } from '../store'
import type { Opened, WriterCalls, WriterData } from './calls'
import { giveCheckpoint, lastNoteIsSigned } from './checkpoints'
import { lockStore, openToWrite } from './database'
import { Removal } from './removal'
import { Retirement } from './retire'
import { prepareTables } from './schema'
import { recordsOf, type Wire, type WireRecord } from './wire'
import { EventWriter } from './writer'

/** Records of one transaction. What arrives while it is written waits for the next one. */
const LARGEST_GROUP = 4_000

interface Insert {
  readonly records: readonly WireRecord[]
  resolve(outcomes: readonly InsertOutcome[]): void
  reject(error: unknown): void
}

export function writerCalls(data: WriterData): { calls: WriterCalls; opened: Opened } {
  const lock = lockStore(data.path)
  const database = openToWrite(data.path, data.maxBytes)
  const meta = prepareTables(database, data.fullText)
  const events = new EventWriter(database, meta)
  const writer = new Writing(database, events)
  const signer: Signer | undefined = data.key === undefined ? undefined : signerOf(data.key)
  const retirement = new Retirement(database, events, new Removal(database, meta, events.rollups), signer)
  if (signer !== undefined && events.head.position > 0 && !lastNoteIsSigned(database, signer)) {
    writer.transaction(() => giveCheckpoint(events, new Date(), signer))
  }
  const gathered = new Map<number, Wire[]>()
  return {
    opened: { fullText: meta.fullText },
    calls: {
      gather: (batch, wire) => {
        gathered.set(batch, [...(gathered.get(batch) ?? []), wire])
      },
      insert: (batch, wire) => {
        const parts = [...(gathered.get(batch) ?? []), wire]
        gathered.delete(batch)
        return writer.insert(parts.flatMap(recordsOf))
      },
      setSettings: ({ cloud, id }, settings) => {
        writer.transaction(() => {
          const number = events.tenant(cloud, id)
          database.prepare('UPDATE tenant SET settings = ? WHERE id = ?').run(JSON.stringify(settings), number)
        })
      },
      checkpoint: () => writer.transaction(() => giveCheckpoint(events, new Date(), signer)),
      retire: (what) => writer.transaction(() => retirement.retire(what, new Date())),
      close: () => {
        writer.commit()
        database.close()
        lock.close()
      },
    },
  }
}

/** Gathers what arrives while the disk is at work into the next transaction. */
class Writing {
  readonly #events: EventWriter
  readonly #database: DatabaseSync
  #waiting: Insert[] = []
  #scheduled = false
  #stale = false

  constructor(database: DatabaseSync, events: EventWriter) {
    this.#database = database
    this.#events = events
  }

  insert(records: readonly WireRecord[]): Promise<readonly InsertOutcome[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject })
      this.#schedule()
    })
  }

  /** Everything that waits. */
  commit(): void {
    while (this.#waiting.length > 0) this.#commitGroup()
  }

  /** One transaction with what was asked for before it. */
  transaction<R>(work: () => R): R {
    this.commit()
    return this.#transaction(work)
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#commitGroup()
      if (this.#waiting.length > 0) this.#schedule()
    })
  }

  #commitGroup(): void {
    const group: Insert[] = []
    for (let records = 0; records < LARGEST_GROUP && this.#waiting.length > 0; ) {
      const [next] = this.#waiting.splice(0, 1)
      if (next === undefined) break
      group.push(next)
      records += next.records.length
    }
    if (group.length === 0) return
    try {
      const outcomes = this.#transaction(() =>
        group.map(({ records }) => records.map((record) => this.#events.insert(record))),
      )
      group.forEach((one, index) => {
        one.resolve(outcomes[index] ?? [])
      })
    } catch (thrown) {
      for (const one of group) one.reject(thrown)
    }
  }

  #transaction<R>(work: () => R): R {
    if (this.#stale) this.#events.load()
    this.#stale = true
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#events.flush()
      this.#database.exec('COMMIT')
      this.#stale = false
      return result
    } catch (thrown) {
      // A full disk has rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw thrown
    }
  }
}
