import type { Journal, JournalOperation } from '../journal/journal'
import { rowsOf } from '../journal/rows'

const CURSOR_KIND = 'illumio-cursor'
const SEEN_KIND = 'illumio-seen'
/** Beyond the overlap, for clocks and late halves of a window. */
const MARGIN_MS = 60_000

interface StoredCursor {
  readonly version: 1
  /** ms since 1970: everything before it is finished. */
  readonly watermark: number
  readonly failures: Readonly<Record<string, number>>
  /** Of the last successful poll, ms by the PCE's clock. */
  readonly polled: number
  /** Where the very first poll began, ms: nothing before it is ever wanted. */
  readonly begun: number
}

export interface CursorOptions {
  readonly journal: Journal
  /** The node's id. */
  readonly owner: string
  /** PCE and organisation: another account begins anew. */
  readonly key: string
  readonly overlapMs: number
  readonly onTrouble: (thrown: unknown) => void
}

/**
 * How far the events of a PCE are finished, durably: a watermark in the events' own time, and the keys of those finished that the
 * next window would show again. Keys are forgotten by the time of their event, never by how long ago they were seen: a quiet
 * PCE repeats its last event for as long as nothing newer comes.
 */
export class Cursor {
  watermark: number | undefined
  polled: number | undefined
  begun: number | undefined
  failures: Readonly<Record<string, number>> = {}
  readonly #options: CursorOptions
  readonly #seen = new Map<string, number>()

  private constructor(options: CursorOptions) {
    this.#options = options
  }

  /** Rejects as the journal does. */
  static async load(options: CursorOptions): Promise<Cursor> {
    const { journal, owner, key } = options
    const cursor = new Cursor(options)
    const row = await journal.get(owner, CURSOR_KIND, key)
    const stored = row?.value as StoredCursor | undefined
    if (stored?.version !== 1) return cursor
    cursor.watermark = stored.watermark
    cursor.polled = stored.polled
    cursor.begun = stored.begun
    cursor.failures = stored.failures
    for await (const seen of rowsOf(journal, owner, SEEN_KIND)) cursor.#seen.set(seen.key, Number(seen.value))
    return cursor
  }

  has(key: string): boolean {
    return this.#seen.has(key)
  }

  /** The flow has finished with an event; on disk soon, with what else is written then. */
  finished(key: string, time: number): void {
    this.#seen.set(key, time)
    const { owner } = this.#options
    this.#write([{ do: 'put', owner, kind: SEEN_KIND, key, value: time }])
  }

  /**
   * Moves on, never back.
   * @param watermark ms: everything before it is finished
   */
  move(watermark: number, polled: number, failures: Readonly<Record<string, number>>): void {
    const { owner, key, overlapMs } = this.#options
    this.watermark = Math.max(this.watermark ?? watermark, watermark)
    this.polled = polled
    this.failures = failures
    const { watermark: mark, polled: at, begun = 0 } = this
    const value: StoredCursor = { version: 1, watermark: mark, polled: at, begun, failures }
    const operations: JournalOperation[] = [{ do: 'put', owner, kind: CURSOR_KIND, key, value }]
    const before = this.watermark - overlapMs - MARGIN_MS
    for (const [seen, time] of this.#seen) {
      if (time >= before) continue
      this.#seen.delete(seen)
      operations.push({ do: 'delete', owner, kind: SEEN_KIND, key: seen })
    }
    this.#write(operations)
  }

  /** Resolves when all that was told so far is on disk. */
  async flush(): Promise<void> {
    await this.#writing
  }

  #writing: Promise<unknown> = Promise.resolve()

  #write(operations: readonly JournalOperation[]): void {
    const { journal, onTrouble } = this.#options
    this.#writing = Promise.all([this.#writing, journal.write(operations).catch(onTrouble)])
  }
}
