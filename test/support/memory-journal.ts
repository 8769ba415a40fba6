import type { Journal, JournalOperation, JournalRow } from '../../src/journal/journal'

/** The journal's contract without a disk. Values go through JSON, as they do on the way to SQLite. */
export interface MemoryJournal extends Journal {
  /** Runs before each write; throwing refuses it, as a full disk does. */
  beforeWrite?: ((operations: readonly JournalOperation[]) => void) | undefined
}

interface Stored {
  readonly sequence: number
  readonly owner: string
  readonly kind: string
  readonly key: string
  readonly json: string
  readonly at: string
}

export function memoryJournal(now: () => number = Date.now): MemoryJournal {
  const rows = new Map<string, Stored>()
  let sequence = 0
  const idOf = (owner: string, kind: string, key: string) => JSON.stringify([owner, kind, key])
  const rowOf = ({ sequence: number, key, json, at }: Stored): JournalRow => ({
    sequence: number,
    key,
    value: JSON.parse(json) as unknown,
    at,
  })
  const apply = (operation: JournalOperation): boolean => {
    if (operation.do === 'expire') {
      const { owner, kind, before } = operation
      const old = [...rows].filter(([, row]) => row.owner === owner && row.kind === kind && row.at < before)
      for (const [id] of old) rows.delete(id)
      return old.length > 0
    }
    const { owner, kind, key } = operation
    const id = idOf(owner, kind, key)
    const known = rows.get(id)
    if (operation.do === 'delete') return rows.delete(id)
    if (operation.do === 'insert' && known !== undefined) return false
    const at = new Date(now()).toISOString()
    const json = JSON.stringify(operation.value)
    rows.set(id, { sequence: known?.sequence ?? ++sequence, owner, kind, key, json, at })
    return true
  }
  const journal: MemoryJournal = {
    async get(owner, kind, key) {
      const row = rows.get(idOf(owner, kind, key))
      return row && rowOf(row)
    },
    async list(owner, kind, { keyPrefix = '', limit = Number.POSITIVE_INFINITY, after = 0 } = {}) {
      return [...rows.values()]
        .filter((row) => row.owner === owner && row.kind === kind && row.key.startsWith(keyPrefix))
        .filter((row) => row.sequence > after)
        .sort((a, b) => a.sequence - b.sequence)
        .slice(0, limit)
        .map(rowOf)
    },
    async count(owner, kind) {
      return [...rows.values()].filter((row) => row.owner === owner && row.kind === kind).length
    },
    async write(operations) {
      journal.beforeWrite?.(operations)
      return operations.map(apply)
    },
    async owners() {
      return [...new Set([...rows.values()].map(({ owner }) => owner))].map((owner) => {
        const own = [...rows.values()].filter((row) => row.owner === owner)
        return { owner, rows: own.length, oldest: own.map(({ at }) => at).sort()[0] ?? '' }
      })
    },
    async close() {},
  }
  return journal
}
