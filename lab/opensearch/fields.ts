import { ClusterError, illegal, type Members } from './failure'

/** A field of an index's mapping, flat: `a.action`, `text`. */
export interface Field {
  readonly type: string
  readonly ignoreAbove: number
  readonly copyTo: string | undefined
  /** Of the value in the document; a field beside another has that one's. */
  readonly path: string
}

export type Value = string | number

/** What a document can be found by. */
export interface Indexed {
  readonly id: string
  readonly index: string
  readonly source: Members
  readonly values: ReadonlyMap<string, readonly Value[]>
  /** Of text fields: words at their positions. */
  readonly words: ReadonlyMap<string, ReadonlyMap<number, string>>
}

/** Positions between two values of one text field. */
const GAP = 100
/** Lucene's limit of a term, bytes. */
const LONGEST_TERM = 32_766
const KNOWN_TYPES = new Set(['keyword', 'text', 'long', 'date'])

export function fieldsOf(mappings: Members): Map<string, Field> {
  const fields = new Map<string, Field>()
  if (mappings['dynamic'] !== false) throw illegal('this small cluster knows dynamic: false only')
  collect(mappings['properties'], '', fields)
  return fields
}

function collect(properties: unknown, path: string, fields: Map<string, Field>, source?: string): void {
  for (const [name, value] of Object.entries(Object(properties))) {
    const field = Object(value) as Members
    const full = `${path}${name}`
    if (field['properties'] !== undefined) {
      collect(field['properties'], `${full}.`, fields)
      continue
    }
    const type = String(field['type'])
    if (!KNOWN_TYPES.has(type)) throw new ClusterError(400, 'mapper_parsing_exception', `No handler for type [${type}]`)
    if (type === 'text' && field['analyzer'] !== 'whitespace') throw illegal('only the whitespace analyzer is here')
    const copyTo = field['copy_to']
    fields.set(full, {
      type,
      ignoreAbove: Number(field['ignore_above'] ?? Number.POSITIVE_INFINITY),
      copyTo: copyTo === undefined ? undefined : String(copyTo),
      path: source ?? full,
    })
    collect(field['fields'], `${full}.`, fields, source ?? full)
  }
}

export function indexed(index: string, id: string, source: Members, fields: ReadonlyMap<string, Field>): Indexed {
  const values = new Map<string, Value[]>()
  const words = new Map<string, Map<number, string>>()
  for (const [name, field] of fields) {
    for (const value of valuesAt(source, field.path.split('.'))) {
      if (field.type === 'text') {
        addWords(words, name, String(value))
        if (field.copyTo !== undefined) addWords(words, field.copyTo, String(value))
        continue
      }
      const stored = converted(value, name, field)
      if (stored !== undefined) values.set(name, [...(values.get(name) ?? []), stored])
    }
  }
  return { id, index, source, values, words }
}

function valuesAt(source: unknown, path: readonly string[]): unknown[] {
  const [name, ...rest] = path
  if (source === undefined || source === null) return []
  if (Array.isArray(source)) return source.flatMap((one) => valuesAt(one, path))
  if (name === undefined) return [source]
  return typeof source === 'object' ? valuesAt((source as Members)[name], rest) : []
}

function converted(value: unknown, name: string, { type, ignoreAbove }: Field): Value | undefined {
  const refused = (reason: string) =>
    new ClusterError(400, 'mapper_parsing_exception', `failed to parse field [${name}]: ${reason}`)
  if (type === 'long') {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw refused(`not a long: ${String(value)}`)
    return value
  }
  if (type === 'date') {
    const time = Date.parse(String(value))
    if (Number.isNaN(time)) throw refused(`not a date: ${String(value)}`)
    return time
  }
  if (typeof value === 'object') throw refused('an object')
  const text = String(value)
  if (text.length > ignoreAbove) return undefined
  if (Buffer.byteLength(text) > LONGEST_TERM) {
    throw new ClusterError(
      400,
      'illegal_argument_exception',
      `Document contains at least one immense term in field="${name}"`,
    )
  }
  return text
}

function addWords(all: Map<string, Map<number, string>>, field: string, text: string): void {
  const words = all.get(field) ?? new Map<number, string>()
  all.set(field, words)
  let position = words.size === 0 ? 0 : Math.max(...words.keys()) + GAP
  for (const word of text.split(/\s+/u)) {
    if (word === '') continue
    words.set(position, word)
    position += 1
  }
}
