/**
 * Durable state of this package's nodes: open batches, scan intents, log-file positions, rules seen, ids sent.
 *
 * A row is (owner, kind, key) → JSON value. `owner` is the node's id, so that rows outlive a removed or disabled node and
 * are adopted again when the id returns; `kind` is the subject ("batch", "scan", "position", …).
 */
export interface Journal {
  get(owner: string, kind: string, key: string): Promise<JournalRow | undefined>
  /** In order of insertion. */
  list(
    owner: string,
    kind: string,
    options?: { keyPrefix?: string; limit?: number; after?: number },
  ): Promise<JournalRow[]>
  count(owner: string, kind: string): Promise<number>
  /**
   * All operations or none. Resolves when they are on disk (group commit within 5 ms, `synchronous=FULL`).
   * Answers for each operation whether it changed something: `insert` on an existing key answers false.
   */
  write(operations: readonly JournalOperation[]): Promise<boolean[]>
  /** Every owner that has rows, for the status of nodes that came back and for the list of orphans. */
  owners(): Promise<{ owner: string; rows: number; oldest: string }[]>
  close(): Promise<void>
}

export interface JournalRow {
  readonly sequence: number
  readonly key: string
  readonly value: unknown
  /** ISO 8601 */
  readonly at: string
}

export type JournalOperation =
  | { readonly do: 'put'; readonly owner: string; readonly kind: string; readonly key: string; readonly value: unknown }
  /** Only if the key is absent. */
  | {
      readonly do: 'insert'
      readonly owner: string
      readonly kind: string
      readonly key: string
      readonly value: unknown
    }
  | { readonly do: 'delete'; readonly owner: string; readonly kind: string; readonly key: string }
  /** Forget rows of a kind written before an ISO 8601 time. */
  | { readonly do: 'expire'; readonly owner: string; readonly kind: string; readonly before: string }
