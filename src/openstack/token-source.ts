import { describeError, OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import type { HttpClient, HttpResponse } from '../http/client'
import { HttpError } from '../http/http-error'
import { type Attempt, type Clock, retryAfterMs, retrying } from '../http/retry'
import { type KeystoneAuth, loginBody, secretsOf } from './auth'
import { discoverIdentity, type IdentityEndpoint } from './discovery'
import { errorText, isTemporary, OpenStackError } from './openstack-error'
import { decodeToken, type Token } from './token'

export interface TokenSourceOptions {
  readonly http: HttpClient
  readonly authUrl: string
  readonly auth: KeystoneAuth
  readonly clock: Clock
  /** Called once for each thing that a person should know but that stops nothing. */
  readonly onNotice?: (text: string) => void
}

/** One token for all users of an account. However many ask at once, there is one login. */
export interface TokenSource {
  /** A token that is good for at least some seconds. */
  current(): Promise<Token>
  /**
   * A service did not accept this token. True: `current` now gives another, so ask again. False: this one had just been
   * fetched because of a refusal, so a further login would change nothing (and every request would cost one).
   */
  refused(token: Token): boolean
  /** Where the v3 API is, once it is known. */
  identityUrl(): Promise<string>
}

/** Waits after a login that failed for want of a server, and after one that Keystone refused (it may count towards a lockout). */
const UNAVAILABLE = { firstMs: 1_000, capMs: 60_000 }
const REFUSED = { firstMs: 30_000, capMs: 15 * 60_000 }
const LOGIN_TRIES = { attempts: 3, firstMs: 500, capMs: 4_000, longestWaitMs: 10_000 }
const NOTABLE_SKEW_MS = 60_000
const REPLACED_AT_MOST_EVERY_MS = 60_000

export function tokenSource({ http, authUrl, auth, clock, onNotice }: TokenSourceOptions): TokenSource {
  let token: Token | undefined
  let login: Promise<Token> | undefined
  let identity: IdentityEndpoint | undefined
  let failure: { error: OperatorError; until: number; count: number } | undefined
  let replacedAt = Number.NEGATIVE_INFINITY
  const noticed = new Set<string>()

  const notice = (text: string) => {
    if (noticed.has(text)) return
    noticed.add(text)
    onNotice?.(text)
  }

  const discovered = async (): Promise<IdentityEndpoint> => {
    if (identity === undefined) {
      identity = await discoverIdentity(http, authUrl)
      identity.notices.forEach(notice)
    }
    return identity
  }

  const attempt = async (): Promise<Attempt<Token>> => {
    try {
      const { url } = await discovered()
      const response = await http.request({
        method: 'POST',
        url: `${url}/auth/tokens`,
        headers: { accept: 'application/json', 'content-type': 'application/json' },
        body: loginBody(auth),
      })
      if (response.status === 201) return { done: true, value: decodeToken(response, clock.now()) }
      const error = loginFailure(url, response, auth)
      if (!isTemporary(response.status)) throw error
      return { done: false, error, waitMs: retryAfterMs(response.headers, clock.now()) }
    } catch (thrown) {
      // A login repeated changes nothing at the other side, so one whose answer was lost may be repeated too.
      const again = thrown instanceof HttpError && /^HTTP_(CONNECT|INTERRUPTED)$/.test(thrown.code)
      if (again || (thrown instanceof OpenStackError && isTemporary(thrown.status ?? 0))) {
        return { done: false, error: thrown }
      }
      throw thrown
    }
  }

  const logIn = async (): Promise<Token> => {
    try {
      const fresh = await retrying(attempt, { ...LOGIN_TRIES, clock })
      failure = undefined
      token = fresh
      if (Math.abs(fresh.clockSkewMs ?? 0) > NOTABLE_SKEW_MS) {
        const seconds = Math.round((fresh.clockSkewMs ?? 0) / 1000)
        notice(`Keystone's clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's.`)
      }
      return fresh
    } catch (thrown) {
      const error = thrown instanceof OperatorError ? thrown : unexpected(thrown)
      const count = (failure?.count ?? 0) + 1
      const { firstMs, capMs } = error.code === 'KEYSTONE_LOGIN_REFUSED' ? REFUSED : UNAVAILABLE
      const ceiling = Math.min(capMs, firstMs * 2 ** Math.min(count - 1, 20))
      failure = { error, until: clock.now() + ceiling / 2 + (clock.random() * ceiling) / 2, count }
      throw error
    }
  }

  const stillGood = () => (token !== undefined && clock.now() < token.expiresAt ? token : undefined)

  return {
    async current() {
      if (token !== undefined && clock.now() < token.renewAt) return token
      if (login === undefined) {
        if (failure !== undefined && clock.now() < failure.until) {
          const old = stillGood()
          if (old !== undefined) return old
          throw notYet(failure.error, failure.until - clock.now())
        }
        login = logIn().finally(() => {
          login = undefined
        })
      }
      try {
        return await login
      } catch (error) {
        const old = stillGood()
        if (old !== undefined) return old
        throw error
      }
    },
    refused(refusedToken) {
      if (token?.value !== refusedToken.value) return true
      if (clock.now() - replacedAt < REPLACED_AT_MOST_EVERY_MS) return false
      replacedAt = clock.now()
      token = undefined
      return true
    },
    async identityUrl() {
      return (await discovered()).url
    },
  }
}

function loginFailure(url: string, response: HttpResponse, auth: KeystoneAuth): OpenStackError {
  const { status, headers } = response
  const said = `Keystone at ${url} answered the login with ${status}`
  if (isTemporary(status)) {
    return new OpenStackError('KEYSTONE_UNAVAILABLE', `${said}: ${errorText(response, secretsOf(auth))}.`, {
      status,
      retryable: true,
    })
  }
  if (status >= 300 && status < 400) {
    const location = quote(headers['location'] ?? 'nowhere', 120)
    return new OpenStackError('KEYSTONE_ANSWER', `${said}, a redirect to ${location}, which is not followed.`, {
      status,
      retryable: true,
      remedy: 'Enter the address that it redirects to, if that is the right one.',
    })
  }
  return new OpenStackError('KEYSTONE_LOGIN_REFUSED', `${said}: ${errorText(response, secretsOf(auth))}.`, {
    status,
    retryable: true,
    remedy: remedyFor(status, headers, auth),
  })
}

function remedyFor(status: number, headers: HttpResponse['headers'], auth: KeystoneAuth): string {
  if (headers['openstack-auth-receipt'] !== undefined) {
    return 'The account needs a second factor: use an application credential instead.'
  }
  if (status === 404) return "Check the address: it should be Keystone's, e.g. https://cloud.example.net:5000/v3."
  return auth.method === 'password'
    ? 'Check user, password, domains and project, and that the account is neither disabled nor locked.'
    : 'Check id and secret of the application credential, and that it has not expired or been deleted.'
}

function notYet(error: OperatorError, waitMs: number): OperatorError {
  const code = error instanceof OpenStackError ? error.code : 'KEYSTONE_UNAVAILABLE'
  return new OpenStackError(code, `${error.message} The next login is tried in ${Math.ceil(waitMs / 1000)} s.`, {
    retryable: true,
    cause: error,
  })
}

function unexpected(thrown: unknown): OperatorError {
  return new OpenStackError('KEYSTONE_UNAVAILABLE', describeError(thrown), { retryable: true, cause: thrown })
}
