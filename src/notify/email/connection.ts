import { Readable } from 'node:stream'
import SMTPConnection, { type Options, type SentMessageInfo } from 'nodemailer/lib/smtp-connection'
import XOAuth2 from 'nodemailer/lib/xoauth2'
import type { Timers } from '../../time/timers'
import { NotifyError } from '../channel'
import { replyOf, smtpFailure } from './failure'
import type { TokenSource } from './oauth'
import type { EmailSettings } from './settings'

export interface Envelope {
  readonly from: string
  readonly to: readonly string[]
}

/** What the server told of itself. */
export interface ServerFacts {
  readonly encrypted: boolean
  readonly loggedIn: boolean
  /** Bytes; undefined where the server names no limit. */
  readonly size: number | undefined
  /** Ways to log in, as the server offers them now. */
  readonly logins: readonly string[]
}

const LIMITS = { connectionTimeout: 10_000, greetingTimeout: 15_000, dnsTimeout: 5000, socketTimeout: 60_000 }

/**
 * One connection to a mail server, opened with the first mail and kept for the next ones until it was idle for a while. One
 * mail at a time.
 */
export class MailConnection {
  readonly #settings: EmailSettings
  readonly #tokens: TokenSource | undefined
  readonly #timers: Timers
  readonly #secrets: readonly (string | undefined)[]
  #open: SMTPConnection | undefined
  #stopIdle: (() => void) | undefined
  #closed = false
  /** The answer to the last EHLO. */
  #ehlo = ''

  constructor(
    settings: EmailSettings,
    tokens: TokenSource | undefined,
    timers: Timers,
    secrets: readonly (string | undefined)[],
  ) {
    this.#settings = settings
    this.#tokens = tokens
    this.#timers = timers
    this.#secrets = secrets
  }

  get server(): string {
    return `${this.#settings.host}:${this.#settings.port}`
  }

  /**
   * Hands a mail to the server. Recipients that it refused are in `rejectedErrors`; if it refused all, that is an error.
   * @throws NotifyError; nodemailer's own error where all recipients were refused
   */
  async deliver(envelope: Envelope, bytes: Buffer): Promise<SentMessageInfo> {
    this.#stopIdle?.()
    const kept = this.#usable()
    if (kept !== undefined) {
      const outcome = await this.#transaction(kept, envelope, bytes)
      if (!('stale' in outcome)) return this.#settled(outcome)
      this.#drop()
    }
    const outcome = await this.#transaction(await this.#connect(), envelope, bytes)
    return this.#settled('stale' in outcome ? { thrown: outcome.stale, handedOver: false } : outcome)
  }

  /** Connects and logs in, on a connection of its own; sends nothing. */
  async facts(signal?: AbortSignal): Promise<ServerFacts> {
    const connection = await this.#connect(signal)
    this.#leave(connection)
    return factsOf(connection, this.#ehlo, this.#settings.login.kind !== 'none')
  }

  /** Ends the connection; a mail that is under way fails. */
  close(): void {
    this.#closed = true
    this.#stopIdle?.()
    this.#drop()
  }

  #usable(): SMTPConnection | undefined {
    if (this.#open?.destroyed === true) this.#open = undefined
    return this.#open
  }

  #drop(): void {
    this.#open?.close()
    this.#open = undefined
  }

  async #connect(signal?: AbortSignal): Promise<SMTPConnection> {
    if (this.#closed) throw new NotifyError('transient', `${this.server}: the node is being stopped.`)
    const connection = new SMTPConnection(options(this.#settings))
    // Later ones come while nothing is under way: the connection is then found destroyed.
    connection.on('error', () => {})
    const stop = () => connection.close()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      await settled(connection, (done) => connection.connect(done))
      this.#ehlo = String(connection.lastServerResponse || '')
      await this.#logIn(connection)
    } catch (thrown) {
      connection.close()
      throw smtpFailure(this.server, thrown, false, this.#secrets)
    } finally {
      signal?.removeEventListener('abort', stop)
    }
    this.#open = connection
    return connection
  }

  async #logIn(connection: SMTPConnection): Promise<void> {
    const { login } = this.#settings
    if (login.kind === 'none') return
    // Mail is not handed to whoever answers: where a log-in is configured there must be one.
    if (!connection.allowsAuth) {
      throw new NotifyError('config', `${this.server} offers no way to log in.`, {
        remedy: 'Servers often do only after TLS, or on another port; for a relay without log-in choose "not at all".',
      })
    }
    if (login.kind === 'password') {
      const { user, password } = login
      await settled(connection, (done) => connection.login({ user, credentials: { user, pass: password } }, done))
      return
    }
    const tokens = this.#tokens
    let failure: unknown
    const oauth2 = new XOAuth2({
      user: login.user,
      provisionCallback: (_user, renew, callback) => {
        const give = tokens === undefined ? Promise.reject(new Error('no token')) : tokens.token(renew)
        give.then(
          (token) => callback(null, token),
          (thrown: unknown) => {
            // nodemailer writes into the errors that it is given.
            failure = thrown
            callback(new Error('no access token'))
          },
        )
      },
    })
    try {
      await settled(connection, (done) => connection.login({ user: login.user, method: 'XOAUTH2', oauth2 }, done))
    } catch (thrown) {
      throw failure ?? thrown
    }
  }

  async #transaction(connection: SMTPConnection, { from, to }: Envelope, bytes: Buffer): Promise<Outcome> {
    let handedOver = false
    let begun = false
    const message = new Readable({
      read() {
        begun = true
        this.push(bytes)
        this.push(null)
      },
    })
    message.once('end', () => {
      handedOver = true
    })
    const envelope = { from, to: [...to], size: bytes.length }
    try {
      return { info: await settled(connection, (done) => connection.send(envelope, message, done)) }
    } catch (thrown) {
      // The server may have ended a kept connection meanwhile: that is no answer to this mail.
      const reply = replyOf(thrown)
      const ended = reply === undefined ? connection.destroyed : reply.code === 421
      return ended && !begun ? { stale: thrown } : { thrown, handedOver }
    }
  }

  #settled(outcome: { readonly info: SentMessageInfo } | { readonly thrown: unknown; readonly handedOver: boolean }) {
    if ('info' in outcome) {
      this.#rest()
      return outcome.info
    }
    // Whatever state the session is in now, the next one begins with a clean one.
    this.#drop()
    const { thrown, handedOver } = outcome
    if (refusedRecipients(thrown).length > 0) throw thrown
    throw smtpFailure(this.server, thrown, handedOver, this.#secrets)
  }

  #rest(): void {
    const connection = this.#open
    if (this.#settings.idleMs === 0 || this.#closed) this.#leave(connection)
    else this.#stopIdle = this.#timers.after(this.#settings.idleMs, () => this.#leave(connection))
  }

  #leave(connection: SMTPConnection | undefined): void {
    if (connection === this.#open) this.#open = undefined
    if (connection !== undefined && !connection.destroyed) connection.quit()
  }
}

type Outcome =
  | { readonly info: SentMessageInfo }
  | { readonly thrown: unknown; readonly handedOver: boolean }
  /** The connection had ended before anything of the mail was said. */
  | { readonly stale: unknown }

/** Each with its `recipient` and the server's reply. */
export function refusedRecipients(thrown: unknown): readonly unknown[] {
  const errors = (thrown as { rejectedErrors?: unknown } | null | undefined)?.rejectedErrors
  return Array.isArray(errors) ? errors : []
}

function options({ host, port, security, tls, helo }: EmailSettings): Options {
  return {
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(helo === undefined ? {} : { name: helo }),
    tls: { ...tls },
    logger: false,
    ...LIMITS,
  }
}

/** A step of nodemailer as a promise, also where its end is told only by an event. */
function settled<T>(
  connection: SMTPConnection,
  step: (done: (error?: Error | null, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('The connection was closed'))
    const free = () => {
      connection.off('error', failed)
      connection.off('end', ended)
    }
    const failed = (error: Error) => {
      free()
      reject(error)
    }
    connection.on('error', failed)
    connection.on('end', ended)
    step((error, value) => {
      free()
      if (error) reject(error)
      else resolve(value as T)
    })
  })
}

function factsOf(connection: SMTPConnection, ehlo: string, loggedIn: boolean): ServerFacts {
  const [, size] = /^250[ -]SIZE[ \t]+(\d+)/im.exec(ehlo) ?? []
  const [, logins = ''] = /^250[ -]AUTH[ =](.*)$/im.exec(ehlo) ?? []
  return {
    encrypted: connection.secure,
    loggedIn,
    size: size === undefined || Number(size) === 0 ? undefined : Number(size),
    logins: logins
      .trim()
      .split(/\s+/)
      .filter((name) => name !== ''),
  }
}
