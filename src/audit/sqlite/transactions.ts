import type { DatabaseSync } from 'node:sqlite'
import type { InsertOutcome } from '../store'
import { failureOf } from './failure'
import type { LateNames } from './late-names'
import type { WireRecord } from './wire'
import type { EventWriter } from './writer'

/** Records of one transaction. What arrives while it is written waits for the next one. */
const LARGEST_GROUP = 4_000

interface Insert {
  readonly records: readonly WireRecord[]
  resolve(outcomes: readonly InsertOutcome[]): void
  reject(error: unknown): void
}

/** Gathers what arrives while the disk is at work into the next transaction: all of it is stored, or nothing. */
export class Transactions {
  readonly #database: DatabaseSync
  readonly #events: EventWriter
  readonly #late: LateNames
  #waiting: Insert[] = []
  #scheduled = false
  /** What is held in memory may not be what is in the file. */
  #stale = false
  #damage: unknown

  constructor(database: DatabaseSync, events: EventWriter, late: LateNames) {
    this.#database = database
    this.#events = events
    this.#late = late
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

  /** A transaction of its own, after what was asked for before it. */
  run<R>(work: () => R): R {
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
    for (let records = 0; records < LARGEST_GROUP; ) {
      const next = this.#waiting.shift()
      if (next === undefined) break
      group.push(next)
      records += next.records.length
    }
    if (group.length === 0) return
    try {
      const outcomes = this.#transaction(() =>
        group.map(({ records }) => records.map((record) => this.#insert(record))),
      )
      group.forEach((one, index) => {
        one.resolve(outcomes[index] ?? [])
      })
    } catch (thrown) {
      for (const one of group) one.reject(thrown)
    }
  }

  #insert(record: WireRecord): InsertOutcome {
    const outcome = this.#events.insert(record)
    if (record.awaitsNames && outcome === 'stored') this.#late.awaits(this.#events.head.position)
    return outcome
  }

  #transaction<R>(work: () => R): R {
    if (this.#damage !== undefined) throw this.#damage
    try {
      if (this.#stale) this.#events.load()
      this.#stale = true
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#events.flush()
      this.#database.exec('COMMIT')
      this.#stale = false
      return result
    } catch (thrown) {
      // A full disk has rolled it back already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      // What was found to be damaged is not written to again: it could become worse.
      if (failureOf(thrown).code === 'DAMAGED') this.#damage = thrown
      throw thrown
    }
  }
}
