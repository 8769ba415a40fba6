import type { Cursor } from './cursor'

/**
 * Where a poller is: how far it has read, what the flow still holds of that, and so how far the cursor may follow. A gap that
 * nobody was told of yet holds the cursor as an event does.
 */
export class Place {
  readonly #cursor: Cursor
  readonly #failures: () => Readonly<Record<string, number>>
  /** Key → time of what the flow has not finished with. */
  readonly #open = new Map<string, number>()
  #read: number | undefined

  /** @param failures of all events in hand, by key */
  constructor(cursor: Cursor, failures: () => Readonly<Record<string, number>>) {
    this.#cursor = cursor
    this.#failures = failures
    this.#read = cursor.watermark
  }

  /** ms since 1970: everything before it was read; undefined before the very first poll. */
  get read(): number | undefined {
    return this.#read
  }

  async begin(at: number): Promise<void> {
    await this.#cursor.begin(at)
    this.#read = at
  }

  /** The earliest time, ms, from which events are still to be asked for. */
  windowFrom(overlapMs: number): number {
    const { begun } = this.#cursor
    return Math.max((this.#read ?? begun) - overlapMs, begun)
  }

  isKnown(key: string): boolean {
    return this.#cursor.has(key) || this.#open.has(key)
  }

  opened(key: string, time: number): void {
    this.#open.set(key, time)
  }

  /** The flow has finished with it, or nobody wants it. */
  finished(key: string, time: number): void {
    this.#open.delete(key)
    this.#cursor.finished(key, time)
    this.moveOn()
  }

  /** What has no time among the PCE's events: known again by nobody. */
  told(key: string): void {
    this.#open.delete(key)
    this.moveOn()
  }

  readUpTo(time: number): void {
    this.#read = Math.max(this.#read ?? time, time)
    this.moveOn()
  }

  /** The cursor may go up to the oldest event that is not finished. */
  moveOn(): void {
    if (this.#read === undefined) return
    let oldest = this.#read
    for (const time of this.#open.values()) oldest = Math.min(oldest, time)
    const failed = Object.entries(this.#failures()).filter(([key]) => this.#open.has(key))
    this.#cursor.move(oldest, Object.fromEntries(failed))
  }

  /** Resolves when the cursor is on the disk, or cannot be. */
  async flush(): Promise<void> {
    this.moveOn()
    await this.#cursor.flush()
  }
}
