import type { Finding } from './model'
import { type PositionRange, PositionSet } from './ranges'
import type { RetentionRecord } from './retention-record'

type Found = (kind: Finding['kind'], position: number, text: string, more?: { to: number }) => void

/** Rows without their content, set against the records that say why. The records come after the rows, so this is told at the end. */
export class RemovedContents {
  readonly #missing = new PositionSet()
  readonly #records: { readonly at: number; readonly record: RetentionRecord }[] = []

  missing(position: number): void {
    this.#missing.add(position)
  }

  recorded(at: number, record: RetentionRecord): void {
    this.#records.push({ at, record })
  }

  /** Answers how many contents were removed by the records; calls `found` for what they do not account for. */
  settle(found: Found): number {
    let retired = 0
    for (const { at, record } of this.#records) {
      for (const range of record.ranges) {
        if (range.last < at) retired += this.#missing.take(range)
        else found('retention', at, 'The record of retention names rows that came after it.')
      }
    }
    for (const range of this.#missing.ranges()) found('removed', range.first, goneText(range), { to: range.last })
    return retired
  }
}

function goneText({ first, last }: PositionRange): string {
  return first === last
    ? 'The content is gone, and no record of retention that holds says so.'
    : `The contents of ${last - first + 1} rows are gone, and no record of retention that holds says so.`
}
