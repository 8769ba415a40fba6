import { hash } from 'node:crypto'
import { type Json, type JsonObject, STANDARD } from './storable'

/** Characters of the JSON text of an event with its flags. Events of OpenStack's services have some thousands. */
export const LARGEST_BODY = 256 * 1024
/** What flags may take of it. */
const FLAGS = 8 * 1024
const MOST_MEMBERS = 200
const LONGEST_NAME = 256
const DEEPEST = 8
/** Below it a list or an object is not worth being taken apart. */
const LEAST_ROOM = 512

/**
 * An event as JSON text that is small enough to be stored. Where it is too large, the largest of its parts give way, so that what
 * is small stays whole: a long text keeps its beginning, with its length and the SHA-256 of the whole behind it, and a part that
 * is large for having many members becomes the beginning of its JSON text. Flags name what was shortened:
 * `shortened: attachments.0.content (300000 characters, sha256:…)`.
 * @param flags put with those of the event
 */
export function boundedBody(event: JsonObject, flags: readonly string[]): string {
  const body = JSON.stringify(withFlags(event, flags))
  if (body.length <= LARGEST_BODY) return body
  const shrinker = new Shrinker()
  const small = shrinker.members(manageable(event), LARGEST_BODY - FLAGS, '', 0)
  return JSON.stringify(withFlags(small, [...flags, ...shrinker.shortened]))
}

function withFlags(event: JsonObject, ours: readonly string[]): JsonObject {
  if (ours.length === 0) return event
  const sent = event['flags']
  return { ...event, flags: [...(Array.isArray(sent) ? sent : []), ...ours] }
}

/** An event with no more members than can be looked at one by one; the rest as one member. */
function manageable(event: JsonObject): JsonObject {
  const names = Object.keys(event)
  if (names.length <= MOST_MEMBERS && names.every((name) => name.length <= LONGEST_NAME)) return event
  const kept = new Map<string, Json>()
  const others: JsonObject[] = []
  for (const [name, value] of Object.entries(event)) {
    if (STANDARD.has(name)) kept.set(name, value)
    else others.push({ [name]: value })
  }
  return { ...Object.fromEntries(kept), 'members beyond the standard': JSON.stringify(others) }
}

class Shrinker {
  readonly shortened: string[] = []

  private value(value: Json, room: number, path: string, depth: number): Json {
    if (sizeOf(value) <= room) return value
    if (typeof value === 'string') return this.text(value, room, path)
    // Numbers and the like are never too long.
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) {
      const list = value as readonly Json[]
      if (depth > DEEPEST || room < LEAST_ROOM || list.length > MOST_MEMBERS) return this.asText(value, room, path)
      return Object.values(this.members(Object.fromEntries(list.entries()), room, path, depth))
    }
    const object = value as JsonObject
    const names = Object.keys(object)
    const large = names.length > MOST_MEMBERS || names.some((name) => name.length > LONGEST_NAME)
    return depth > DEEPEST || room < LEAST_ROOM || large
      ? this.asText(value, room, path)
      : this.members(object, room, path, depth)
  }

  /** The smallest get what they need; the largest share what is left. */
  members(object: JsonObject, room: number, path: string, depth: number): JsonObject {
    const bySize = Object.entries(object)
      .map(([name, value]) => ({ name, value, size: sizeOf(value) }))
      .sort((a, b) => a.size - b.size)
    const kept = new Map<string, Json>()
    let left = room - bySize.reduce((sum, { name }) => sum + sizeOf(name) + 2, 2)
    for (const [index, { name, value }] of bySize.entries()) {
      const share = Math.floor(left / (bySize.length - index))
      const small = this.value(value, share, path === '' ? name : `${path}.${name}`, depth + 1)
      kept.set(name, small)
      left -= sizeOf(small)
    }
    return Object.fromEntries(Object.keys(object).map((name) => [name, kept.get(name) ?? null]))
  }

  private asText(value: Json, room: number, path: string): string {
    return this.text(JSON.stringify(value), room, path)
  }

  private text(text: string, room: number, path: string): string {
    const note = `${text.length} characters, sha256:${hash('sha256', text)}`
    if (this.shortened.length < 20) this.shortened.push(`shortened: ${path.slice(0, 200)} (${note})`)
    const mark = `… (${note})`
    let length = Math.max(0, room - mark.length - 2)
    // Some characters take six in JSON.
    while (length > 0 && sizeOf(text.slice(0, length)) + mark.length > room) length = Math.floor(length / 2)
    return `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}${mark}`
  }
}

function sizeOf(value: Json): number {
  return JSON.stringify(value).length
}
