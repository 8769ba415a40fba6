import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** Rows of one statement: calling SQLite once for each small row costs more than storing it. */
const ABREAST = 32

/** Inserts many small rows. Sorted by their keys they touch each page once. */
export class ManyRows {
  readonly #columns: number
  readonly #one: StatementSync
  readonly #many: StatementSync

  /** `sql` up to and including `VALUES`, and what follows the values. */
  constructor(database: DatabaseSync, sql: string, columns: number, after = '') {
    this.#columns = columns
    const row = `(${Array(columns).fill('?').join(', ')})`
    this.#one = database.prepare(`${sql} ${row} ${after}`)
    this.#many = database.prepare(`${sql} ${Array(ABREAST).fill(row).join(', ')} ${after}`)
  }

  /** Values of all rows, one after the other. */
  insert(values: readonly SQLInputValue[]): void {
    const wide = this.#columns * ABREAST
    let at = 0
    for (; at + wide <= values.length; at += wide) this.#many.run(...values.slice(at, at + wide))
    for (; at < values.length; at += this.#columns) this.#one.run(...values.slice(at, at + this.#columns))
  }
}
