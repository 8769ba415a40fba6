import { setTimeout as sleep } from 'node:timers/promises'
import { ApiFailure } from './failure'
import type { KnownCall, Serving } from './model'

/** The checker believes Keystone for 50 s at most: together a revocation ends an answer within a minute. */
const ASK_AGAIN_MS = 5_000
/** An answer that lasts for hours outlives a Keystone that is restarted; nothing is sent meanwhile. */
const KEYSTONE_BACK_WITHIN = 60
const KEYSTONE_RETRY_MS = 1_000

/**
 * Portions of an answer, as long as the token of whoever asked is good. Ends with an error, so that the connection is cut, as soon as
 * it is known not to be.
 */
export async function* whileTokenIsGood<T>(
  { token, signal }: Pick<KnownCall, 'token' | 'signal'>,
  { tokens, clock = Date }: Pick<Serving, 'tokens' | 'clock'>,
  portions: AsyncIterable<T>,
): AsyncGenerator<T> {
  let askedAt = clock.now()
  for await (const portion of portions) {
    if (clock.now() - askedAt >= ASK_AGAIN_MS) {
      if (!(await isGood())) throw new ApiFailure(401, 'BAD_TOKEN', 'The token expired or was revoked meanwhile.')
      askedAt = clock.now()
    }
    yield portion
  }

  async function isGood(): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      try {
        return (await tokens.check(token)).valid
      } catch (thrown) {
        if (failures >= KEYSTONE_BACK_WITHIN || signal.aborted) throw thrown
        await sleep(KEYSTONE_RETRY_MS, undefined, { signal, ref: false })
      }
    }
  }
}
