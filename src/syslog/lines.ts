import { hash } from 'node:crypto'
import { OperatorError } from '../errors/operator-error'
import { type Incoming, memberOf, notificationOf } from '../message/members'
import type { BatchMember, OccurrenceMessage } from '../message/model'
import { reportOf } from '../notify/report'
import { templateData } from '../notify/templates/set'
import { oselLines } from '../osel/lines'
import { cefOf } from './cef'
import { encode3164 } from './encode-3164'
import { encode5424 } from './encode-5424'
import type { EncodedLine, SyslogMessage } from './message'
import type { SyslogSettings } from './settings'
import { severityOf } from './severity'
import { asciiJson } from './visible'

/** One thing to write about: an occurrence, a member of a batch, or just a message with a text in it. */
export interface Subject {
  /** Property expressions are read from this. */
  readonly source: { readonly [member: string]: unknown }
  readonly occurrence: OccurrenceMessage | BatchMember | undefined
}

/** What property expressions gave for a subject. */
export interface Evaluated {
  /** For the format `text`. */
  readonly text?: unknown
  /** For severity by value. */
  readonly severity?: unknown
}

export interface PreparedLine extends EncodedLine {
  /** Equal for a line that says the same about the same event; undefined where no event has an id. */
  readonly key: string | undefined
}

/**
 * @throws OperatorError SYSLOG_NO_EVENT for a message that only the format `text` can write
 */
export function subjectsOf(message: { readonly [member: string]: unknown }, came: Incoming, format: string): Subject[] {
  if (came.kind === 'batch') {
    return came.members.map((member) => ({
      source: member as unknown as Subject['source'],
      occurrence: member,
    }))
  }
  if (came.kind === 'occurrence') return [{ source: message, occurrence: came.message }]
  if (format === 'text') return [{ source: message, occurrence: undefined }]
  throw noEvent()
}

function noEvent(): OperatorError {
  return new OperatorError('SYSLOG_NO_EVENT', 'The message carries no CADF event.', {
    remedy: 'Send it an event, an audit record or a batch, or choose the format "text from a property".',
  })
}

/** The lines of one subject, usually one; osel's format writes one for each change and address. */
export function linesOf(subject: Subject, evaluated: Evaluated, settings: SyslogSettings, now: Date): PreparedLine[] {
  return textsOf(subject, evaluated, settings).map((text) => {
    const message = messageOf(subject, text, evaluated, settings, now)
    const { limit, bom } = settings
    const encoded =
      settings.protocol === 'rfc3164' ? encode3164(message, { limit, now }) : encode5424(message, { limit, bom, now })
    return { ...encoded, key: keyOf(subject, text) }
  })
}

function textsOf(subject: Subject, evaluated: Evaluated, settings: SyslogSettings): string[] {
  switch (settings.format) {
    case 'json':
      return [asciiJson(subject.occurrence?.event)]
    case 'osel':
      return oselLines(subject.source, settings.hostname)
    case 'text':
      return [textOf(evaluated.text)]
    case 'cef':
      return [cefOf(occurrenceOf(subject))]
    case 'template':
      return [renderedText(occurrenceOf(subject), settings)]
  }
}

function occurrenceOf({ occurrence }: Subject): OccurrenceMessage | BatchMember {
  if (occurrence === undefined) throw noEvent()
  return occurrence
}

/** What an event holds cannot end the line: the encoder makes line ends visible, also the template's own. */
function renderedText(occurrence: OccurrenceMessage | BatchMember, { template }: SyslogSettings): string {
  const text = template?.render(templateData(reportOf([memberOf(occurrence as OccurrenceMessage)]))).trim() ?? ''
  if (text !== '') return text
  throw new OperatorError('SYSLOG_NO_TEXT', 'The template gave an empty text.', {
    remedy: 'See docs/templates.md for what a template can say.',
  })
}

/** An object becomes JSON; nothing at all is an error, as an empty line would look like an event. */
function textOf(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? asciiJson(value) : String(value ?? '')
  if (text !== '') return text
  throw new OperatorError('SYSLOG_NO_TEXT', 'The property that holds the text is empty.', {
    remedy: 'Check the property in the node, or set it before.',
  })
}

function messageOf(
  subject: Subject,
  text: string,
  evaluated: Evaluated,
  settings: SyslogSettings,
  now: Date,
): SyslogMessage {
  const { occurrence } = subject
  const event = occurrence?.event
  const topic = typeof subject.source['topic'] === 'string' ? subject.source['topic'] : ''
  const notification = occurrence === undefined ? undefined : notificationOf(occurrence)
  return {
    facility: settings.facility,
    severity: severityOf(settings.severity, event?.outcome, evaluated.severity),
    time: settings.time === 'event' && typeof event?.eventTime === 'string' ? event.eventTime : now.toISOString(),
    hostname: settings.hostname,
    appName: settings.appName,
    procId: String(process.pid),
    msgId: topic,
    structuredData: {
      enterpriseId: settings.enterpriseId,
      params: {
        messageId: notification?.messageId,
        eventId: event?.id,
        eventType: topic,
        cloud: notification?.source?.cloud,
      },
    },
    text,
    isPlain: settings.format !== 'text' && settings.format !== 'template',
  }
}

function keyOf({ occurrence }: Subject, text: string): string | undefined {
  if (occurrence === undefined) return undefined
  const digest = hash('sha256', text, 'base64url').slice(0, 22)
  return `${occurrence.event.id} ${digest}`
}
