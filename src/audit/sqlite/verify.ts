import type { ChainRow, Checkpoint, VerifyReport } from '../chain/model'
import { type VerifyingKey, verifierOf } from '../chain/signing'
import { Verification } from '../chain/verify'
import { chainRows } from './chain-rows'
import { failureOf } from './failure'
import type { Statements } from './sql'
import type { StoredEvents } from './stored-event'

/** Rows that are taken for unreadable where not even their numbers can be read, and how often. */
const HOLE = 100
const MOST_HOLES = 20

interface Open {
  readonly verification: Verification
  position: number
  holes: number
}

/** Verifications under way, a step of rows at a time, so that other questions have their turn in between. */
export class Verifications {
  readonly #statements: Statements
  readonly #events: StoredEvents
  readonly #writer: string
  readonly #keys: readonly VerifyingKey[]
  readonly #open = new Map<number, Open>()
  #next = 1

  constructor(statements: Statements, events: StoredEvents, writer: string, keys: readonly VerifyingKey[]) {
    this.#statements = statements
    this.#events = events
    this.#writer = writer
    this.#keys = keys
  }

  begin(known: readonly Checkpoint[]): number {
    const number = this.#next++
    const verification = new Verification({ known, verifiers: this.#keys.map(verifierOf) })
    this.#open.set(number, { verification, position: 0, holes: 0 })
    return number
  }

  more(number: number): VerifyReport | undefined {
    const open = this.#open.get(number)
    if (open === undefined) return undefined
    const rows = this.#rowsAfter(open)
    for (const row of rows) open.verification.take(row)
    const last = rows.at(-1)
    if (last !== undefined) {
      open.position = last.kind === 'unreadable' ? last.to : last.position
      return undefined
    }
    this.#open.delete(number)
    return open.verification.report()
  }

  #rowsAfter(open: Open): readonly ChainRow[] {
    try {
      return chainRows(this.#statements, this.#events, this.#writer, open.position)
    } catch (thrown) {
      const { code, message } = failureOf(thrown)
      // Behind the end everything is as unreadable as behind a hole.
      if (code !== 'DAMAGED' || open.holes++ >= MOST_HOLES) throw thrown
      const position = open.position + 1
      return [{ kind: 'unreadable', writer: this.#writer, position, to: position + HOLE - 1, reason: message }]
    }
  }

  end(number: number): void {
    this.#open.delete(number)
  }
}
