import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** A piece of a statement with its parameters. Texts from outside are parameters, always. */
export interface Sql {
  readonly text: string
  readonly values: readonly SQLInputValue[]
}

export function sql(text: string, ...values: SQLInputValue[]): Sql {
  return { text, values }
}

export function joined(pieces: readonly Sql[], between: string): Sql {
  return { text: pieces.map((piece) => piece.text).join(between), values: pieces.flatMap((piece) => piece.values) }
}

export function marks(count: number): string {
  return Array(count).fill('?').join(', ')
}

const TRUE = sql('1')

/** All of them hold; of none: true. */
export function allOf(pieces: readonly Sql[]): Sql {
  return pieces.length === 0 ? TRUE : joined(pieces, ' AND ')
}

const KEPT = 200

/** Statements that were prepared before: most questions are asked again with other values. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  all(query: Sql): Record<string, unknown>[] {
    return this.#statement(query.text).all(...query.values)
  }

  get(query: Sql): Record<string, unknown> | undefined {
    return this.#statement(query.text).get(...query.values)
  }

  #statement(text: string): StatementSync {
    let statement = this.#prepared.get(text)
    if (statement === undefined) {
      statement = this.#database.prepare(text)
      const [oldest] = this.#prepared.keys()
      if (this.#prepared.size >= KEPT && oldest !== undefined) this.#prepared.delete(oldest)
    } else this.#prepared.delete(text)
    this.#prepared.set(text, statement)
    return statement
  }
}
