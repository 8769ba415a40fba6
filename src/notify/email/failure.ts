import { describeError } from '../../errors/operator-error'
import { quote, redact } from '../../errors/redact'
import { NotifyError, type NotifyFailure } from '../channel'

/** What nodemailer adds to its errors. */
interface SmtpFault {
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly response?: unknown
  readonly command?: unknown
  readonly originalCode?: unknown
}

/** A reply of the server: `550 5.1.1 no such user`. */
export interface SmtpReply {
  readonly code: number
  /** RFC 3463, e.g. `5.1.1`; empty where the server gives none. */
  readonly enhanced: string
}

export function replyOf(thrown: unknown): SmtpReply | undefined {
  const { responseCode, response } = (thrown ?? {}) as SmtpFault
  if (typeof responseCode !== 'number' || responseCode < 400) return undefined
  const [, enhanced = ''] = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(String(response ?? '')) ?? []
  return { code: responseCode, enhanced }
}

/**
 * What a refused recipient is: `later` (4yz; and a full mailbox, which is emptied some day), `gone` (no such mailbox, or
 * nobody's mail is taken there), `forbidden` (the server does not let us write to anybody there without something else).
 */
export function recipientFate(thrown: unknown): 'later' | 'gone' | 'forbidden' {
  const reply = replyOf(thrown)
  if (reply === undefined || reply.code < 500) return 'later'
  const { code, enhanced } = reply
  if (enhanced === '5.2.2' || (code === 552 && enhanced === '')) return 'later'
  if (code === 530 || code === 535 || enhanced === '5.7.1' || enhanced === '5.7.0' || enhanced === '5.7.57')
    return 'forbidden'
  return 'gone'
}

/**
 * What stopped a whole mail.
 * @param handedOver whether all of the mail had been given to the connection: then it may have been taken
 * @param secrets taken out of every text
 */
export function smtpFailure(
  server: string,
  thrown: unknown,
  handedOver: boolean,
  secrets: readonly (string | undefined)[],
): NotifyError {
  if (thrown instanceof NotifyError) return thrown
  const reply = replyOf(thrown)
  const said = `${server}: ${quote(redact(describeError(thrown), secrets), 300)}.`
  const error = (kind: NotifyFailure, remedy?: string) =>
    new NotifyError(kind, said, { ...(remedy === undefined ? {} : { remedy }), cause: thrown })
  if (reply !== undefined) return byReply(reply, (thrown ?? {}) as SmtpFault, error)
  const { code, command } = (thrown ?? {}) as SmtpFault
  switch (code) {
    case 'EMESSAGE':
      return command === 'MAIL FROM'
        ? error('too_large', 'The server says how much it takes (SIZE).')
        : error('invalid')
    case 'EENVELOPE':
      return error('config', 'Check the sender and the recipients.')
    case 'EAUTH':
      return error('auth', 'Check how to log in, user and password.')
    case 'ETLS':
    case 'ESOCKET':
      if (isCertificateFault(thrown)) {
        return error('config', 'Choose a TLS configuration with the CA that signed the server.')
      }
      return error(handedOver ? 'unknown' : 'transient')
    default:
      return error(handedOver ? 'unknown' : 'transient')
  }
}

function byReply(
  { code, enhanced }: SmtpReply,
  { command }: SmtpFault,
  error: (kind: NotifyFailure, remedy?: string) => NotifyError,
): NotifyError {
  if (code < 500) return error('transient')
  const loggingIn = typeof command === 'string' && command.startsWith('AUTH')
  if (loggingIn || code === 530 || code === 534 || code === 535 || code === 538) {
    return error('auth', 'Check how to log in, user and password; some providers take no passwords any more (XOAUTH2).')
  }
  switch (command) {
    case 'STARTTLS':
      return error(
        'config',
        'The server does not speak STARTTLS: choose TLS from the start (465), or ask its operator.',
      )
    case 'CONN':
    case 'EHLO':
    case 'HELO':
      return error('config', 'The server does not take connections from here: ask its operator.')
    case 'MAIL FROM':
      if (code === 552 || enhanced === '5.3.4' || enhanced === '5.2.3') return error('too_large')
      return error('config', 'The server does not take mail from this sender.')
    case 'RCPT TO':
      return error('not_found', 'Check the recipients.')
    default:
      if (enhanced === '5.2.2') return error('transient')
      // 503 is about the state of the session, not about the mail.
      if (code === 503) return error('transient')
      return error(code === 552 || enhanced === '5.3.4' || enhanced === '5.2.3' ? 'too_large' : 'invalid')
  }
}

function isCertificateFault(thrown: unknown): boolean {
  const { originalCode } = (thrown ?? {}) as SmtpFault
  const text = `${String(originalCode ?? '')} ${describeError(thrown)}`
  return /\bCERT_|SELF_SIGNED|UNABLE_TO_|ALTNAME|certificate|self.signed|altnames/i.test(text)
}
