import { isAscii, isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { OperatorError } from '../errors/operator-error'
import { quote } from '../errors/redact'
import { contextOf } from './context'
import type { Notification, NotificationSource } from './model'
import { withoutTokens } from './tokens'
import { zonedTime } from './zoned-time'

/** What the transport says about a body; for AMQP the message's properties. */
export interface BodyProperties {
  readonly contentEncoding?: string | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  /** Epoch milliseconds; stands in for the timestamp of a notification that has none. Default: now. */
  readonly receivedAt?: number | undefined
}

export interface DecodedNotification {
  readonly notification: Notification
  /** As the source published it, but for tokens. */
  readonly payload: unknown
}

type Body = Readonly<Record<string, unknown>>

/**
 * Opens the envelope of an oslo.messaging notification: version 2 (`oslo.version`, `oslo.message` with the body as JSON
 * text) or the bare body of version 1. Throws an {@link OperatorError} with a code `ENVELOPE_…`; such a body will not
 * get better by trying again.
 */
export function decodeNotification(
  body: Buffer | string,
  source: NotificationSource,
  properties?: BodyProperties,
): DecodedNotification {
  if (properties !== undefined) refuseCompressed(properties)
  const text = typeof body === 'string' ? body : textOf(body)
  const outer = objectOf(parse(text, body, 'The body'), 'The body')
  const inner = 'oslo.message' in outer ? innerBody(outer) : versionOneBody(outer)
  const eventType = inner['event_type']
  if (typeof eventType !== 'string' || eventType === '') {
    throw new OperatorError(
      'ENVELOPE_NO_EVENT_TYPE',
      `The message names no event type; its members are ${quote(Object.keys(inner).join(', '))}.`,
      { remedy: 'Something other than notifications seems to be published here, for instance RPC calls.' },
    )
  }
  const added: string[] = []
  const notification = {
    messageId: textMember(inner, 'message_id') ?? derivedId(text, added),
    eventType,
    publisherId: textMember(inner, 'publisher_id') ?? null,
    priority: (textMember(inner, 'priority') ?? priorityOfKey(source) ?? 'INFO').toUpperCase(),
    timestamp: timestampOf(inner, properties, added),
    context: contextOf(inner),
    source,
  }
  return {
    notification: added.length === 0 ? notification : { ...notification, added },
    payload: withoutTokens(inner['payload']),
  }
}

function refuseCompressed(properties: BodyProperties): void {
  // kombu names its compression in a header; other publishers use the content encoding.
  const header = properties.headers?.['compression']
  const encoding = properties.contentEncoding
  if (typeof header === 'string' && header !== '') throw compressed(header)
  if (encoding !== undefined && /^(gzip|x-gzip|deflate|compress|br|zstd|bz(ip)?2|application\/)/i.test(encoding)) {
    throw compressed(encoding)
  }
}

function compressed(how: string): OperatorError {
  return new OperatorError('ENVELOPE_COMPRESSED', `The body is compressed (${quote(how, 40)}).`, {
    remedy: 'Set kombu_compression to nothing in the [oslo_messaging_rabbit] section of the publishing service.',
  })
}

function textOf(body: Buffer): string {
  if (body.length === 0) throw empty()
  // JSON written by Python is ASCII with escapes, for which a one-byte string is the fastest to make and to parse.
  if (isAscii(body)) return body.toString('latin1')
  if (isUtf8(body)) return body.toString('utf8')
  const how = compressionBySignature(body)
  if (how !== undefined) throw compressed(how)
  throw new OperatorError('ENVELOPE_NOT_UTF8', `The body (${body.length} bytes) is not UTF-8.`, {
    remedy: 'JSON must be UTF-8; the publisher seems to use another encoding, such as Latin-1.',
  })
}

function empty(): OperatorError {
  return new OperatorError('ENVELOPE_EMPTY', 'The body is empty.', { remedy: 'Nothing can be made of it.' })
}

/** First bytes of the formats that kombu knows. A body that starts so is never JSON. */
function compressionBySignature(body: Buffer): string | undefined {
  const [first, second] = [body[0], body[1]]
  if (first === 0x1f && second === 0x8b) return 'gzip'
  if (first === 0x78 && (second === 0x01 || second === 0x5e || second === 0x9c || second === 0xda)) return 'zlib'
  if (first === 0x42 && second === 0x5a && body[2] === 0x68) return 'bzip2'
  if (first === 0x28 && second === 0xb5 && body[2] === 0x2f && body[3] === 0xfd) return 'zstd'
  if (first === 0xfd && second === 0x37 && body[2] === 0x7a) return 'lzma'
  return undefined
}

function parse(text: string, body: Buffer | string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    if (text.trim() === '') throw empty()
    const how = typeof body === 'string' ? undefined : compressionBySignature(body)
    if (how !== undefined) throw compressed(how)
    // The text itself is not shown: it may hold secrets that no pattern would find.
    throw new OperatorError('ENVELOPE_NOT_JSON', `${what} (${text.length} characters) is not JSON.`, {
      remedy: 'Something other than notifications seems to be published here, or the text was cut.',
      cause,
    })
  }
}

function objectOf(value: unknown, what: string): Body {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`
  throw new OperatorError('ENVELOPE_SHAPE', `${what} is JSON, but ${found} and no notification.`, {
    remedy: 'Something other than notifications seems to be published here.',
  })
}

function innerBody(outer: Body): Body {
  const version = outer['oslo.version']
  // oslo.messaging holds versions with the same major number compatible.
  if (typeof version !== 'string' || !version.startsWith('2.')) {
    const shown = typeof version === 'string' || typeof version === 'number' ? quote(String(version), 40) : 'none'
    throw new OperatorError('ENVELOPE_VERSION', `The envelope's version is ${shown}; known are 2.x and bare bodies.`, {
      remedy: 'Set the notification driver of the publishing service to messagingv2.',
    })
  }
  const message = outer['oslo.message']
  if (typeof message !== 'string') {
    throw new OperatorError('ENVELOPE_SHAPE', 'The member oslo.message of the envelope is not a text.', {
      remedy: 'oslo.messaging puts the message there as JSON text.',
    })
  }
  return objectOf(parse(message, message, 'The member oslo.message'), 'The member oslo.message')
}

function versionOneBody(outer: Body): Body {
  if ('oslo.version' in outer) {
    throw new OperatorError('ENVELOPE_SHAPE', 'The envelope names a version but holds no oslo.message.', {
      remedy: 'Something other than notifications seems to be published here.',
    })
  }
  return outer
}

function textMember(body: Body, name: string): string | undefined {
  const value = body[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The same for the same body, so that a message that is delivered twice is still recognised. */
function derivedId(text: string, added: string[]): string {
  added.push('messageId')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Routing keys are `<topic>.<priority>`. */
function priorityOfKey(source: NotificationSource): string | undefined {
  const key = source.routingKey
  return key?.includes('.') ? key.slice(key.lastIndexOf('.') + 1) : undefined
}

function timestampOf(body: Body, properties: BodyProperties | undefined, added: string[]): string {
  const sent = zonedTime(body['timestamp']) ?? zonedTime(body['_context_timestamp'])
  if (sent !== undefined) return sent
  added.push('timestamp')
  return new Date(properties?.receivedAt ?? Date.now()).toISOString().replace('Z', '+00:00')
}
