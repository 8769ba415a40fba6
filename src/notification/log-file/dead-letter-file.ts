import { redact } from '../../errors/redact'
import { jsonLinesFile } from '../../journal/json-lines-file'

/** One line of a dead-letter file. */
export interface DeadLetter {
  /** ISO 8601: when it was given up. */
  readonly at: string
  readonly file: string
  /** Byte offset of the line in the file that it was read from. */
  readonly offset: number
  readonly reason: { readonly code: string; readonly message: string; readonly node?: string }
  readonly attempts: number
  /** The line's notification, if it could be read; tokens are gone from it. */
  readonly notification?: unknown
  readonly payload?: unknown
  /** The line itself, if it could not: cut, and without what looks like a secret. */
  readonly line?: string
}

/** Keeps one dead letter; resolves when it is on the disk. */
export type KeepDeadLetter = (letter: DeadLetter) => Promise<void>

const LONGEST_LINE = 64 * 1024

/** Dead letters as JSON Lines in a file that only its owner can read. */
export function deadLetterFile(path: string): KeepDeadLetter {
  return jsonLinesFile(path)
}

export function keptLine(line: string): string {
  return redact(line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line)
}
