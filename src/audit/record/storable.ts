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
  /** What had to be left out, for people: `shortened: attachments.0.content (nested deeper than 64)`. */
  readonly shortened: readonly string[]
}

/**
 * A copy of an event that holds nothing but JSON, and no token: members named like one are left out, that of a credential
 * is masked, as the standard wants it to be there. What is nested too deeply or is too much is left out and named.
 */
export function storable(event: Readonly<Record<string, unknown>>): Storable {
  const copier = new Copier()
  return { event: copier.event(event), shortened: copier.shortened }
}

class Copier {
  readonly shortened: string[] = []
  private members = 0
  /** What the value at hand is in, and by which names. */
  private readonly around: object[] = []
  private readonly path: (string | number)[] = []

  event(event: Readonly<Record<string, unknown>>): JsonObject {
    const copy: Writable = {}
    this.around.push(event)
    for (const name of Object.keys(event)) {
      // What makes the event an event is there whatever stands before it.
      if (STANDARD.has(name)) this.members = Math.min(this.members, MOST_MEMBERS / 2)
      this.member(copy, name, event[name], false)
    }
    return copy
  }

  private member(copy: Writable, name: string, value: unknown, inCredential: boolean): void {
    if (inCredential && name === 'token') {
      copy[name] = MASK
      return
    }
    if (hasTokenName(name) || this.isTooMuch()) return
    this.path.push(name)
    const kept = this.value(value, name)
    this.path.pop()
    if (kept !== undefined) put(copy, name, kept)
  }

  private value(value: unknown, name: string): Json | undefined {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value
      case 'number':
        return Number.isFinite(value) ? value : null
      case 'bigint':
        return String(value)
      case 'object':
        return value === null ? null : this.inside(value, name)
      default:
        return undefined
    }
  }

  private inside(value: object, name: string): Json | undefined {
    if (this.around.length > DEEPEST) return this.leftOut(`nested deeper than ${DEEPEST}`)
    if (this.around.includes(value)) return this.leftOut('contains itself')
    this.around.push(value)
    const copy = Array.isArray(value) ? this.list(value) : this.object(value as Record<string, unknown>, name)
    this.around.pop()
    return copy
  }

  private object(value: Readonly<Record<string, unknown>>, name: string): Json | undefined {
    const toJSON = value['toJSON']
    // Dates, and what else knows how to write itself.
    if (typeof toJSON === 'function') return this.value(toJSON.call(value), name)
    const copy: Writable = {}
    const inCredential = name === 'credential'
    for (const member of Object.keys(value)) this.member(copy, member, value[member], inCredential)
    return copy
  }

  private list(list: readonly unknown[]): Json {
    const copy: Json[] = []
    for (const [index, element] of list.entries()) {
      if (this.isTooMuch()) break
      this.path.push(index)
      copy.push(this.value(element, '') ?? null)
      this.path.pop()
    }
    return copy
  }

  private isTooMuch(): boolean {
    this.members += 1
    if (this.members > MOST_MEMBERS) this.leftOut(`more than ${MOST_MEMBERS} members`)
    return this.members > MOST_MEMBERS
  }

  private leftOut(why: string): undefined {
    const said = `shortened: ${this.path.join('.').slice(0, 200)} (${why})`
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
