import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { hashOf } from './hash'
import { wordsOrNull } from './text'

/** Combinations kept in memory; beyond it they are looked up in the table. */
const REMEMBERED = 50_000

export type Values = readonly (string | null)[]

/** Combinations of values, each kept once under a number. */
export class Interned {
  readonly #known = new Map<number, { readonly id: number; readonly values: Values }>()
  readonly #find: StatementSync
  readonly #add: StatementSync
  readonly #addWords: StatementSync | undefined
  readonly #wordsFrom: number

  /** `words` is the table of their words, which knows the columns from `wordsFrom` on. */
  constructor(database: DatabaseSync, table: string, columns: readonly string[], words?: string, wordsFrom = 0) {
    this.#find = database.prepare(
      `SELECT id FROM ${table} WHERE key = ? AND ${columns.map((column) => `${column} IS ?`).join(' AND ')}`,
    )
    this.#add = database.prepare(
      `INSERT INTO ${table} (key, ${columns.join(', ')}) VALUES (?, ${columns.map(() => '?').join(', ')})`,
    )
    this.#wordsFrom = wordsFrom
    if (words === undefined) return
    const indexed = columns.slice(wordsFrom)
    this.#addWords = database.prepare(
      `INSERT INTO ${words} (rowid, ${indexed.join(', ')}) VALUES (?, ${indexed.map(() => '?').join(', ')})`,
    )
  }

  /** Its number; a new combination is added. */
  idOf(values: Values): number {
    let key = 0
    // Nothing is put together to be looked up: for each event that took more time than all the rest of this.
    for (const value of values) key = value === null ? Math.imul(key, 31) + 1 : hashOf(value, key)
    const known = this.#known.get(key)
    if (known !== undefined && equal(known.values, values)) return known.id
    const id = this.#findOrAdd(key, values)
    if (this.#known.size >= REMEMBERED) this.#known.clear()
    this.#known.set(key, { id, values })
    return id
  }

  /** Numbers that were given out in a transaction that was taken back are no longer right. */
  forget(): void {
    this.#known.clear()
  }

  #findOrAdd(key: number, values: Values): number {
    const found = this.#find.get(key, ...values)?.['id']
    if (found !== undefined) return Number(found)
    const id = Number(this.#add.run(key, ...values).lastInsertRowid)
    const words = values.slice(this.#wordsFrom).map(wordsOrNull)
    this.#addWords?.run(id, ...words)
    return id
  }
}

function equal(a: Values, b: Values): boolean {
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false
  return true
}
