import { basename, dirname, join } from 'node:path'
import type { LogFileSystem } from './file-system'
import { HEAD_BYTES, headMatches, type LogPosition, NO_INODE } from './position'

/** A part of the log that was rotated away: read from `offset` to its end. */
export interface RotatedPart {
  readonly path: string
  readonly compressed: boolean
  readonly offset: number
}

/** Where the reading goes on from a position. */
export type Continuation =
  /** The file under its own name is still the one that was being read. */
  | { readonly kind: 'here' }
  /** First these, oldest first, then the file under its own name from its start. */
  | { readonly kind: 'rotated'; readonly parts: readonly RotatedPart[] }
  /** What was being read is gone. */
  | { readonly kind: 'lost' }
  /** Neither the file nor anything rotated is there. */
  | { readonly kind: 'nothing' }

interface Candidate {
  readonly path: string
  readonly compressed: boolean
  /** Higher is older; a compressed file and its uncompressed twin have the same age. */
  readonly age: Age
}

type Age = { readonly number: number } | { readonly date: string }

/** logrotate keeps rarely more; each is opened to look at its first bytes. */
const LOOKED_AT = 60

/** Finds what a position points into, whatever logrotate has done since: rename, copytruncate, compress, dateext. */
export async function continuationOf(path: string, position: LogPosition, fs: LogFileSystem): Promise<Continuation> {
  const main = await fs.stat(path)
  if (position.inode === NO_INODE && position.offset === 0) return { kind: main === undefined ? 'nothing' : 'here' }
  const mainMatches =
    main !== undefined && main.size >= position.offset && headMatches(position.head, await firstBytes(path, false, fs))
  if (mainMatches && main.inode === position.inode) return { kind: 'here' }

  const candidates = await rotatedFiles(path, fs)
  if (main === undefined && candidates.length === 0) return { kind: 'nothing' }
  for (const [index, candidate] of candidates.entries()) {
    if (!(await holds(candidate, position, fs))) continue
    const newer = candidates.slice(index + 1).filter((other) => !sameAge(other.age, candidate.age))
    const parts = withoutTwins(newer).map(({ path, compressed }) => ({ path, compressed, offset: 0 }))
    const { path: found, compressed } = candidate
    return { kind: 'rotated', parts: [{ path: found, compressed, offset: position.offset }, ...parts] }
  }
  // The same bytes under another inode: a restored or moved disk.
  if (mainMatches && position.head.length > 0) return { kind: 'here' }
  return { kind: 'lost' }
}

async function holds(candidate: Candidate, position: LogPosition, fs: LogFileSystem): Promise<boolean> {
  const facts = await fs.stat(candidate.path)
  if (facts === undefined) return false
  const sameInode = facts.inode === position.inode
  if (position.head.length === 0) return sameInode
  if (!candidate.compressed && facts.size < position.offset) return false
  return headMatches(position.head, await firstBytes(candidate.path, candidate.compressed, fs))
}

export async function firstBytes(path: string, compressed: boolean, fs: LogFileSystem): Promise<Buffer> {
  if (compressed) {
    const chunks: Buffer[] = []
    let length = 0
    try {
      for await (const chunk of fs.unzip(path, 0)) {
        chunks.push(chunk)
        length += chunk.length
        if (length >= HEAD_BYTES) break
      }
    } catch {
      // Not gzip, or not yet whole, or gone: then it is not what is looked for.
      return Buffer.alloc(0)
    }
    return Buffer.concat(chunks).subarray(0, HEAD_BYTES)
  }
  const file = await fs.open(path)
  if (file === undefined) return Buffer.alloc(0)
  try {
    const buffer = Buffer.alloc(HEAD_BYTES)
    return buffer.subarray(0, await file.read(buffer, 0))
  } finally {
    await file.close()
  }
}

/** `log.1`, `log.2.gz`, `log-20261121`, `log-20261121-1763700000.gz` …, oldest first, an uncompressed twin first. */
async function rotatedFiles(path: string, fs: LogFileSystem): Promise<Candidate[]> {
  const name = basename(path)
  const directory = dirname(path)
  const candidates = (await fs.list(directory)).flatMap((entry): Candidate[] => {
    const compressed = entry.endsWith('.gz')
    const age = ageOf(name, compressed ? entry.slice(0, -3) : entry)
    return age === undefined ? [] : [{ path: join(directory, entry), compressed, age }]
  })
  return candidates.sort(olderFirst).slice(-LOOKED_AT)
}

function ageOf(name: string, entry: string): Age | undefined {
  if (!entry.startsWith(name)) return undefined
  const suffix = entry.slice(name.length)
  const number = /^\.(\d{1,6})$/.exec(suffix)?.[1]
  if (number !== undefined) return { number: Number(number) }
  return /^[-.]\d{4}-?\d{2}-?\d{2}[-\d_T:]*$/.test(suffix) ? { date: suffix } : undefined
}

function olderFirst(a: Candidate, b: Candidate): number {
  if ('number' in a.age && 'number' in b.age && a.age.number !== b.age.number) return b.age.number - a.age.number
  if ('date' in a.age && 'date' in b.age && a.age.date !== b.age.date) return a.age.date < b.age.date ? -1 : 1
  // Two schemes side by side: one of them was given up. Dates are taken for the newer scheme.
  if ('date' in a.age !== 'date' in b.age) return 'date' in a.age ? 1 : -1
  return Number(a.compressed) - Number(b.compressed)
}

function sameAge(a: Age, b: Age): boolean {
  if ('number' in a) return 'number' in b && a.number === b.number
  return 'date' in b && a.date === b.date
}

/** While logrotate compresses, both forms are there; the compressed one is not whole yet. */
function withoutTwins(candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter((candidate, index) => {
    const before = candidates[index - 1]
    return before === undefined || !sameAge(before.age, candidate.age)
  })
}
