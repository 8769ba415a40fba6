import type { HttpClient } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import { NotifyError } from '../channel'
import type { EmailLogin } from './settings'

/** Gives access tokens for XOAUTH2. */
export interface TokenSource {
  /**
   * @param renew the last one was refused
   * @throws NotifyError
   */
  token(renew: boolean): Promise<string>
}

/** A token is renewed a minute before it ends. */
const EARLY_MS = 60_000
const DEFAULT_LIFETIME_S = 3600

type TokenLogin = Extract<EmailLogin, { kind: 'token' | 'refresh' }>

/** @param now ms since 1970 */
export function tokenSource(login: TokenLogin, http: HttpClient, now: () => number): TokenSource {
  if (login.kind === 'token') {
    return {
      token: async (renew) => {
        if (!renew) return login.token
        throw new NotifyError('auth', 'The mail server does not take the access token.', {
          remedy: 'Access tokens end after an hour or so: enter a new one, or let the node fetch them.',
        })
      },
    }
  }
  let held: { readonly token: string; readonly until: number } | undefined
  // Some providers give a new refresh token with each access token and take the old one back.
  let { refreshToken } = login
  return {
    async token(renew) {
      if (!renew && held !== undefined && now() < held.until) return held.token
      const secrets = [login.clientSecret, refreshToken, login.refreshToken]
      const form = new URLSearchParams({
        grant_type: refreshToken === undefined ? 'client_credentials' : 'refresh_token',
        client_id: login.clientId,
        ...(login.clientSecret === undefined ? {} : { client_secret: login.clientSecret }),
        ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
        ...(login.scope === '' ? {} : { scope: login.scope }),
      })
      const host = new URL(login.tokenUrl).host
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }
      const request = { method: 'POST', url: login.tokenUrl, headers, body: form.toString() } as const
      const response = await ask(http, request, host, secrets)
      const answer = jsonOf(response)
      const token = answer?.['access_token']
      if (response.status !== 200 || typeof token !== 'string' || token === '') {
        const error = answer?.['error']
        const wrong = response.status >= 400 && response.status < 500 && response.status !== 429
        throw refused(host, response, now(), {
          ...(wrong ? { kind: 'auth' } : response.status === 200 ? { kind: 'config' } : {}),
          detail: typeof error === 'string' ? error : undefined,
          remedy: 'Check client, secrets and scope, and that the consent was not withdrawn.',
          secrets,
        })
      }
      const given = answer?.['refresh_token']
      if (typeof given === 'string' && given !== '' && refreshToken !== undefined) refreshToken = given
      const seconds = Number(answer?.['expires_in'] ?? DEFAULT_LIFETIME_S)
      held = { token, until: now() + (Number.isFinite(seconds) ? seconds * 1000 : 0) - EARLY_MS }
      return token
    },
  }
}
