import { quote, redact } from '../errors/redact'
import type { Settlement } from './service'

export type HandOutcome = 'accept' | 'retry' | 'dead-letter'

/** What a person's node decides about a delivery. `why` may come from outside; it is made fit for logs and headers. */
export function settlementByHand(
  outcome: HandOutcome,
  why: string | undefined,
  countsAttempt: boolean,
  nodeId: string,
): Settlement {
  if (outcome === 'accept') return { outcome: 'accepted' }
  const message = why === undefined || why.trim() === '' ? 'Settled by hand.' : quote(redact(why))
  const reason = { code: 'BY_HAND', message, nodeId }
  return outcome === 'retry' ? { outcome, reason, countsAttempt } : { outcome, reason }
}

export function isHandOutcome(value: unknown): value is HandOutcome {
  return value === 'accept' || value === 'retry' || value === 'dead-letter'
}
