import { isKnown } from '../../cadf/identity'
import type { StoredEvent } from '../model'

type Members = Readonly<Record<string, unknown>>

/** Values of a stored event by dotted path: its own, else what look-ups added; undefined where it does not tell. */
export type Field = (path: string) => string | undefined

export function fieldsOf({ body, added }: Pick<StoredEvent, 'body' | 'added'>): Field {
  const event = membersOf(body)
  return (path) => known(valueAt(event, path)) ?? known(added?.[path])
}

function membersOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // A store that was damaged is exported all the same: what is known beside the body is still told.
    return undefined
  }
}

function valueAt(event: unknown, path: string): unknown {
  let value = event
  for (const member of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined
    value = (value as Members)[member]
  }
  return value
}

function known(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return isKnown(value) ? value : undefined
}
