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
  /** What was told cannot be kept; undefined: it can again. Told at each change, not at each write. */
  readonly onTrouble: (thrown: unknown) => void
}

/**
 * How far the events of a PCE are finished, durably: a watermark in the events' own time, and the keys of those finished that the
 * next window would show again. Keys are forgotten by the time of their event, never by how long ago they were seen: a quiet
 * PCE repeats its last event for as long as nothing newer comes.
 */
export class Cursor {
  readonly #options: CursorOptions
  readonly #seen = new Map<string, number>()
  #watermark: number | undefined
  #begun = 0
  #failures: Readonly<Record<string, number>> = {}
  /** Keys older than this, ms, were forgotten. */
  #forgotten = Number.NEGATIVE_INFINITY
  /** What the row holds, as text: an unchanged row is not written. */
  #stored = ''
  #writing: Promise<unknown> = Promise.resolve()
  #troubled = false

  private constructor(options: CursorOptions) {
    this.#options = options
  }

  /** Rejects as the journal does. */
  static async load(options: CursorOptions): Promise<Cursor> {
    const { journal, owner, key } = options
    const cursor = new Cursor(options)
    const row = await journal.get(owner, CURSOR_KIND, key)
    const stored = row?.value as StoredCursor | undefined
    if (stored?.version === 1) {
      cursor.#watermark = stored.watermark
      cursor.#begun = stored.begun
      cursor.#failures = stored.failures
    }
    for await (const seen of rowsOf(journal, owner, SEEN_KIND)) cursor.#seen.set(seen.key, Number(seen.value))
    return cursor
  }

  /** ms since 1970: everything before it is finished. Undefined before the first poll. */
  get watermark(): number | undefined {
    return this.#watermark
  }

  /** Where the very first poll began, ms. */
  get begun(): number {
    return this.#begun
  }

  get failures(): Readonly<Record<string, number>> {
    return this.#failures
  }

  has(key: string): boolean {
    return this.#seen.has(key)
  }

  /**
   * The very first poll begins here. Resolves when that is on disk: whoever is killed in the first minute goes on here, and not
   * later.
   */
  async begin(at: number): Promise<void> {
    this.#begun = at
    this.move(at, {})
    await this.flush()
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
   * @param failures of events that are not, by key
   */
  move(watermark: number, failures: Readonly<Record<string, number>>): void {
    const { owner, key } = this.#options
    const mark = Math.max(this.#watermark ?? watermark, watermark)
    this.#watermark = mark
    this.#failures = failures
    const value: StoredCursor = { version: 1, watermark: mark, begun: this.#begun, failures }
    const text = JSON.stringify(value)
    if (text === this.#stored) return
    this.#stored = text
    this.#write([{ do: 'put', owner, kind: CURSOR_KIND, key, value }, ...this.#forget(mark)])
  }

  /** Resolves when all that was told so far is on disk, or could not be. */
  async flush(): Promise<void> {
    await this.#writing
  }

  /** Now and then: looking through all keys at each event would take longer the more happens. */
  #forget(watermark: number): JournalOperation[] {
    const { owner, overlapMs } = this.#options
    const kept = overlapMs + MARGIN_MS
    const before = watermark - kept
    if (before - this.#forgotten < kept / 20) return []
    this.#forgotten = before
    const old = [...this.#seen].filter(([, time]) => time < before)
    return old.map(([key]) => {
      this.#seen.delete(key)
      return { do: 'delete', owner, kind: SEEN_KIND, key }
    })
  }

  #write(operations: readonly JournalOperation[]): void {
    const { journal, onTrouble } = this.#options
    const written = journal.write(operations).then(
      () => {
        if (this.#troubled) onTrouble(undefined)
        this.#troubled = false
      },
      (thrown: unknown) => {
        this.#stored = ''
        if (!this.#troubled) onTrouble(thrown)
        this.#troubled = true
      },
    )
    this.#writing = Promise.all([this.#writing, written])
  }
}
