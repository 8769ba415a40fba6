import { createHash } from 'node:crypto'

/**
 * How far a file has been read. Inode and head together say which file: a rotation keeps the inode and changes the name,
 * or copies the bytes and keeps the name, and inodes are used again.
 */
export interface LogPosition {
  readonly inode: number
  readonly head: Head
  /** Start of the first line that is not finished. */
  readonly offset: number
}

/** SHA-256 of the first bytes of a file, and of how many. */
export interface Head {
  readonly length: number
  readonly sha256: string
}

/** In a position: the start of whatever file appears under the name. */
export const NO_INODE = 0

/** Log lines begin with a time to the millisecond, so this many bytes never begin two files of one service. */
export const HEAD_BYTES = 1024

/** @param first the first bytes of the file, as many as there are up to HEAD_BYTES */
export function headOf(first: Buffer): Head {
  const bytes = first.subarray(0, HEAD_BYTES)
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** Whether a file that begins with these bytes is the one whose head was taken; a head of no bytes says nothing. */
export function headMatches(head: Head, first: Buffer): boolean {
  if (first.length < head.length) return false
  return headOf(first.subarray(0, head.length)).sha256 === head.sha256
}

/** What the journal keeps: the position, and how often the lines above it have failed. */
export interface SavedPosition {
  readonly position: LogPosition
  /** Failed attempts by message id. */
  readonly attempts: Readonly<Record<string, number>>
  /** ISO 8601: when something was last read; a gap begins there. */
  readonly readAt: string | undefined
}

/** Undefined for whatever does not look like one, for instance of a later version of this package. */
export function savedPosition(value: unknown): SavedPosition | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { position, attempts, readAt } = value as { position?: unknown; attempts?: unknown; readAt?: unknown }
  if (typeof position !== 'object' || position === null) return undefined
  const { inode, head, offset } = position as Record<string, unknown>
  if (typeof inode !== 'number' || typeof offset !== 'number' || typeof head !== 'object' || head === null) {
    return undefined
  }
  const { length, sha256 } = head as Record<string, unknown>
  if (typeof length !== 'number' || typeof sha256 !== 'string') return undefined
  return {
    position: { inode, head: { length, sha256 }, offset },
    attempts: countsOf(attempts),
    readAt: typeof readAt === 'string' ? readAt : undefined,
  }
}

function countsOf(attempts: unknown): Record<string, number> {
  if (typeof attempts !== 'object' || attempts === null) return {}
  return Object.fromEntries(Object.entries(attempts).filter(([, count]) => typeof count === 'number'))
}
