/** Several ordered sequences of portions as one. Each is read only as far as it is needed. */
export async function* inTurn<T>(
  sources: readonly AsyncIterable<readonly T[]>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<readonly T[]> {
  const readers = sources.map((source) => ({
    iterator: source[Symbol.asyncIterator](),
    portion: [] as readonly T[],
    at: 0,
  }))
  try {
    let open = readers
    for (;;) {
      for (const reader of open) await fill(reader)
      open = open.filter((reader) => reader.at < reader.portion.length)
      if (open.length === 0) return
      yield upToTheFirstEnd(open, compare)
    }
  } finally {
    await Promise.all(readers.map(({ iterator }) => iterator.return?.()))
  }
}

interface Reader<T> {
  readonly iterator: AsyncIterator<readonly T[]>
  portion: readonly T[]
  at: number
}

async function fill<T>(reader: Reader<T>): Promise<void> {
  while (reader.at >= reader.portion.length) {
    const next = await reader.iterator.next()
    if (next.done === true) return
    reader.portion = next.value
    reader.at = 0
  }
}

/** Merges until one portion is at its end: what comes after it is not known yet. */
function upToTheFirstEnd<T>(readers: readonly Reader<T>[], compare: (a: T, b: T) => number): T[] {
  const merged: T[] = []
  for (;;) {
    let first: Reader<T> | undefined
    for (const reader of readers) {
      const [value, best] = [reader.portion[reader.at], first?.portion[first.at]]
      if (value === undefined) return merged
      if (best === undefined || compare(value, best) < 0) first = reader
    }
    const value = first?.portion[first.at]
    if (first === undefined || value === undefined) return merged
    merged.push(value)
    first.at += 1
  }
}
