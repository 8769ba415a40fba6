import type { FileFacts, LogFileSystem, OpenLogFile } from './file-system'
import { type FileLine, LineSplitter } from './line-splitter'
import { HEAD_BYTES, type Head, headMatches, headOf, type LogPosition, NO_INODE } from './position'
import { continuationOf, firstBytes, type RotatedPart } from './rotation'

export interface FollowerOptions {
  readonly path: string
  /** Where to start a file of which no position is known. */
  readonly startAt: 'end' | 'beginning'
  /** Bytes; longer lines are cut and marked. */
  readonly longestLine: number
  readonly pollMs: number
  readonly fs: LogFileSystem
  /** Resolves after the time, at once when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export type Followed =
  /** Lines of one file, in order. `positionAt` gives the position that starts at an offset of that file. */
  | {
      readonly kind: 'lines'
      readonly lines: readonly FileLine[]
      readonly positionAt: (offset: number) => LogPosition
    }
  /** A file whose name was given to another, or that is read for the first time: everything before is behind. */
  | { readonly kind: 'at'; readonly position: LogPosition }
  /** What was written between a known position and `next` cannot be read any more. */
  | { readonly kind: 'gap'; readonly reason: string; readonly from: LogPosition; readonly next: LogPosition }
  | { readonly kind: 'missing' }
  | { readonly kind: 'caught-up' }

const CHUNK_BYTES = 64 * 1024
/** A process that has the renamed file open may write some last lines to it. */
const QUIET_POLLS = 4
/** logrotate renames one file after the other; what cannot be found in between may be found a moment later. */
const LOOKS = 4

/**
 * Follows a log file over rotations, from a position or from where `startAt` says, until the signal fires. The consumer
 * sets the pace: nothing is read before it asks for more.
 */
export async function* follow(
  options: FollowerOptions,
  from: LogPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<Followed, void, undefined> {
  const { path, fs } = options
  let position = from
  if (position === undefined && options.startAt === 'end') {
    const facts = await fs.stat(path)
    // A file that appears later is new, all of it.
    position =
      facts === undefined
        ? startOf(undefined)
        : { inode: facts.inode, head: headOf(await firstBytes(path, false, fs)), offset: facts.size }
    yield { kind: 'at', position }
  }
  while (!signal.aborted) {
    let startOfMain: number
    if (position === undefined) {
      startOfMain = 0
    } else {
      const next = await lookFor(options, position, signal)
      if (next === undefined) return
      if (next.kind === 'nothing') {
        yield { kind: 'missing' }
        await options.sleep(options.pollMs, signal)
        continue
      }
      if (next.kind === 'rotated') {
        const end: LogPosition | undefined = yield* rotatedParts(options, next.parts, signal)
        if (end !== undefined) {
          position = end
          continue
        }
      }
      if (next.kind === 'lost') {
        const reason = 'the file was truncated or replaced, and no rotated copy holds what was being read'
        yield { kind: 'gap', reason, from: position, next: startOf(await fs.stat(path)) }
      }
      startOfMain = next.kind === 'here' ? position.offset : 0
    }
    const opened = await fs.open(path)
    if (opened === undefined) {
      yield { kind: 'missing' }
      await options.sleep(options.pollMs, signal)
      // Its name is free and what was rotated away is read: whatever appears under the name is new.
      position = undefined
      continue
    }
    try {
      position = yield* liveFile(options, opened, startOfMain, signal)
    } finally {
      await opened.close()
    }
  }
}

async function lookFor(options: FollowerOptions, position: LogPosition, signal: AbortSignal) {
  for (let look = 1; ; look++) {
    const next = await continuationOf(options.path, position, options.fs)
    if (next.kind !== 'lost' || look === LOOKS) return next
    await options.sleep(options.pollMs, signal)
    if (signal.aborted) return undefined
  }
}

function startOf(facts: FileFacts | undefined): LogPosition {
  return { inode: facts?.inode ?? NO_INODE, head: headOf(Buffer.alloc(0)), offset: 0 }
}

/** Reads the file under its own name until it was rotated away; returns the position from which to look on. */
async function* liveFile(
  options: FollowerOptions,
  file: OpenLogFile,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Followed, LogPosition | undefined, undefined> {
  const { inode } = await file.facts()
  const splitter = new LineSplitter(offset, options.longestLine)
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let head = await headOfOpen(file)
  let at = offset
  let quiet = 0
  let lastChange = ''
  const positionAt = (offset: number): LogPosition => ({ inode, head, offset })
  while (!signal.aborted) {
    const { size, changedAt } = await file.facts()
    const change = `${size} ${changedAt}`
    if (change !== lastChange) {
      // copytruncate: shorter than what was read, or written anew to as much or more since the last look.
      if (size < at || !(await stillBegins(file, head))) return positionAt(splitter.offset)
      lastChange = change
    }
    const read = size > at ? await file.read(buffer, at) : 0
    if (read > 0) {
      at += read
      quiet = 0
      if (head.length < HEAD_BYTES) head = await headOfOpen(file)
      const lines = splitter.push(buffer.subarray(0, read))
      if (lines.length > 0) yield { kind: 'lines', lines, positionAt }
      continue
    }
    const named = await options.fs.stat(options.path)
    if (named?.inode !== inode) {
      // Renamed or deleted. The open file is read to its end, for as long as somebody still writes to it.
      quiet++
      if (quiet > QUIET_POLLS) {
        const rest = splitter.finish()
        if (rest !== undefined) yield { kind: 'lines', lines: [rest], positionAt }
        return yield* afterRename(options, positionAt(at))
      }
    }
    yield { kind: 'caught-up' }
    await options.sleep(options.pollMs, signal)
  }
  return undefined
}

/** Several rotations may have passed while the consumer was busy: what was rotated after this file comes before the new one. */
async function* afterRename(options: FollowerOptions, end: LogPosition) {
  const next = await continuationOf(options.path, end, options.fs)
  if (next.kind === 'rotated' || next.kind === 'here') return end
  // Deleted, or moved elsewhere: it was read to its end, so nothing is missing.
  yield { kind: 'at', position: startOf(await options.fs.stat(options.path)) } satisfies Followed
  return undefined
}

/** Undefined if the file under its own name comes next; a position if the log was rotated once more meanwhile. */
async function* rotatedParts(
  options: FollowerOptions,
  parts: readonly RotatedPart[],
  signal: AbortSignal,
): AsyncGenerator<Followed, LogPosition | undefined, undefined> {
  let end: LogPosition | undefined
  for (const part of parts) {
    end = yield* rotatedPart(options, part, signal)
    if (signal.aborted) return end
  }
  if (end === undefined) return undefined
  const next = await continuationOf(options.path, end, options.fs)
  return next.kind === 'rotated' && next.parts.length > 1 ? end : undefined
}

async function* rotatedPart(
  options: FollowerOptions,
  part: RotatedPart,
  signal: AbortSignal,
): AsyncGenerator<Followed, LogPosition, undefined> {
  const { path, compressed, offset } = part
  const head = headOf(await firstBytes(path, compressed, options.fs))
  const inode = (await options.fs.stat(path))?.inode ?? NO_INODE
  const positionAt = (offset: number): LogPosition => ({ inode, head, offset })
  const splitter = new LineSplitter(offset, options.longestLine)
  const chunks = compressed ? options.fs.unzip(path, offset) : plainChunks(options.fs, path, offset)
  for await (const chunk of chunks) {
    if (signal.aborted) return positionAt(splitter.offset)
    const lines = splitter.push(chunk)
    if (lines.length > 0) yield { kind: 'lines', lines, positionAt }
  }
  const rest = splitter.finish()
  if (rest !== undefined) yield { kind: 'lines', lines: [rest], positionAt }
  return positionAt(splitter.offset)
}

async function* plainChunks(fs: LogFileSystem, path: string, offset: number): AsyncGenerator<Buffer> {
  const file = await fs.open(path)
  if (file === undefined) return
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES)
    for (let at = offset; ; ) {
      const read = await file.read(buffer, at)
      if (read === 0) return
      at += read
      yield buffer.subarray(0, read)
    }
  } finally {
    await file.close()
  }
}

async function headOfOpen(file: OpenLogFile): Promise<Head> {
  const buffer = Buffer.alloc(HEAD_BYTES)
  return headOf(buffer.subarray(0, await file.read(buffer, 0)))
}

async function stillBegins(file: OpenLogFile, head: Head): Promise<boolean> {
  const buffer = Buffer.alloc(HEAD_BYTES)
  return headMatches(head, buffer.subarray(0, await file.read(buffer, 0)))
}
