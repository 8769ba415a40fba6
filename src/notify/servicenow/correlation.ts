import { ticketLabel } from '../tickets/marks'

/** The column holds so many characters, and cuts what is longer without a word. */
const LONGEST = 100

/**
 * What stands in `correlation_id`: the ticket key, where it can stand in a query. `^` and line ends would begin another
 * condition, `javascript:` a script, and blanks at the ends get lost: such a key goes in as a hash.
 */
export function correlationId(ticketKey: string): string {
  const plain = /^[\x21-\x5d\x5f-\x7e](?:[\x20-\x5d\x5f-\x7e]*[\x21-\x5d\x5f-\x7e])?$/.test(ticketKey)
  const harmless = plain && ticketKey.length <= LONGEST && !/javascript:/i.test(ticketKey)
  return harmless ? ticketKey : ticketLabel(ticketKey)
}
