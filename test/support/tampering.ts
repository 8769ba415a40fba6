import { copyFileSync, rmSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { afterEvent, afterNote, emptyChain, leafOf } from '../../src/audit/chain/hash'
import type { ChainHead, ChainRow, EventRow, NoteRow } from '../../src/audit/chain/model'
import { storedRows } from '../../src/audit/verify/stored-rows'

/** What somebody does to the file of an audit store, with SQLite's own tools and this package's source at hand. */
export class Tampering {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#open((database) => database.prepare(sql).run(...values))
  }

  rows(): (EventRow | NoteRow)[] {
    return [...storedRows(this.path)].flat().filter((row: ChainRow) => row.kind !== 'unreadable')
  }

  row(position: number): EventRow | NoteRow {
    const found = this.rows().find((row) => row.position === position)
    if (found === undefined) throw new Error(`no row at ${position}`)
    return found
  }

  editBody(position: number): void {
    this.run(`UPDATE event SET body = replace(body, '"create"', '"delete"') WHERE seq = ?`, position)
  }

  recomputeLeaf(position: number): void {
    const row = this.row(position)
    if (row.kind !== 'event' || row.record === undefined) throw new Error('no content')
    this.run('UPDATE chain SET leaf = ? WHERE position = ?', leafOf(row.writer, position, row.record), position)
  }

  recomputeFrom(position: number): void {
    const rows = this.rows()
    let head: ChainHead = rows.findLast((row) => row.position < position) ?? emptyChain(rows[0]?.writer ?? '')
    for (const row of rows.filter((row) => row.position >= position)) {
      if (row.kind === 'event' && row.record === undefined) throw new Error('no content')
      const next =
        row.kind === 'note' ? afterNote(head, row.text) : afterEvent(head, (row as Required<EventRow>).record as never)
      this.run('UPDATE chain SET leaf = ?, link = ? WHERE position = ?', next.leaf, next.link, row.position)
      head = next
    }
  }

  appendNote(text: string): void {
    const last = this.rows().at(-1)
    if (last === undefined) throw new Error('an empty chain')
    const next = afterNote(last, text)
    this.run('INSERT INTO note (position, text) VALUES (?, ?)', next.position, text)
    this.run('INSERT INTO chain (position, leaf, link) VALUES (?, ?, ?)', next.position, next.leaf, next.link)
  }

  removeContent(where: string): void {
    for (const table of ['listed', 'listed_by_tenant', 'superseded', 'event'])
      this.run(`DELETE FROM ${table} WHERE ${where}`)
  }

  removeRows(where: string): void {
    this.removeContent(where)
    const positions = where.replaceAll('seq', 'position')
    this.run(`DELETE FROM chain WHERE ${positions}`)
    this.run(`DELETE FROM note WHERE ${positions}`)
  }

  /** Rows behind a position get numbers that are greater by one, so that there is room for another. */
  makeRoomBehind(position: number): void {
    for (const [table, column] of PLACES) {
      this.run(`UPDATE ${table} SET ${column} = -(${column} + 1) WHERE ${column} > ?`, position)
      this.run(`UPDATE ${table} SET ${column} = -${column} WHERE ${column} < 0`)
    }
  }

  swapContents(a: number, b: number): void {
    for (const column of ['time', 'id', 'body', 'tenant', 'sent_message_id']) {
      this.run(
        `UPDATE event SET ${column} = (SELECT e.${column} FROM event e WHERE e.seq = CASE event.seq WHEN ?1 THEN ?2 ELSE ?1 END)
         WHERE seq = ?1`,
        a,
        b,
      )
    }
  }

  swapRows(a: number, b: number): void {
    for (const [table, column] of PLACES) {
      this.run(`UPDATE ${table} SET ${column} = -1 WHERE ${column} = ?`, a)
      this.run(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`, a, b)
      this.run(`UPDATE ${table} SET ${column} = ? WHERE ${column} = -1`, b)
    }
  }

  replaceBy(copy: string): void {
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.path}${end}`, { force: true })
    copyFileSync(copy, this.path)
  }

  #open(work: (database: DatabaseSync) => void): void {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const database = new DatabaseSync(this.path)
    try {
      work(database)
    } finally {
      database.close()
    }
  }
}

const PLACES = [
  ['event', 'seq'],
  ['chain', 'position'],
  ['note', 'position'],
  ['listed', 'seq'],
  ['listed_by_tenant', 'seq'],
  ['superseded', 'seq'],
  ['superseded', 'by'],
] as const
