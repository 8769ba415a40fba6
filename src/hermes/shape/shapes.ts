import type { KeptNotification, StoredEvent } from '../../audit/model'
import { firstValue, type QueryParameters } from '../../audit/query/parameters'
import { quote } from '../../errors/redact'
import { badRequest } from '../failure'
import { SHAPES, type Shape } from '../model'
import { decodeStored, type Fields, fieldsOf } from './decode'
import { flatEvent, flatItem } from './flat'
import { oldEvent, oldItem } from './old'

/** @throws ApiFailure 400 */
export function shapeOf(parameters: QueryParameters, otherwise: Shape): Shape {
  const asked = firstValue(parameters, 'shape')
  if (asked === undefined) return otherwise
  const shape = SHAPES.find((known) => known === asked)
  if (shape !== undefined) return shape
  throw badRequest('BAD_SHAPE', `The parameter shape is "${quote(asked, 40)}", which is none of ${SHAPES.join(', ')}.`)
}

export interface Showing {
  readonly shape: Shape
  /** Attachments in the items of a list. */
  readonly details: boolean
}

/** An item of a list as JSON. Never throws, whatever is stored. */
export function itemText(stored: StoredEvent, showing: Showing): string {
  const { shape, details } = showing
  if (shape === 'event') return wholeEvent(stored)
  if (shape === 'record') return recordText(stored)
  const event = decodeStored(stored) ?? {}
  if (shape === 'old') return pretty(oldItem(stored, event))
  const flat = flatItem(stored, event, details)
  return pretty(shape === 'flat' ? flat : superset(flat, oldItem(stored, event)))
}

/** An event by itself as JSON; `pending` is what was asked, where this is what came of it. */
export function eventText(stored: StoredEvent, pending: StoredEvent | undefined, showing: Showing): string {
  const { shape } = showing
  if (shape === 'event') return wholeEvent(stored)
  if (shape === 'record') return recordText(stored, pending)
  const event = decodeStored(stored)
  if (shape === 'old') return pretty(oldEvent(stored, event))
  const flat = flatEvent(stored, event ?? {})
  return pretty(shape === 'flat' ? flat : superset(flat, oldEvent(stored, event)))
}

/** Only `initiator` is in both; its members agree where both have one. */
function superset(flat: Fields, old: Fields): Fields {
  const initiator = { ...fieldsOf(old['initiator']), ...fieldsOf(flat['initiator']) }
  return { ...old, ...flat, initiator }
}

function pretty(value: Fields): string {
  return JSON.stringify(value, null, 2)
}

/** As it was stored, letter by letter; what is no JSON stands in a text. */
function wholeEvent(stored: StoredEvent): string {
  return isJsonObject(stored.body)
    ? stored.body
    : JSON.stringify({ id: stored.id, unreadable: true, body: stored.body })
}

function recordText(stored: StoredEvent, pending?: StoredEvent): string {
  const beside: Fields = {
    id: stored.id,
    phase: stored.phase,
    cloud: stored.cloud,
    sequence: stored.sequence,
    tenants: stored.tenants,
    ...(stored.added === undefined ? {} : { added: stored.added }),
    ...(stored.addedTenants === undefined ? {} : { added_tenants: stored.addedTenants }),
    notification: notificationFields(stored.notification),
  }
  const parts = [JSON.stringify(beside).slice(1, -1), `"event":${wholeEvent(stored)}`]
  if (pending !== undefined) parts.push(`"pending":${wholeEvent(pending)}`)
  return `{${parts.join(',')}}`
}

function notificationFields({ messageId, eventType, publisherId, priority, timestamp }: KeptNotification): Fields {
  return {
    message_id: messageId,
    event_type: eventType,
    publisher_id: publisherId,
    priority,
    timestamp,
  }
}

function isJsonObject(text: string): boolean {
  return decodeStored({ body: text }) !== undefined
}
