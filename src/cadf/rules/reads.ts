import { readerOf, type Step } from './path'

type Read = (message: unknown) => unknown

/**
 * Reads of a message's properties, each once per message however many conditions of however many rules ask for it: rules
 * mostly ask for the same few properties. Evaluation is synchronous, so one message is asked at a time.
 */
export class Reads {
  private readonly known = new Map<string, Read>()
  private turn = 0

  /** Call before the rules are asked about another message. */
  next(): void {
    this.turn++
  }

  /** Undefined where the path leads to several values. */
  of(steps: readonly Step[]): Read | undefined {
    const key = JSON.stringify(steps.map(String))
    const known = this.known.get(key)
    if (known !== undefined) return known
    const read = readerOf(steps)
    if (read === undefined) return undefined
    let value: unknown
    let readIn = -1
    const once: Read = (message) => {
      if (readIn !== this.turn) {
        value = read(message)
        readIn = this.turn
      }
      return value
    }
    this.known.set(key, once)
    return once
  }
}
