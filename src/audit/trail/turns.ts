/**
 * Lets pieces of work that would hold up the event loop run one in each of its turns, whoever they belong to: with several calls
 * under way, one piece of each in the same turn would be as long as one long piece.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(() => this.#run())
    })
  }

  #run(): void {
    this.#waiting[0]?.()
    // After what the promise sets going: that belongs to this turn.
    setImmediate(() => {
      this.#waiting.shift()
      if (this.#waiting.length > 0) this.#run()
    })
  }
}
