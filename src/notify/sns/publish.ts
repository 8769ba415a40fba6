import { createHash } from 'node:crypto'
import { NotifyError } from '../channel'
import { cutBytes } from '../cut'
import { escapeText } from '../escape'
import type { Report } from '../model'
import { plainText } from '../plain-text'
import type { SnsSettings } from './settings'
import { fitSms, smsSize, toGsm } from './sms'

/** Parameters of a Publish, by the names of the API. */
export type Parameters = Readonly<Record<string, string>>

/** Bytes, message and attributes together (API reference of Publish). */
const LARGEST = 262_144
const LONGEST_SUBJECT = 100
const LONGEST_ATTRIBUTE = 256

/** @throws NotifyError `too_large` for an event in JSON that does not fit; texts are cut */
export function publishParameters(report: Report, settings: SnsSettings): Parameters {
  const { to, group } = settings
  if (to.kind === 'phone') {
    return { PhoneNumber: to.number, Message: smsText(report, settings), ...attributes(smsAttributes(settings)) }
  }
  const told = [
    ['event_type', report.eventType],
    ['severity', report.severity],
  ].map(([name = '', value = '']) => [name, attributeValue(value)] as const)
  const spent = told.reduce((sum, [name, value]) => sum + Buffer.byteLength(`${name}String${value}`), 0)
  return {
    [to.kind === 'topic' ? 'TopicArn' : 'TargetArn']: to.arn,
    ...message(report, settings, LARGEST - spent),
    ...attributes(told),
    ...(to.kind === 'topic' && to.fifo
      ? { MessageGroupId: group || token(report.ticketKey), MessageDeduplicationId: token(report.id) }
      : {}),
  }
}

/** What is sent to a telephone: what happened, in as few parts as allowed, and the link. */
export function smsText(report: Report, { sms }: Pick<SnsSettings, 'sms'>): string {
  const filled = report.filled['text']
  const text = filled ?? escapeText(`[${report.severity}] ${report.title}`, 'none')
  const tail = filled === undefined && report.link !== undefined ? ` ${report.link.url}` : ''
  const written = sms.plain ? [toGsm(text), toGsm(tail)] : [text, tail]
  return fitSms((written[0] ?? '').trim() || report.severity, written[1] ?? '', sms.parts)
}

/** For output 1, so that cost can be watched. */
export function smsCost(text: string): { readonly parts: number; readonly encoding: string } {
  return smsSize(text)
}

function message(report: Report, settings: SnsSettings, room: number): Parameters {
  const subject = subjectOf(report.filled['subject'] ?? `[${report.severity}] ${report.title}`)
  switch (settings.form) {
    case 'text':
      return { Message: cutBytes(plainText(report).trim(), room), Subject: subject }
    case 'event': {
      const events = report.occurrences.map(({ event }) => event)
      return { Message: whole(JSON.stringify(events.length === 1 ? events[0] : events), room), Subject: subject }
    }
    case 'structured': {
      // JSON doubles a line end or a quotation mark at worst; the text for telephones is 1600 characters at most.
      const text = cutBytes(plainText(report).trim(), Math.floor((room - 16_000) / 2))
      const told = { default: text, sms: smsText(report, settings) }
      return { Message: whole(JSON.stringify(told), room), MessageStructure: 'json', Subject: subject }
    }
  }
}

function whole(text: string, room: number): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= room) return text
  throw new NotifyError('too_large', `SNS takes ${LARGEST} bytes; the message has ${bytes}.`, {
    remedy: 'Send the text instead of the event, or fewer events at once.',
  })
}

/** Printable ASCII that begins with a letter, a digit or a sign, in one line; undefined is left out by {@link attributes}. */
function subjectOf(text: string): string {
  const ascii = text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}|\p{Cf}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim()
  return ascii.length <= LONGEST_SUBJECT ? ascii || 'Event' : `${ascii.slice(0, LONGEST_SUBJECT - 3)}...`
}

function smsAttributes({ sms }: SnsSettings): (readonly [string, string])[] {
  return [
    ['AWS.SNS.SMS.SMSType', sms.kind],
    ...(sms.sender === '' ? [] : [['AWS.SNS.SMS.SenderID', sms.sender] as const]),
  ]
}

function attributes(told: readonly (readonly [string, string])[]): Parameters {
  return Object.fromEntries(
    told.flatMap(([name, value], index) => [
      [`MessageAttributes.entry.${index + 1}.Name`, name],
      [`MessageAttributes.entry.${index + 1}.Value.DataType`, 'String'],
      [`MessageAttributes.entry.${index + 1}.Value.StringValue`, value],
    ]),
  )
}

/** Filter policies compare it; it may not be empty. */
function attributeValue(text: string): string {
  return cutBytes(text.replace(/\p{Cc}|\p{Cf}/gu, ' ').trim(), LONGEST_ATTRIBUTE) || 'unknown'
}

/** Up to 128 letters, digits and punctuation; anything else as its digest, the same for the same. */
function token(text: string): string {
  return /^[\x21-\x7e]{1,128}$/.test(text) ? text : createHash('sha256').update(text).digest('hex')
}
