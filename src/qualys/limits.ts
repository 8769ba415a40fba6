/** Qualys' six figures on one API of a subscription. What a reply does not say is absent: never 0. */
export interface CallLimits {
  /** Calls per window. */
  readonly limit?: number
  readonly windowSec?: number
  /** Calls left in the window now. */
  readonly remaining?: number
  /** Seconds until the next call is allowed; 0 is now. */
  readonly toWaitSec?: number
  readonly concurrencyLimit?: number
  /** Calls running, this one included. */
  readonly concurrencyRunning?: number
}

const HEADERS: Readonly<Record<keyof CallLimits, string>> = {
  limit: 'x-ratelimit-limit',
  windowSec: 'x-ratelimit-window-sec',
  remaining: 'x-ratelimit-remaining',
  toWaitSec: 'x-ratelimit-towait-sec',
  concurrencyLimit: 'x-concurrency-limit-limit',
  concurrencyRunning: 'x-concurrency-limit-running',
}

/** @param headers with lower-case names */
export function limitsOf(headers: Readonly<Record<string, string>>): CallLimits {
  const found: Partial<Record<keyof CallLimits, number>> = {}
  for (const [member, header] of Object.entries(HEADERS) as [keyof CallLimits, string][]) {
    const value = headers[header]?.trim()
    if (value !== undefined && /^\d{1,12}$/.test(value)) found[member] = Number(value)
  }
  return found
}
