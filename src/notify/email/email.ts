import { describeError } from '../../errors/operator-error'
import { quote, redact } from '../../errors/redact'
import { systemTimers } from '../../time/timers'
import { type Channel, type ChannelDefinition, type ChannelTools, NotifyError, type Sent } from '../channel'
import { MailConnection, refusedRecipients } from './connection'
import { recipientFate } from './failure'
import { mailOf } from './mail'
import { tokenSource } from './oauth'
import { type EmailLogin, type EmailSettings, readEmailSettings } from './settings'

/** Servers count mails a minute; this is below what the large providers allow. */
const RATE = { perSecond: 5, burst: 20 }
/**
 * How long a recipient that the server puts off keeps mails back. Greylisting lets a second try through after 5 minutes or so;
 * a mailbox that is full for days must not stop everybody's mail.
 */
const PATIENCE_MS = 10 * 60_000

/** Mail over SMTP: text and HTML, encrypted, to several recipients of whom each may be refused alone. */
export const emailChannel: ChannelDefinition = {
  name: 'email',
  fields: [
    { name: 'subject', escape: 'none' },
    { name: 'text', escape: 'none' },
    { name: 'html', escape: 'html' },
  ],
  rate: RATE,
  idempotent: false,
  open(config, tools) {
    const settings = readEmailSettings(config, tools)
    const { login } = settings
    const tokens =
      login.kind === 'token' || login.kind === 'refresh' ? tokenSource(login, tools.http, tools.now) : undefined
    const secrets = secretsOf(login)
    const connection = new MailConnection(settings, tokens, systemTimers, secrets)
    const round = new Recipients(settings, secrets, tools)
    return {
      target: targetOf(settings),
      async send(report) {
        const { messageId, bytes } = await mailOf(report, settings, tools.now())
        const to = await round.open(report.id)
        try {
          const info = await connection.deliver({ from: settings.from.address, to }, bytes)
          round.heard(info.accepted, info.rejectedErrors ?? [])
          return await round.sent(messageId, info.response, connection.server)
        } catch (thrown) {
          const refused = refusedRecipients(thrown)
          if (refused.length === 0) throw thrown
          round.heard([], refused)
          return await round.sent(messageId, '', connection.server)
        }
      },
      async test(signal) {
        const own = new MailConnection(settings, tokens, systemTimers, secrets)
        try {
          const { encrypted, loggedIn, size, logins } = await own.facts(signal)
          const limit = size === undefined ? 'names no size limit' : `takes mails up to ${Math.floor(size / 1024)} KiB`
          const offered = logins.length === 0 ? '' : ` It offers ${quote(logins.join(', '), 100)}.`
          return `${own.server} answers${encrypted ? ' over TLS' : ' WITHOUT encryption'}${loggedIn ? ', took the log-in' : ''} and ${limit}.${offered} Nothing was sent; whether it takes these recipients shows with the first mail.`
        } finally {
          own.close()
        }
      },
      close: async () => {
        connection.close()
        await tools.http.close()
      },
    } satisfies Channel
  },
}

/**
 * Who has had a report and who has not. A report that only some took is tried again for those whom the server put off, and
 * never sent twice to the others.
 */
class Recipients {
  readonly #all: readonly string[]
  readonly #secrets: readonly (string | undefined)[]
  readonly #now: () => number
  readonly #memory: ChannelTools['memory']
  /** Of the report under way. */
  #report: string | undefined
  /** It is written down who had it. */
  #noted = false
  readonly #had = new Set<string>()
  readonly #refused = new Map<string, { readonly text: string; readonly fate: 'later' | 'gone' | 'forbidden' }>()
  /** Since when a recipient is put off with every mail, ms since 1970. */
  readonly #putOff = new Map<string, number>()

  constructor({ to, cc }: EmailSettings, secrets: readonly (string | undefined)[], { now, memory }: ChannelTools) {
    this.#all = [...to, ...cc].map(({ address }) => address)
    this.#secrets = secrets
    this.#now = now
    this.#memory = memory
  }

  /** Those who are to get it now. */
  async open(report: string): Promise<readonly string[]> {
    if (report !== this.#report) {
      this.#report = report
      this.#had.clear()
      for (const address of hadBefore(await this.#memory?.get(PARTLY), report)) this.#had.add(address)
      this.#noted = this.#had.size > 0
    }
    this.#refused.clear()
    return this.#all.filter((address) => !this.#had.has(address))
  }

  heard(accepted: readonly string[], refused: readonly unknown[]): void {
    for (const address of accepted) {
      this.#had.add(address)
      this.#putOff.delete(address)
    }
    for (const error of refused) {
      const address = String((error as { recipient?: unknown }).recipient ?? '')
      const { response } = error as { response?: unknown }
      const text = quote(redact(typeof response === 'string' ? response : describeError(error), this.#secrets), 150)
      this.#refused.set(address, { text, fate: recipientFate(error) })
      if (recipientFate(error) === 'later' && !this.#putOff.has(address)) this.#putOff.set(address, this.#now())
    }
  }

  /**
   * The end of a try.
   * @throws NotifyError when somebody may yet get it with another try, or nobody got it
   */
  async sent(messageId: string, response: string, server: string): Promise<Sent> {
    const refused = [...this.#refused].map(([address, { text }]) => `${address} (${text})`).join(', ')
    const fates = [...this.#refused.values()].map(({ fate }) => fate)
    if (this.#had.size === 0) {
      const kind = fates.includes('later') ? 'transient' : fates.includes('forbidden') ? 'auth' : 'not_found'
      throw new NotifyError(kind, `${server} takes the mail for nobody: ${refused}.`, {
        ...(kind === 'transient' ? {} : { remedy: 'Check the recipients, the sender and how to log in.' }),
      })
    }
    const waiting = [...this.#refused].filter(([address, { fate }]) => fate === 'later' && this.#isNew(address))
    if (waiting.length > 0) {
      // The process may end before the next try.
      await this.#memory?.put(PARTLY, { report: this.#report, had: [...this.#had] })
      this.#noted = true
      throw new NotifyError('transient', `${server} puts off ${refused}; the other recipients have the mail.`)
    }
    if (this.#noted) await this.#memory?.forget(PARTLY)
    this.#noted = false
    const accepted = [...this.#had]
    this.#report = undefined
    return {
      did: 'sent',
      id: messageId,
      accepted,
      ...(response === '' ? {} : { response: quote(redact(response, this.#secrets), 200) }),
      ...(refused === '' ? {} : { incomplete: refused }),
    }
  }

  #isNew(address: string): boolean {
    return this.#now() - (this.#putOff.get(address) ?? 0) < PATIENCE_MS
  }
}

const PARTLY = 'mail-partly-sent'

function hadBefore(value: unknown, report: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const { report: of, had } = value as { report?: unknown; had?: unknown }
  return of === report && Array.isArray(had) ? had.filter((address) => typeof address === 'string') : []
}

function targetOf({ to, cc }: EmailSettings): string {
  const more = to.length + cc.length - 1
  return `${to[0]?.address ?? ''}${more > 0 ? ` +${more}` : ''}`
}

function secretsOf(login: EmailLogin): readonly (string | undefined)[] {
  switch (login.kind) {
    case 'none':
      return []
    case 'password': {
      const encoded = [login.password, `\u0000${login.user}\u0000${login.password}`]
      return [login.password, ...encoded.map((text) => Buffer.from(text).toString('base64'))]
    }
    case 'token':
      return [login.token]
    case 'refresh':
      return [login.clientSecret, login.refreshToken]
  }
}
