/**
 * Hands out what arrives, in order, but only so much in one turn of the event loop.
 *
 * A whole prefetch window is often there at once. Handed out at once, its messages go through the flow in step, are all
 * finished in the same turn, and the broker, which has nothing to send meanwhile, waits for the flow and the flow for the
 * broker. In portions, the first is acknowledged while the next ones are still being worked on.
 */
export class Intake<T> {
  readonly #portion: number
  readonly #handOut: (arrived: T) => void
  readonly #nextTurn: (run: () => void) => void
  #waiting: T[] = []
  #handedOut = 0
  #turnIsAsked = false

  /** @param nextTurn runs its argument in the next turn of the event loop */
  constructor(portion: number, handOut: (arrived: T) => void, nextTurn: (run: () => void) => void) {
    this.#portion = portion
    this.#handOut = handOut
    this.#nextTurn = nextTurn
  }

  add(arrived: T): void {
    this.#askForTurn()
    if (this.#waiting.length > 0 || this.#handedOut >= this.#portion) {
      this.#waiting.push(arrived)
      return
    }
    this.#handedOut += 1
    this.#handOut(arrived)
  }

  #askForTurn(): void {
    if (this.#turnIsAsked) return
    this.#turnIsAsked = true
    this.#nextTurn(() => this.#turn())
  }

  #turn(): void {
    this.#turnIsAsked = false
    const portion = this.#waiting.splice(0, this.#portion)
    this.#handedOut = portion.length
    if (portion.length > 0) this.#askForTurn()
    for (const arrived of portion) this.#handOut(arrived)
  }
}
