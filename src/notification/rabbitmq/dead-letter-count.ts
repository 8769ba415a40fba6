import type { Clock } from './backoff'
import type { Link } from './connection'
import { queueDepth } from './topology'

const EVERY_MS = 10_000

/** How many messages are in the dead-letter queue, asked for every few seconds while there is a link. */
export class DeadLetterCount {
  readonly #queue: string
  readonly #clock: Clock
  readonly #changed: (depth: number, before: number) => void
  #depth: number | undefined
  #cancel: (() => void) | undefined
  /** Grows with every start and stop: an answer that comes later is dropped. */
  #turn = 0

  constructor(queue: string, clock: Clock, changed: (depth: number, before: number) => void) {
    this.#queue = queue
    this.#clock = clock
    this.#changed = changed
  }

  /** As of some seconds ago. */
  get depth(): number {
    return this.#depth ?? 0
  }

  start(link: Link): void {
    this.stop()
    const turn = this.#turn
    const count = async () => {
      const before = this.#depth
      const depth = await queueDepth(link, this.#queue).catch(() => undefined)
      if (turn !== this.#turn) return
      if (depth !== undefined && depth !== before) {
        this.#depth = depth
        this.#changed(depth, before ?? 0)
      }
      this.#cancel = this.#clock.after(EVERY_MS, () => void count())
    }
    void count()
  }

  stop(): void {
    this.#turn += 1
    this.#cancel?.()
    this.#cancel = undefined
  }
}
