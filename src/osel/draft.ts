import { describeError } from '../errors/operator-error'
import type { FilledType, OselVerdict } from './model'

/** What the parts of the import take values from and put their findings into. */
export interface Draft {
  /** The value of a key, taken away so that what is left is unknown; undefined if absent or empty. */
  take(key: string): string | undefined
  set(type: FilledType, properties: Record<string, unknown>): void
  secret(type: FilledType, credentials: Record<string, string>): void
  note(key: string, verdict: OselVerdict, text: string): void
}

/** The value or undefined, after noting that a needed one is missing. */
export function needed(draft: Draft, key: string, remedy: string): string | undefined {
  const value = draft.take(key)
  if (value === undefined) draft.note(key, 'missing', remedy)
  return value
}

/** Reads a value with a function that may throw an OperatorError whose text holds no secret. */
export function readable<T>(draft: Draft, key: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (thrown) {
    draft.note(key, 'unreadable', describeError(thrown))
    return undefined
  }
}
