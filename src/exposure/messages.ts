import { OperatorError } from '../errors/operator-error'
import type { Occurrence } from './occurrence'

/** A message as the port lookup takes it: one occurrence, or the members of a batch. */
export interface ReadMessage {
  /** Names the message when it comes again. */
  readonly key: string
  readonly occurrences: readonly Occurrence[]
  readonly batch: boolean
}

/** @throws LOOKUP_MESSAGE if the message is neither */
export function readMessage(message: object): ReadMessage {
  const msg = message as Record<string, unknown>
  const fallback = textOf(msg['_msgid']) ?? ''
  const { batch, payload } = msg
  if (!isRecord(batch)) {
    const occurrence = occurrenceOf(msg, 'The message', fallback)
    return { key: occurrence.messageId, occurrences: [occurrence], batch: false }
  }
  if (!Array.isArray(payload)) throw unfit('The message has msg.batch, but msg.payload is no list of its members.')
  const occurrences = payload.map((member: unknown, index) => {
    if (!isRecord(member)) throw unfit(`Member ${index} of the batch is not an object.`)
    return occurrenceOf(member, `Member ${index} of the batch`, `${fallback}/${index}`)
  })
  return { key: textOf(batch['id']) ?? fallback, occurrences, batch: true }
}

function occurrenceOf(holder: Record<string, unknown>, what: string, fallback: string): Occurrence {
  const topic = textOf(holder['topic'])
  if (topic === undefined) throw unfit(`${what} has no event type in topic.`)
  const messageId = textIn(holder['notification'], 'messageId') ?? fallback
  return { topic, payload: holder['payload'], messageId, eventId: textIn(holder['event'], 'id') ?? messageId }
}

function unfit(problem: string): OperatorError {
  return new OperatorError('LOOKUP_MESSAGE', problem, {
    remedy: 'Send it what openstack-notification-in, cadf-filter or cadf-batch sends.',
  })
}

function textIn(holder: unknown, member: string): string | undefined {
  return isRecord(holder) ? textOf(holder[member]) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
