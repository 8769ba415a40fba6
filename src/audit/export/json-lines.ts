import type { StoredEvent } from '../model'
import { type Portions, pieces } from './portions'

export interface JsonLinesOptions {
  /**
   * `event`: the CADF event, byte for byte as it is hashed. `record`: all that is stored of it, the event under `event`; for archives
   * and for taking it into another store.
   */
  readonly as: 'event' | 'record'
}

/** One JSON document to a line (https://jsonlines.org), each ended by a line feed. */
export function jsonLines(
  portions: Portions,
  { as }: JsonLinesOptions = { as: 'event' },
): AsyncGenerator<string, void> {
  return pieces(portions, as === 'event' ? (event) => `${oneLine(event.body)}\n` : (event) => `${recordText(event)}\n`)
}

/** The event is not parsed: what is written is what was stored. */
function recordText({ body, ...record }: StoredEvent): string {
  const members = JSON.stringify({
    ...record,
    time: new Date(record.time / 1000).toISOString(),
    microseconds: record.time,
  })
  return `${members.slice(0, -1)},"event":${oneLine(body)}}`
}

/** Line breaks in JSON can only stand between its tokens. */
function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replace(/[\r\n]+/g, ' ') : json
}
