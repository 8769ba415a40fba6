import type { StoredEvent } from '../../audit/model'
import { isRecord } from '../../openstack/openstack-error'

export type Fields = Readonly<Record<string, unknown>>

/**
 * The event of a stored body with what look-ups added where the event itself says nothing. Undefined: the body is no JSON
 * object; whoever shows it makes do with what is kept beside it, as one bad event must not cost the whole list.
 */
export function decodeStored({ body, added }: Pick<StoredEvent, 'body' | 'added'>): Fields | undefined {
  const event = parsed(body)
  if (event === undefined || added === undefined) return event
  const filled: Record<string, unknown> = { ...event }
  for (const [path, value] of Object.entries(added)) {
    const [role = '', name, ...deeper] = path.split('.')
    if (name === undefined || deeper.length > 0) continue
    const of = filled[role]
    if (of !== undefined && !isRecord(of)) continue
    if (of?.[name] === undefined) filled[role] = { ...of, [name]: value }
  }
  return filled
}

function parsed(body: string): Fields | undefined {
  try {
    const event: unknown = JSON.parse(body)
    return isRecord(event) ? event : undefined
  } catch {
    return undefined
  }
}

export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {}
}

/** Numbers stand for their digits: producers write `reasonCode: 200`. Anything else that is no text is none. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** The members that have a text, in this order. */
export function textsOf(fields: Fields, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of names) {
    const text = textOf(fields[name])
    if (text !== '') found[name] = text
  }
  return found
}

/** µs since 1970 in ISO 8601. */
export function isoTime(microseconds: number): string {
  const ms = Math.floor(microseconds / 1000)
  const rest = String(microseconds - ms * 1000).padStart(3, '0')
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().replace('Z', `${rest}+00:00`)
}
