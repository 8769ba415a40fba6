import { parseDocument } from 'yaml'
import { describeError, OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'

/** Larger texts are no configuration that somebody wrote. */
const LONGEST_TEXT = 256 * 1024

export type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the file's text, as Python's YAML reader does: by YAML 1.1.
 * @throws OperatorError WATCHERS_CONFIGURATION; the text is never repeated, as it holds passwords
 */
export function readConfiguration(text: string): Fields {
  if (text.length > LONGEST_TEXT) throw unreadable('it is too long')
  let root: unknown
  try {
    const document = parseDocument(text, { logLevel: 'silent', version: '1.1' })
    const [error] = document.errors
    if (error !== undefined) throw error
    root = document.toJS({ maxAliasCount: 100 })
  } catch (thrown) {
    // The parser's message goes on with the line itself.
    throw unreadable(quote(describeError(thrown).split(' at line')[0] ?? '', 100))
  }
  if (!isFields(root)) throw unreadable('it holds no keys')
  return root
}

export function unreadable(why: string): OperatorError {
  return new OperatorError('WATCHERS_CONFIGURATION', `The text cannot be read as such a configuration: ${why}.`, {
    remedy: 'Paste the whole config.yaml of pretty-cool-events.',
  })
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Empty for null and for what is no single value. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : ''
}
