import type { Journal, JournalOperation, JournalRow } from '../../../../src/journal/journal'

/** A journal that forgets; `fail` makes its writes reject. */
export class JournalInMemory implements Journal {
  readonly rows = new Map<string, { owner: string; kind: string; row: JournalRow }>()
  writes = 0
  fail: Error | undefined
  private sequence = 0

  async get(owner: string, kind: string, key: string): Promise<JournalRow | undefined> {
    return this.rows.get(`${owner}\n${kind}\n${key}`)?.row
  }

  async list(owner: string, kind: string): Promise<JournalRow[]> {
    return [...this.rows.values()].filter((one) => one.owner === owner && one.kind === kind).map(({ row }) => row)
  }

  async count(owner: string, kind: string): Promise<number> {
    return (await this.list(owner, kind)).length
  }

  async write(operations: readonly JournalOperation[]): Promise<boolean[]> {
    if (this.fail !== undefined) throw this.fail
    this.writes++
    return operations.map((operation) => {
      if (operation.do !== 'put') throw new Error(`${operation.do} is not used here`)
      const { owner, kind, key, value } = operation
      this.sequence++
      const row = { sequence: this.sequence, key, value: structuredClone(value), at: new Date().toISOString() }
      this.rows.set(`${owner}\n${kind}\n${key}`, { owner, kind, row })
      return true
    })
  }

  async owners(): Promise<{ owner: string; rows: number; oldest: string }[]> {
    return []
  }

  async close(): Promise<void> {}
}
