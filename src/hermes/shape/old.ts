import type { StoredEvent } from '../../audit/model'
import { derivedEventType, sourceOf } from '../../audit/record/event-type'
import { resourceOf } from '../../audit/record/resources'
import { type Fields, fieldsOf, isoTime, textOf, textsOf } from './decode'

/** Members of Hermes as it was in 2017: of the notification, with a little of the event. */
export function oldItem(stored: StoredEvent, event: Fields): Fields {
  const target = fieldsOf(event['target'])
  const eventType = oldEventType(stored, event)
  return {
    source: eventType.split('.', 1)[0] ?? '',
    event_id: stored.notification.messageId ?? (textOf(event['id']) || stored.id),
    event_type: eventType,
    event_time: textOf(event['eventTime']) || isoTime(stored.time),
    resource_id: textOf(target['id']),
    resource_type: textOf(target['typeURI']),
    ...renamed(target, { name: 'resource_name' }),
    initiator: oldInitiator(event),
  }
}

/** The whole notification, as it came from the bus as far as it was kept. */
export function oldEvent(stored: StoredEvent, event: Fields | undefined): Fields {
  const { messageId, publisherId, priority, timestamp } = stored.notification
  return {
    publisher_id: publisherId ?? '',
    event_type: oldEventType(stored, event ?? {}),
    payload: event ?? stored.body,
    message_id: messageId ?? (textOf(event?.['id']) || stored.id),
    priority: priority ?? 'INFO',
    timestamp: timestamp ?? isoTime(stored.time),
  }
}

function oldInitiator(event: Fields): Fields {
  const initiator = fieldsOf(event['initiator'])
  const host = fieldsOf(initiator['host'])
  const id = textOf(initiator['id']) || textOf(event['initiatorId'])
  const userName = textOf(initiator['username']) || textOf(initiator['user_name']) || textOf(initiator['name'])
  return {
    typeURI: textOf(initiator['typeURI']),
    ...textsOf(initiator, ['domain_id', 'domain_name', 'project_id', 'project_name']),
    user_id: textOf(initiator['user_id']) || id,
    ...(userName === '' ? {} : { user_name: userName }),
    host: { agent: textOf(host['agent']), address: textOf(host['address']) },
    id,
  }
}

function renamed(fields: Fields, names: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(
    Object.entries(names).flatMap(([from, to]) => {
      const text = textOf(fields[from])
      return text === '' ? [] : [[to, text]]
    }),
  )
}

/** Of the notification; else made from observer and action, as the trail indexes it. */
function oldEventType({ notification }: StoredEvent, event: Fields): string {
  const { eventType = '' } = notification
  if (eventType !== '') return eventType
  const observer = textOf(resourceOf(event, 'observer')['typeURI']) || undefined
  const target = textOf(resourceOf(event, 'target')['typeURI']) || undefined
  const action = textOf(event['action']) || undefined
  const source = sourceOf(observer, undefined)
  return derivedEventType(source, action, target) ?? [source, action].filter((part) => part !== undefined).join('.')
}
