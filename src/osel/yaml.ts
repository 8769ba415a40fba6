import { parseDocument } from 'yaml'
import { describeError, OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'

/** Larger texts are no configuration of osel. */
const LONGEST_TEXT = 256 * 1024

/** Leaves of osel's configuration by dotted lower-case key; osel read its keys in any case. */
export type OselValues = Map<string, string>

/**
 * Reads the file's text.
 * @throws OperatorError OSEL_CONFIGURATION; the text is never repeated, as it holds passwords
 */
export function readOselYaml(text: string): OselValues {
  if (text.length > LONGEST_TEXT) throw unreadable('it is too long')
  let root: unknown
  try {
    const document = parseDocument(text, { logLevel: 'silent' })
    const [error] = document.errors
    if (error !== undefined) throw error
    root = document.toJS({ maxAliasCount: 100 })
  } catch (thrown) {
    // The parser's message goes on with the line itself.
    throw unreadable(quote(describeError(thrown).split(' at line')[0] ?? '', 100))
  }
  if (!isRecord(root)) throw unreadable('it holds no keys')
  const values: OselValues = new Map()
  for (const [name, value] of Object.entries(root)) {
    if (!isRecord(value)) values.set(name.toLowerCase(), textOf(value))
    else for (const [inner, leaf] of Object.entries(value)) values.set(`${name}.${inner}`.toLowerCase(), textOf(leaf))
  }
  return values
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value).trim()
}

function unreadable(why: string): OperatorError {
  return new OperatorError('OSEL_CONFIGURATION', `The text cannot be read as osel's configuration: ${why}.`, {
    remedy: 'Paste the whole YAML file that EL_CONFIG names.',
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
