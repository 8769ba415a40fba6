import type { DatabaseSync } from 'node:sqlite'
import { SEGMENT } from './lookup'

/** Bits of one segment: 16 for each id, of which {@link PROBES} are set; one in a thousand ids that is not there seems to be. */
const BITS = SEGMENT * 16
const PROBES = 6
const BYTES = BITS / 8
/** Segments whose filters stand side by side, a bit each. */
const ABREAST = 32

/**
 * Says of an id in which segments it may be: nearly always in none, as most events come once. So that storing an event asks no index
 * whether it is known, however many there are.
 *
 * Bloom filters, kept crosswise: a word holds the same bit of 32 segments, so that asking all of them is a few reads. Two bytes an
 * event in memory; those of full segments are kept in the file.
 */
export class IdFilter {
  #groups: Uint32Array[] = []
  /** Of the segment that is being filled, for the file. */
  #current = new Uint8Array(BYTES)
  #segment = -1

  add(segment: number, first: number, second: number): void {
    if (segment !== this.#segment) this.#begin(segment)
    const group = this.#group(segment)
    const mask = 1 << (segment % ABREAST)
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = (first + Math.imul(probe, second)) & (BITS - 1)
      group[bit] = (group[bit] ?? 0) | mask
      this.#current[bit >> 3] = (this.#current[bit >> 3] ?? 0) | (1 << (bit & 7))
    }
  }

  /** Newest first. */
  segmentsOf(first: number, second: number): number[] {
    const found: number[] = []
    for (let index = this.#groups.length - 1; index >= 0; index -= 1) {
      const group = this.#groups[index]
      if (group === undefined) continue
      let left = -1
      for (let probe = 0; probe < PROBES && left !== 0; probe += 1) {
        left &= group[(first + Math.imul(probe, second)) & (BITS - 1)] ?? 0
      }
      for (let bit = ABREAST - 1; left !== 0 && bit >= 0; bit -= 1) {
        if ((left & (1 << bit)) !== 0) found.push(index * ABREAST + bit)
      }
    }
    return found
  }

  /** Writes the filter of the segment that is full, within the transaction that begins the next one. */
  seal(database: DatabaseSync, segment: number): void {
    database.prepare('INSERT OR REPLACE INTO segment (id, filter) VALUES (?, ?)').run(segment, this.#current)
  }

  /** From the file; of the segment that is being filled from `ids`. */
  load(database: DatabaseSync, segment: number, ids: Iterable<readonly [first: number, second: number]>): void {
    this.#groups = []
    for (const row of database.prepare('SELECT id, filter FROM segment WHERE filter IS NOT NULL').iterate()) {
      this.#merge(Number(row['id']), row['filter'] as Uint8Array)
    }
    this.#begin(segment)
    for (const [first, second] of ids) this.add(segment, first, second)
  }

  #begin(segment: number): void {
    this.#segment = segment
    this.#current = new Uint8Array(BYTES)
  }

  #group(segment: number): Uint32Array {
    const index = Math.floor(segment / ABREAST)
    this.#groups[index] ??= new Uint32Array(BITS)
    return this.#groups[index]
  }

  #merge(segment: number, filter: Uint8Array): void {
    const group = this.#group(segment)
    const mask = 1 << (segment % ABREAST)
    for (let byte = 0; byte < filter.length; byte += 1) {
      const bits = filter[byte] ?? 0
      if (bits === 0) continue
      for (let bit = 0; bit < 8; bit += 1) {
        if ((bits & (1 << bit)) !== 0) group[byte * 8 + bit] = (group[byte * 8 + bit] ?? 0) | mask
      }
    }
  }
}
