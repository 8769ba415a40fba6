import { createHash } from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'
import type { ListRequest, Scope, SortKey } from '../model'

/** Where a page ended: time and sequence of its last event. */
export type PlaceInTime = readonly [time: number, sequence: number]

export function cursorOf(place: PlaceInTime, request: Pick<ListRequest, 'filter' | 'sort'>): string {
  return Buffer.from(JSON.stringify([...place, about(request)])).toString('base64url')
}

/** @throws OperatorError `AUDIT_BAD_CURSOR` for what is no cursor of this store, or one of another scope or order */
export function placeOf(cursor: string, request: Pick<ListRequest, 'filter' | 'sort'>): PlaceInTime {
  const [time, sequence, of]: unknown[] = listOf(cursor)
  const isPlace = Number.isSafeInteger(time) && Number.isSafeInteger(sequence) && of === about(request)
  if (!isPlace || !isByTime(request.sort) || cursorOf([Number(time), Number(sequence)], request) !== cursor) {
    throw badCursor()
  }
  return [Number(time), Number(sequence)]
}

export function isByTime(sort: readonly SortKey[]): boolean {
  return sort.length === 0 || (sort.length === 1 && sort[0]?.by === 'time')
}

export function badCursor(): OperatorError {
  return new OperatorError('AUDIT_BAD_CURSOR', 'The cursor is not one of this list.', {
    remedy: 'Begin again without a cursor; it belongs to the scope and the order it was given for.',
  })
}

/** What stands in a cursor, whatever it is; empty where it is none. */
export function listOf(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function about({ filter: { scope }, sort }: Pick<ListRequest, 'filter' | 'sort'>): string {
  const order = sort[0]?.descending === false ? 'oldest' : 'newest'
  return createHash('sha256')
    .update(JSON.stringify([scopeKey(scope), order]))
    .digest('base64url')
    .slice(0, 16)
}

function scopeKey({ tenants, cloud }: Scope): unknown {
  return [cloud ?? null, tenants === 'all' ? 'all' : [...tenants].sort()]
}
