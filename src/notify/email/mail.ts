import { createHash } from 'node:crypto'
import MailComposer from 'nodemailer/lib/mail-composer'
import type { Report } from '../model'
import { plainText } from '../plain-text'
import { headerText, type MailAddress } from './addresses'
import { htmlBody } from './html'
import type { EmailSettings } from './settings'

/** A mail as it goes over the wire, before dots are stuffed. */
export interface Mail {
  readonly messageId: string
  readonly bytes: Buffer
}

const LONGEST_SUBJECT = 250

/**
 * Puts a report into a mail. The same report to the same recipients over the same server has the same Message-ID, so that
 * mailboxes can tell a repetition; mails of one matter are threaded by References to an id that stands for the matter.
 * @param now ms since 1970, for the Date header
 */
export async function mailOf(report: Report, settings: EmailSettings, now: number): Promise<Mail> {
  const { from, to, cc, replyTo, host } = settings
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1)
  const id = (kind: string, ...parts: readonly string[]) => `<${kind}.${digest(parts)}@${domain}>`
  const messageId = id('event', report.id, host, ...[...to, ...cc].map(({ address }) => address))
  const composer = new MailComposer({
    from: header(from),
    to: to.map(header),
    ...(cc.length === 0 ? {} : { cc: cc.map(header) }),
    ...(replyTo === undefined ? {} : { replyTo: header(replyTo) }),
    subject: headerText(report.filled['subject'] ?? `[${report.severity}] ${report.title}`, LONGEST_SUBJECT),
    date: new Date(now),
    messageId,
    references: [id('matter', report.ticketKey)],
    // RFC 3834: nobody's holiday notice answers it.
    headers: { 'Auto-Submitted': 'auto-generated' },
    text: plainText(report),
    html: htmlBody(report),
    xMailer: false,
    newline: '\r\n',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return { messageId, bytes: await composer.compile().build() }
}

function header({ name, address }: MailAddress): { name: string; address: string } {
  return { name, address }
}

function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)
}
