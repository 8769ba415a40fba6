import { createHash } from 'node:crypto'
import { OperatorError } from '../../errors/operator-error'
import type { AuditFilter } from '../model'

/** Where a page ended. */
export interface Place {
  readonly time: number
  readonly seq: number
  /** The newest event there was when the first page was made. */
  readonly seen: number
}

/** Opaque to whoever gets it; a text of ours for this filter and order, or it is refused. */
export function cursorOf(place: Place, filter: AuditFilter, descending: boolean): string {
  const numbers = [place.time, place.seq, place.seen].join('.')
  return Buffer.from(`${numbers}.${bond(numbers, filter, descending)}`).toString('base64url')
}

/** Throws `AUDIT_BAD_CURSOR`. */
export function placeOfCursor(cursor: string, filter: AuditFilter, descending: boolean): Place {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [time, seq, seen] = text.split('.').map(Number)
  if (time !== undefined && seq !== undefined && seen !== undefined) {
    const place = { time, seq, seen }
    if (cursorOf(place, filter, descending) === cursor) return place
  }
  throw new OperatorError('AUDIT_BAD_CURSOR', 'The cursor is not one of this question.', {
    remedy: 'Begin with the first page, and keep filter, scope and order from page to page.',
  })
}

function bond(numbers: string, filter: AuditFilter, descending: boolean): string {
  const { scope, where, from, to, text } = filter
  const asked = JSON.stringify([numbers, descending, scope.tenants, scope.cloud, where, from, to, text])
  return createHash('sha256').update(asked).digest('base64url').slice(0, 22)
}
