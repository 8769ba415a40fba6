import { afterEvent, afterNote, emptyChain } from '../../../../src/audit/chain/hash'
import type { ChainHead, EventRow, HashedRecord, NoteRow } from '../../../../src/audit/chain/model'

export type WholeRow = EventRow | NoteRow

/** A record that differs from all others. */
export function record(number: number): HashedRecord {
  return {
    cloud: 'prod',
    id: `event-${number}`,
    phase: 'final',
    time: 1_795_000_000_000_000 + number,
    body: JSON.stringify({ id: `event-${number}`, action: 'create' }),
    notification: { messageId: `m-${number}` },
    tenants: ['p1'],
  }
}

/** A chain as an engine would have written it; tests then lay hands on `rows`. */
export class WrittenChain {
  readonly rows: WholeRow[] = []
  readonly writer: string
  head: ChainHead

  constructor(writer = 'w') {
    this.writer = writer
    this.head = emptyChain(writer)
  }

  events(many: number): this {
    for (let i = 0; i < many; i++) this.event(record(this.head.position + 1))
    return this
  }

  event(of: HashedRecord): this {
    const { leaf, ...head } = afterEvent(this.head, of)
    this.head = head
    this.rows.push({ kind: 'event', ...head, leaf, record: of })
    return this
  }

  note(text: string): this {
    const { leaf, ...head } = afterNote(this.head, text)
    this.head = head
    this.rows.push({ kind: 'note', ...head, leaf, text })
    return this
  }

  /** Changes the row at a position as somebody with an editor for databases would. */
  change(position: number, change: (row: WholeRow) => WholeRow): void {
    const index = this.rows.findIndex((row) => row.position === position)
    const row = this.rows[index]
    if (row === undefined) throw new Error(`no row at ${position}`)
    this.rows[index] = change(row)
  }

  forget(...positions: number[]): void {
    for (const position of positions)
      this.change(position, (row) => ({ ...row, kind: 'event', record: undefined, id: undefined }))
  }

  /** All leaves and links from a position on computed anew, as somebody does who has read this code. */
  rehash(from: number): void {
    const before = this.rows.filter(({ position }) => position < from).at(-1)
    let head: ChainHead = before ?? emptyChain(this.writer)
    this.rows.forEach((row, index) => {
      if (row.position < from) return
      const next =
        row.kind === 'note'
          ? afterNote({ ...head, position: row.position - 1 }, row.text)
          : row.record !== undefined
            ? afterEvent({ ...head, position: row.position - 1 }, row.record)
            : undefined
      if (next === undefined) throw new Error('a row without content cannot be hashed')
      this.rows[index] = { ...row, leaf: next.leaf, link: next.link }
      head = next
    })
    this.head = head
  }
}
