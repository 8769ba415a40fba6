import type { StoredEvent } from '../model'

/** As `AuditStore.export` gives them. */
export type Portions = AsyncIterable<readonly StoredEvent[]> | Iterable<readonly StoredEvent[]>

/** Characters: large enough that a response is not written in tiny pieces, small enough to be nothing. */
const ENOUGH = 64 * 1024

/**
 * Texts gathered into pieces of some size, without ever holding more than one portion of events. Whoever stops reading ends the
 * export: the portions' own iterator is closed.
 */
export async function* pieces(
  portions: Portions,
  textOf: (event: StoredEvent) => string,
): AsyncGenerator<string, void> {
  for await (const portion of portions) {
    let piece = ''
    for (const event of portion) {
      piece += textOf(event)
      if (piece.length < ENOUGH) continue
      yield piece
      piece = ''
    }
    if (piece !== '') yield piece
  }
}
