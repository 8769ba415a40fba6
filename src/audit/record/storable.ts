import { hasTokenName } from '../../notification/tokens'

const DEEPEST = 64
/** Members and elements; an event has some tens. */
const MOST_MEMBERS = 20_000

export type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json }
export type JsonObject = { readonly [member: string]: Json }
type Writable = Record<string, Json>

/** Members of an event that the standard or OpenStack's middleware knows. */
export const STANDARD: ReadonlySet<string> = new Set([
  'typeURI',
  'id',
  'eventType',
  'eventTime',
  'action',
  'outcome',
  'initiator',
  'target',
  'observer',
  'reason',
  'severity',
  'name',
  'tags',
  'attachments',
  'measurements',
  'reporterchain',
  'requestPath',
])

export interface Storable {
  readonly event: JsonObject
  /** What had to be left out, for people: `shortened: attachments.0.content (300000 characters, sha256:…)`. */
  readonly shortened: readonly string[]
}

/**
 * A copy of an event that holds nothing but JSON, and no token: members named like one are left out, that of a credential
 * is masked, as the standard wants it to be there. What is nested too deeply or is too much is left out and named.
 */
export function storable(event: Readonly<Record<string, unknown>>): Storable {
  const copier = new Copier()
  return { event: copier.object(event, '', 0), shortened: copier.shortened }
}

class Copier {
  readonly shortened: string[] = []
  private members = 0
  /** What the value at hand is in. */
  private readonly around: unknown[] = []

  value(value: unknown, path: string, depth: number): Json | undefined {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) ? value : null
      case 'bigint':
        return String(value)
      case 'object':
        break
      default:
        return undefined
    }
    if (value === null) return null
    if (depth > DEEPEST) return this.leftOut(path, `nested deeper than ${DEEPEST}`)
    if (this.around.includes(value)) return this.leftOut(path, 'contains itself')
    if (Array.isArray(value)) return this.list(value, path, depth)
    const { toJSON } = value as { toJSON?: unknown }
    // Dates, and what else knows how to write itself.
    if (typeof toJSON === 'function') return this.value(toJSON.call(value), path, depth + 1)
    return this.object(value as Record<string, unknown>, path, depth)
  }

  object(value: Readonly<Record<string, unknown>>, path: string, depth: number): JsonObject {
    const copy: Writable = {}
    this.around.push(value)
    const isCredential = path === 'credential' || path.endsWith('.credential')
    for (const name of Object.keys(value)) {
      if (hasTokenName(name)) continue
      // What makes the event an event is there whatever stands before it.
      if (depth === 0 && STANDARD.has(name)) this.members = Math.min(this.members, MOST_MEMBERS / 2)
      this.members += 1
      if (this.members > MOST_MEMBERS) {
        this.leftOut(path, `more than ${MOST_MEMBERS} members`)
        continue
      }
      const member = value[name]
      const kept =
        isCredential && name === 'token' ? MASK : this.value(member, path === '' ? name : `${path}.${name}`, depth + 1)
      if (kept !== undefined) put(copy, name, kept)
    }
    this.around.pop()
    return copy
  }

  private list(list: readonly unknown[], path: string, depth: number): Json {
    const copy: Json[] = []
    this.around.push(list)
    for (const [index, element] of list.entries()) {
      this.members += 1
      if (this.members > MOST_MEMBERS) {
        this.leftOut(path, `more than ${MOST_MEMBERS} members`)
        break
      }
      copy.push(this.value(element, `${path}.${index}`, depth + 1) ?? null)
    }
    this.around.pop()
    return copy
  }

  private leftOut(path: string, why: string): undefined {
    const said = `shortened: ${path.slice(0, 200)} (${why})`
    if (this.shortened.length < MOST_FLAGS && this.shortened.at(-1) !== said) this.shortened.push(said)
    return undefined
  }
}

const MASK = '***'
const MOST_FLAGS = 20

/** An event from outside may have a member called `__proto__`; assigning it would not make one. */
function put(object: Writable, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
