import { createHash } from 'node:crypto'

/** Characters. Request paths can have tens of thousands; engines index some thousand bytes at most, and lists show fewer. */
const LONGEST = 1024
const KEPT = 940

/**
 * The form in which a value of an attribute is indexed, and asked for: itself, or where it is too long its beginning with a
 * hash of the whole, so that a question for the exact value still finds it.
 */
export function indexedValue(value: string): string {
  if (value.length <= LONGEST) return value
  return `${beginning(value)}…sha256:${createHash('sha256').update(value).digest('hex')}`
}

/** The same for the beginning of a value: what can be compared of it. */
export function indexedPrefix(prefix: string): string {
  return prefix.length <= KEPT ? prefix : beginning(prefix)
}

/** No half of a surrogate pair at its end: it could not be written as UTF-8. */
function beginning(value: string): string {
  const code = value.charCodeAt(KEPT - 1)
  return value.slice(0, code >= 0xd800 && code <= 0xdbff ? KEPT - 1 : KEPT)
}
