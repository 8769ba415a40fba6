import { createHash } from 'node:crypto'
import type { OperatorError } from '../errors/operator-error'
import { type Clock, retryAfterMs, systemClock } from '../http/retry'
import { errorText, isTemporary, jsonObject, OpenStackError } from './openstack-error'
import type { KeystoneSession, Service } from './session'
import { decodeTokenFacts, type TokenFacts } from './token-facts'

/** What became of a token that somebody showed. */
export type TokenVerdict = { readonly valid: true; readonly facts: TokenFacts } | { readonly valid: false }

/** Judges the tokens that callers of an API of ours send. */
export interface TokenChecker {
  /**
   * @throws OpenStackError `KEYSTONE_UNAVAILABLE` and the like, HttpError: it cannot be told; `retryAfterMs` where Keystone said.
   */
  check(token: string): Promise<TokenVerdict>
  /** Whether the token is known to be good at this moment, without asking anybody. */
  knows(token: string): boolean
}

export interface TokenCheckOptions {
  readonly session: Pick<KeystoneSession, 'keystone' | 'request'>
  /**
   * Who asks Keystone: the token itself (every token may validate itself), or the account of the session (which needs the
   * role `service`, or `reader` on the system; then each check stands in the account's name).
   */
  readonly by: 'itself' | 'account'
  /** How long an answer is believed; within it a revocation goes unnoticed. Default 50 000 ms. */
  readonly believedMs?: number
  /** How long a refusal is believed, so that hammering with a dead token does not become hammering on Keystone. Default 5 000 ms. */
  readonly refusedMs?: number
  /** Tokens that are kept at most. Default 2 000. */
  readonly capacity?: number
  readonly clock?: Clock
}

const BELIEVED_MS = 50_000
const REFUSED_MS = 5_000
const CAPACITY = 2_000
const TIMEOUT_MS = 10_000
/** Keystone's are below 300 bytes (Fernet) or 2 kB (JWS); longer ones go in no header. */
const LONGEST = 8_192
const IDENTITY: Service = { name: 'Keystone', type: 'identity', version: 'v3' }

/** Kept under its hash, so that no memory dump or log of the map gives a token away. */
interface Kept {
  readonly verdict: TokenVerdict
  readonly until: number
}

/**
 * Validates tokens with `GET /v3/auth/tokens`. Checks of the same token at the same time are one; answers are believed for
 * less than a minute and never beyond the token's expiry; the least recently used are forgotten first.
 */
export function tokenChecker(options: TokenCheckOptions): TokenChecker {
  const { session, by, clock = systemClock } = options
  const { believedMs = BELIEVED_MS, refusedMs = REFUSED_MS, capacity = CAPACITY } = options
  const kept = new Map<string, Kept>()
  const underWay = new Map<string, Promise<TokenVerdict>>()

  const recall = (key: string): TokenVerdict | undefined => {
    const known = kept.get(key)
    if (known === undefined) return undefined
    kept.delete(key)
    if (clock.now() >= known.until) return undefined
    kept.set(key, known)
    return known.verdict
  }
  const remember = (key: string, verdict: TokenVerdict, askedAt: number) => {
    // From when it was asked: the answer may be older than its arrival.
    const until = verdict.valid ? Math.min(askedAt + believedMs, verdict.facts.expiresAt) : askedAt + refusedMs
    kept.delete(key)
    kept.set(key, { verdict, until })
    for (const oldest of kept.keys()) {
      if (kept.size <= capacity) break
      kept.delete(oldest)
    }
  }

  const ask = async (token: string): Promise<TokenVerdict> => {
    const request = {
      method: 'GET' as const,
      // The catalogue is most of the answer and of no use here.
      path: '/auth/tokens?nocatalog',
      timeoutMs: TIMEOUT_MS,
    }
    const headers = { accept: 'application/json', 'x-subject-token': token }
    try {
      const response =
        by === 'account'
          ? await session.request(IDENTITY, { ...request, headers })
          : await session.keystone({ ...request, headers: { ...headers, 'x-auth-token': token } })
      const { status } = response
      if (status === 200)
        return verdictOf(decodeTokenFacts(jsonObject('Keystone (token)', response), response, clock.now()))
      // A token that validates itself is refused as the caller's (401); both 403 and 404 mean that it is not to be used.
      if (status === 401 || status === 403 || status === 404) return { valid: false }
      throw unavailable(status, errorText(response, [token]), retryAfterMs(response.headers, clock.now()))
    } catch (thrown) {
      if (by === 'account' && thrown instanceof OpenStackError && thrown.code === 'OPENSTACK_NOT_FOUND') {
        return { valid: false }
      }
      throw thrown
    }
  }
  const verdictOf = (facts: TokenFacts): TokenVerdict =>
    facts.expiresAt > clock.now() ? { valid: true, facts } : { valid: false }

  return {
    knows: (token) => recall(keyOf(token))?.valid === true,
    async check(token) {
      // Anything else cannot be sent as a header, and is nobody's token.
      if (token.length > LONGEST || !/^[\x21-\x7e]+$/.test(token)) return { valid: false }
      const key = keyOf(token)
      const known = recall(key)
      if (known !== undefined) return known
      const joined = underWay.get(key)
      if (joined !== undefined) return joined
      const askedAt = clock.now()
      const asking = ask(token)
        .then((verdict) => {
          remember(key, verdict, askedAt)
          return verdict
        })
        .finally(() => underWay.delete(key))
      underWay.set(key, asking)
      return asking
    },
  }
}

/** How long to wait before asking again after a check that could not be made, ms; undefined: nobody said. */
export function waitAfter(thrown: unknown): number | undefined {
  return thrown instanceof OpenStackError ? thrown.retryAfterMs : undefined
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}

function unavailable(status: number, text: string, waitMs: number | undefined): OperatorError {
  const temporary = isTemporary(status)
  return new OpenStackError(
    temporary ? 'KEYSTONE_UNAVAILABLE' : 'KEYSTONE_ANSWER',
    `Keystone answered the check of a token with ${status}: ${text}.`,
    { status, retryable: true, retryAfterMs: waitMs },
  )
}
