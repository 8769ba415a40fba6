import type { HttpClient } from '../../http/client'
import { ask, jsonOf, refused } from '../answers'
import { NotifyError } from '../channel'
import type { ServiceNowSettings } from './settings'

/** A token is renewed so long before it ends. */
const MARGIN_MS = 30_000

/** The header that proves who we are; of OAuth the token is kept until it ends. */
export class ServiceNowAuthorization {
  readonly #settings: ServiceNowSettings
  readonly #http: HttpClient
  readonly #now: () => number
  #token: { readonly text: string; readonly until: number } | undefined

  constructor(settings: ServiceNowSettings, http: HttpClient, now: () => number) {
    this.#settings = settings
    this.#http = http
    this.#now = now
  }

  /** Rejects with a NotifyError. */
  async header(signal?: AbortSignal): Promise<string> {
    const { login } = this.#settings
    if (login.kind === 'basic') {
      return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`
    }
    if (this.#token === undefined || this.#token.until <= this.#now()) this.#token = await this.#ask(login, signal)
    return `Bearer ${this.#token.text}`
  }

  /** Everything that must show in no text. */
  get secrets(): readonly (string | undefined)[] {
    return [...this.#settings.secrets, this.#token?.text]
  }

  /** The token was refused although it has not ended. @returns whether another may help */
  refused(): boolean {
    const had = this.#token !== undefined
    this.#token = undefined
    return had
  }

  async #ask(login: ServiceNowSettings['login'] & { readonly kind: 'oauth' }, signal: AbortSignal | undefined) {
    const { clientId, clientSecret, user } = login
    const form = new URLSearchParams({
      grant_type: user === undefined ? 'client_credentials' : 'password',
      client_id: clientId,
      client_secret: clientSecret,
      ...(user === undefined ? {} : { username: user.name, password: user.password }),
    })
    const response = await ask(
      this.#http,
      {
        method: 'POST',
        url: `${this.#settings.instance}/oauth_token.do`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: form.toString(),
        ...(signal === undefined ? {} : { signal }),
      },
      'ServiceNow',
      this.#settings.secrets,
    )
    const answer = jsonOf(response)
    const { access_token: text, expires_in: seconds } = answer ?? {}
    if (response.status === 200 && typeof text === 'string') {
      return { text, until: this.#now() + Number(seconds ?? 0) * 1000 - MARGIN_MS }
    }
    if (response.status === 200) throw new NotifyError('transient', 'ServiceNow gave no token.')
    const wrong = response.status === 400 || response.status === 401
    throw refused('ServiceNow', response, this.#now(), {
      ...(wrong ? { kind: 'auth', remedy: 'Check the client, its secret and the user.' } : {}),
      ...(typeof answer?.['error'] === 'string' ? { detail: answer['error'] } : {}),
      secrets: this.#settings.secrets,
    })
  }
}
