import type { Attribute } from '../attributes'
import { DETAIL, LOOKED_UP } from './columns'
import { hashOf } from './hash'
import type { Values } from './interned'

/** Events of a segment, by their numbers. */
export const SEGMENT = 16_384

export function segmentOf(seq: number): number {
  return Math.floor(seq / SEGMENT)
}

/** Under what an event is looked up: its own id, the id of its message, the exact value of an attribute. */
export type LookedUp = 'event' | 'message' | Attribute

/** The hash under which the lookup table holds it. */
export function lookupHash(salt: number, what: LookedUp, text: string): number {
  return hashOf(text, seedOf(salt, what))
}

function seedOf(salt: number, what: LookedUp): number {
  return salt ^ hashOf(what, 1)
}

const HASHES = 2 ** 32
const SEQS = 2 ** 15

/** Rows for the lookup table, gathered over a batch. */
export class LookupRows {
  /** By segment: hash and place in the segment as one number, which sorts fast and needs no object of its own. */
  readonly #rows = new Map<number, number[]>()
  /** Made once: for each value it would take as long as the value's own hash. */
  readonly #messageSeed: number
  readonly #detailSeeds: readonly { readonly column: number; readonly seed: number }[]

  constructor(salt: number) {
    this.#messageSeed = seedOf(salt, 'message')
    this.#detailSeeds = LOOKED_UP.map((name) => ({ column: DETAIL.indexOf(name), seed: seedOf(salt, name) }))
  }

  /** All that an event is looked up by but its own id. */
  addDetails(messageId: string | undefined, details: Values, seq: number): void {
    if (messageId !== undefined) this.add(hashOf(messageId, this.#messageSeed), seq)
    for (const { column, seed } of this.#detailSeeds) {
      const value = details[column]
      if (typeof value === 'string') this.add(hashOf(value, seed), seq)
    }
  }

  add(hash: number, seq: number): void {
    const segment = segmentOf(seq)
    let rows = this.#rows.get(segment)
    if (rows === undefined) {
      rows = []
      this.#rows.set(segment, rows)
    }
    rows.push((hash + HASHES / 2) * SEQS + (seq - segment * SEGMENT))
  }

  /** Segment, hash and number of each, one after the other, in the order of the table's key. */
  values(): number[] {
    const values: number[] = []
    for (const [segment, rows] of this.#rows) {
      for (const row of Float64Array.from(rows).sort()) {
        const hash = Math.floor(row / SEQS)
        values.push(segment, hash - HASHES / 2, row - hash * SEQS + segment * SEGMENT)
      }
    }
    return values
  }

  clear(): void {
    this.#rows.clear()
  }
}
