import { createHash } from 'node:crypto'
import { actorKey, idKey, isKnown } from '../cadf/identity'
import { parsePath, readerOf } from '../cadf/rules/path'
import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { isCadfEvent } from '../message/members'
import { ACTOR, type KeyPart } from './model'

export interface SeriesKey {
  /** A digest: what it is made from is text from outside, and may be long. */
  readonly id: string
  readonly parts: readonly KeyPart[]
}

/** Finds a message's key; undefined if it lacks a part, as `unknown` and nothing tell nobody apart. */
export type KeyReader = (message: object) => SeriesKey | undefined

interface Alternative {
  readonly path: string
  readonly read: (from: unknown) => unknown
}

const LONGEST_SHOWN = 200

/**
 * Readers of the keys by which is counted: one for each line, of paths joined by commas; a path may have others to take in its
 * place, behind `|`. `actor` stands for who acted, see {@link actorKey}: `actor, notification.source.cloud`.
 * @throws OperatorError with this code
 */
export function keyReaders(text: string, code: string): KeyReader[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  return lines.map((line) => keyReader(line, code))
}

function keyReader(line: string, code: string): KeyReader {
  const wanted = line.split(',').map((part) => part.split('|').map((path) => alternative(path.trim(), code)))
  const name = wanted.map((part) => part.map(({ path }) => path).join('|')).join(',')
  return (message) => {
    const parts: KeyPart[] = []
    const compared: string[] = [name]
    for (const alternatives of wanted) {
      const found = firstOf(alternatives, message)
      if (found === undefined) return undefined
      parts.push({ path: found.path, value: found.value.slice(0, LONGEST_SHOWN) })
      // Whether it is an id or a name must count as well: a name could be chosen to equal an id.
      compared.push(found.path, idKey(found.value))
    }
    return { id: createHash('sha256').update(JSON.stringify(compared)).digest('hex').slice(0, 32), parts }
  }
}

function alternative(path: string, code: string): Alternative {
  if (path === ACTOR) return { path, read: actorOf }
  try {
    const read = readerOf(parsePath(path, false).steps)
    if (read !== undefined) return { path, read }
  } catch (thrown) {
    if (!(thrown instanceof OperatorError)) throw thrown
    throw new OperatorError(code, thrown.message, { cause: thrown })
  }
  throw new OperatorError(code, `The property "${quote(path, 80)}" leads to several values.`)
}

function actorOf(message: unknown): string | undefined {
  const { event } = message as { event?: unknown }
  return isCadfEvent(event) ? actorKey(event) : undefined
}

function firstOf(alternatives: readonly Alternative[], message: object): KeyPart | undefined {
  for (const { path, read } of alternatives) {
    const found = read(message)
    if (typeof found !== 'string' && typeof found !== 'number' && typeof found !== 'boolean') continue
    const value = String(found).trim()
    if (isKnown(value)) return { path, value }
  }
  return undefined
}
