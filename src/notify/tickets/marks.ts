import { createHash } from 'node:crypto'

/**
 * A short word for any text: what events say may hold blanks, quotes and operators of query languages, or be longer than a label
 * may be. 80 bits: two matters meet by chance once in a trillion.
 */
export function markOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20)
}

/** The label by which the ticket of a matter is found again. */
export function ticketLabel(ticketKey: string): string {
  return `audit-${markOf(ticketKey)}`
}
