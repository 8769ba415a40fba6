import { HttpError } from './http-error'

/** Exponential backoff with full jitter: the nth wait is drawn evenly from 0 to `min(capMs, firstMs · 2ⁿ)`. */
export interface BackoffPolicy {
  readonly firstMs: number
  readonly capMs: number
}

/** Time and chance, so that tests own them. `random` answers in [0, 1). */
export interface Clock {
  now(): number
  random(): number
  /** Resolves after `ms`; rejects with HTTP_ABORTED when the signal fires first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(new HttpError('HTTP_ABORTED', 'Given up while waiting to try again.', { sent: false, retryable: true }))
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
    }),
}

/** @param failures how many tries have failed so far, from 1 */
export function backoffMs(failures: number, policy: BackoffPolicy, random: () => number): number {
  const ceiling = Math.min(policy.capMs, policy.firstMs * 2 ** Math.min(failures - 1, 40))
  return Math.floor(random() * ceiling)
}

/**
 * What `Retry-After` asks for, in ms from now: seconds or an HTTP date (RFC 9110 §10.2.3). Undefined when absent or
 * unreadable; a date in the past is 0.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after']?.trim()
  if (value === undefined || value === '') return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

export interface RetryOptions extends BackoffPolicy {
  /** Tries in all, the first included. */
  readonly attempts: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** A server that asks for a longer wait than this ends the tries. Default 60 000 ms. */
  readonly longestWaitMs?: number
}

/** What one try came to. `again` carries the wait that the other side asked for, if it did. */
export type Attempt<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly error: Error; readonly waitMs?: number | undefined }

/** Tries until done, or until the tries are used up: then the last error is thrown. What `attempt` throws ends it at once. */
export async function retrying<T>(
  attempt: (number: number) => Promise<Attempt<T>>,
  { attempts, clock, signal, longestWaitMs = 60_000, ...policy }: RetryOptions,
): Promise<T> {
  for (let number = 1; ; number += 1) {
    const result = await attempt(number)
    if (result.done) return result.value
    const asked = result.waitMs ?? 0
    if (number >= attempts || asked > longestWaitMs) throw result.error
    await clock.sleep(Math.max(asked, backoffMs(number, policy, clock.random)), signal)
  }
}
