import { OperatorError } from '../../errors/operator-error'
import { decodeNotification } from '../../notification/envelope'
import { cadfEvent } from '../convert'

type Fields = Readonly<Record<string, unknown>>

/**
 * A message to try rules on, from what somebody pastes: a message copied from the debug sidebar, a notification as it stands
 * on the bus or in a log file, or a bare CADF event.
 * @throws OperatorError `SAMPLE_JSON`, or why it is no notification
 */
export function sampleMessage(text: string): Fields {
  // The log driver writes a line prefix before the JSON.
  const start = text.indexOf('{')
  let sample: unknown
  try {
    sample = JSON.parse(start < 0 ? text : text.slice(start))
  } catch {
    sample = undefined
  }
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) {
    throw new OperatorError('SAMPLE_JSON', 'The sample is no JSON object.', {
      remedy: 'Paste a message from the debug sidebar ("copy value") or a notification.',
    })
  }
  const fields = sample as Fields
  if ('oslo.message' in fields || 'event_type' in fields) return notified(fields)
  if (typeof fields['action'] === 'string' && typeof fields['eventTime'] === 'string') {
    return notified({ event_type: 'sample', payload: fields })
  }
  return fields
}

function notified(body: Fields): Fields {
  const { notification, payload } = decodeNotification(JSON.stringify(body), { kind: 'inject', cloud: '' })
  return { topic: notification.eventType, payload, event: cadfEvent(notification, payload), notification }
}
