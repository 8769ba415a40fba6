import type { IncomingMessage } from 'node:http'
import { describeError } from '../../errors/operator-error'
import type { HttpResponse } from '../../http/client'
import { type Clock, retryAfterMs, systemClock } from '../../http/retry'
import { jsonObject, OpenStackError } from '../../openstack/openstack-error'
import type { ServiceRequest } from '../../openstack/session'
import { decodeTokenFacts, type TokenFacts } from '../../openstack/token-facts'
import { type Answer, failure, jsonAnswer } from './answer'
import { ATTEMPT_LIMIT, type AttemptLimit, Attempts } from './attempts'
import { credentialsBody, decodeCredentials } from './credentials'
import { countedAs, peerOf } from './peer'
import { readJson } from './read-json'
import { sessionOf } from './session'

export interface LogInOptions {
  /** One exchange with Keystone's v3 API in nobody's name: `path` below `/v3`, headers as given, any status is an answer. */
  readonly keystone: (request: ServiceRequest) => Promise<HttpResponse>
  /** See {@link peerOf}. */
  readonly trustProxy: boolean
  readonly clock?: Pick<Clock, 'now'>
  readonly limit?: AttemptLimit
  /** Whether whoever shows such a token may read all projects: the page then offers to choose. Default: nobody may. */
  readonly mayReadAll?: (facts: TokenFacts) => boolean
  /** Told of what a person should know; never holds a secret. */
  readonly onFailure?: (text: string) => void
}

/** The page's own three requests; everything else it asks of the API. */
export interface LogIn {
  /** `POST`: a password for a token. */
  logIn(request: IncomingMessage): Promise<Answer>
  /** `GET` with `X-Auth-Token`: whom the token stands for. */
  session(request: IncomingMessage): Promise<Answer>
  /** `POST` with `X-Auth-Token`: ends the token. */
  logOut(request: IncomingMessage): Promise<Answer>
}

const TIMEOUT_MS = 15_000

/**
 * Log-in with a password, on behalf of the page: Keystone answers browsers of other origins nothing. The password goes to
 * Keystone and nowhere else, and is neither logged nor kept; the token goes back to the page and is not kept either.
 */
export function pageLogIn(options: LogInOptions): LogIn {
  const { keystone, trustProxy, clock = systemClock, mayReadAll = () => false, onFailure = () => {} } = options
  const attempts = new Attempts(() => clock.now(), options.limit ?? ATTEMPT_LIMIT)

  const unavailable = (response?: HttpResponse) => {
    const wait = response === undefined ? undefined : retryAfterMs(response.headers, clock.now())
    return failure(503, 'KEYSTONE_UNAVAILABLE', 'Keystone cannot be asked at the moment.', wait ?? 10_000)
  }
  const known = (response: HttpResponse) => {
    const facts = decodeTokenFacts(jsonObject('Keystone (token)', response), response, clock.now())
    return { ...sessionOf(facts), mayReadAll: mayReadAll(facts) }
  }
  /** What Keystone says, or that it says nothing; only ours knows why. */
  const asking = async (ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await ask()
    } catch (thrown) {
      onFailure(describeError(thrown))
      const wait = thrown instanceof OpenStackError ? thrown.retryAfterMs : undefined
      return failure(503, 'KEYSTONE_UNAVAILABLE', 'Keystone cannot be asked at the moment.', wait ?? 10_000)
    }
  }

  return {
    async logIn(request) {
      const peer = peerOf(request, trustProxy)
      if (!peer.confidential) {
        return failure(403, 'TLS_REQUIRED', 'A password is taken over TLS only. Use https, or log in with a token.')
      }
      if (isCrossSite(request)) return failure(403, 'CROSS_SITE', 'Log in from the page itself.')
      const body = await readJson(request)
      if ('failure' in body) return body.failure
      const credentials = decodeCredentials(body.value)
      if (typeof credentials === 'string') return failure(400, 'BAD_LOG_IN', credentials)
      const admission = attempts.begin(countedAs(peer.address))
      if (!admission.admitted) {
        return failure(429, 'TOO_MANY_ATTEMPTS', 'Too many attempts from this address.', admission.retryAfterMs)
      }
      let how: 'right' | 'wrong' | 'untold' = 'untold'
      try {
        return await asking(async () => {
          const response = await keystone({
            method: 'POST',
            path: '/auth/tokens?nocatalog',
            // So that Keystone's own audit can name the person's machine instead of this one, if it believes proxies.
            headers: {
              accept: 'application/json',
              'content-type': 'application/json',
              'x-forwarded-for': peer.address,
            },
            body: credentialsBody(credentials),
            timeoutMs: TIMEOUT_MS,
          })
          if (response.status === 201) {
            how = 'right'
            const token = response.headers['x-subject-token']
            return token ? jsonAnswer(200, { token, ...known(response) }) : unavailable(response)
          }
          // A second factor is asked for with 401 too, and a receipt.
          if (response.headers['openstack-auth-receipt'] !== undefined) {
            return failure(401, 'SECOND_FACTOR', 'This account needs a second factor. Log in with a token.')
          }
          if (response.status === 401 || response.status === 403 || response.status === 404) {
            how = 'wrong'
            return failure(401, 'LOG_IN_REFUSED', 'Keystone does not take these credentials for this scope.')
          }
          if (response.status === 400) return failure(400, 'BAD_LOG_IN', 'Keystone cannot read this log-in.')
          onFailure(`Keystone answered a log-in of the audit page with ${response.status}.`)
          return unavailable(response)
        })
      } finally {
        admission.ended(how)
      }
    },

    async session(request) {
      const token = tokenOf(request)
      if (token === undefined) return noToken()
      return asking(async () => {
        const response = await keystone({
          method: 'GET',
          path: '/auth/tokens?nocatalog',
          headers: { accept: 'application/json', 'x-auth-token': token, 'x-subject-token': token },
          timeoutMs: TIMEOUT_MS,
        })
        if (response.status === 200) {
          return jsonAnswer(200, known(response))
        }
        // 404: a role of the token was taken away.
        if (response.status === 401 || response.status === 403 || response.status === 404) return noToken()
        return unavailable(response)
      })
    },

    async logOut(request) {
      if (isCrossSite(request)) return failure(403, 'CROSS_SITE', 'Log out from the page itself.')
      const token = tokenOf(request)
      if (token === undefined) return noToken()
      return asking(async () => {
        const response = await keystone({
          method: 'DELETE',
          path: '/auth/tokens',
          headers: { 'x-auth-token': token, 'x-subject-token': token },
          timeoutMs: TIMEOUT_MS,
        })
        // Whatever is not to be found is not good any more either.
        return response.status < 500 ? { status: 204 } : unavailable(response)
      })
    },
  }
}

function noToken(): Answer {
  return failure(401, 'TOKEN_REFUSED', 'The token is not or no longer good.')
}

/** Only what can be sent as a header as it is. */
function tokenOf(request: IncomingMessage): string | undefined {
  const token = request.headers['x-auth-token']
  return typeof token === 'string' && /^[\x21-\x7e]{1,8192}$/.test(token) ? token : undefined
}

/** Whether a browser sends this for another site: then the person did not mean it. */
function isCrossSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}
