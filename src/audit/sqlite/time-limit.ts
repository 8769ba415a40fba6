import type { DatabaseSync } from 'node:sqlite'

/** In a condition: asks every 256th row whether there is time left; the others cost one operation on a number. */
export const TIME_LEFT = '((l.seq & 255) OR time_left())'

/** SQLite cannot be interrupted from outside through node:sqlite, but a function of ours that throws ends a statement. */
export class TimeLimit {
  #deadline = Number.POSITIVE_INFINITY

  constructor(database: DatabaseSync) {
    database.function('time_left', () => {
      if (performance.now() > this.#deadline) throw tooSlow()
      return 1
    })
  }

  /** Throws `TOO_SLOW` where `ask` is still at work after so many milliseconds. */
  within<R>(ms: number, ask: () => R): R {
    this.#deadline = performance.now() + ms
    try {
      return ask()
    } finally {
      this.#deadline = Number.POSITIVE_INFINITY
    }
  }
}

function tooSlow(): Error {
  return Object.assign(new Error('the question took longer than it may'), { code: 'TOO_SLOW' })
}
