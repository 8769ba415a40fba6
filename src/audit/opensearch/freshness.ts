import type { Connection } from './connection'
import type { IndexNames } from './names'

/**
 * What was written can be searched after the next refresh, a second later by default. Waiting for that with each insert would hold up
 * whoever delivers; instead the first question after an insert refreshes.
 */
export class Freshness {
  readonly #connection: Connection
  readonly #path: string
  readonly #patienceMs: number
  #refreshing: Promise<void> | undefined

  constructor(connection: Connection, names: IndexNames, patienceMs: number) {
    this.#connection = connection
    this.#path = `/${names.events}/_refresh?ignore_unavailable=true&allow_no_indices=true`
    this.#patienceMs = patienceMs
  }

  #isStale = false

  written(): void {
    this.#isStale = true
    this.#refreshing = undefined
  }

  async ensure(): Promise<void> {
    if (this.#isStale || this.#refreshing !== undefined) await this.refresh()
  }

  refresh(): Promise<void> {
    if (this.#refreshing !== undefined) return this.#refreshing
    const refreshing = this.#refresh().finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined
    })
    this.#refreshing = refreshing
    return refreshing
  }

  async #refresh(): Promise<void> {
    this.#isStale = false
    try {
      await this.#connection.ask({ method: 'POST', path: this.#path, patienceMs: this.#patienceMs, timeoutMs: 60_000 })
    } catch (error) {
      this.#isStale = true
      throw error
    }
  }
}
