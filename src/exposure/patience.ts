/** Counts in how many tries a message could not be answered in full. */
export interface Patience {
  /** One more failed try; true when it is time to pass the message on as it is. */
  exhausted(key: string): boolean
  forget(key: string): void
}

/** @param tries pass on after so many; 0: never, the source decides what becomes of the message */
export function patience(tries: number, remembered = 10_000): Patience {
  const failed = new Map<string, number>()
  return {
    exhausted(key) {
      if (tries === 0) return false
      const count = (failed.get(key) ?? 0) + 1
      failed.delete(key)
      if (count >= tries) return true
      failed.set(key, count)
      const [oldest] = failed.keys()
      if (failed.size > remembered && oldest !== undefined) failed.delete(oldest)
      return false
    },
    forget: (key) => void failed.delete(key),
  }
}
