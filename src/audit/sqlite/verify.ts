import type { Checkpoint, VerifyReport } from '../chain/model'
import { type VerifyingKey, verifierOf } from '../chain/signing'
import { Verification } from '../chain/verify'
import { chainRows } from './chain-rows'
import type { Statements } from './sql'
import type { StoredEvents } from './stored-event'

/** Verifications under way, a step of rows at a time, so that other questions have their turn in between. */
export class Verifications {
  readonly #statements: Statements
  readonly #events: StoredEvents
  readonly #writer: string
  readonly #keys: readonly VerifyingKey[]
  readonly #open = new Map<number, { readonly verification: Verification; position: number }>()
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
    this.#open.set(number, { verification, position: 0 })
    return number
  }

  more(number: number): VerifyReport | undefined {
    const open = this.#open.get(number)
    if (open === undefined) return undefined
    const rows = chainRows(this.#statements, this.#events, this.#writer, open.position)
    for (const row of rows) open.verification.take(row)
    const last = rows.at(-1)
    if (last !== undefined) {
      open.position = last.position
      return undefined
    }
    this.#open.delete(number)
    return open.verification.report()
  }

  end(number: number): void {
    this.#open.delete(number)
  }
}
