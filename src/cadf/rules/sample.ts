import { OperatorError } from '../../errors/operator-error'
import { messageOfPceEvent } from '../../illumio/message'
import { decodeNotification } from '../../notification/envelope'
import { logLine } from '../../notification/log-file/line'
import { inContext } from '../../notification/log-file/request-context'
import type { NotificationContext } from '../../notification/model'
import { cadfEvent } from '../convert'

type Fields = Readonly<Record<string, unknown>>

/**
 * A message to try rules on, from what somebody pastes: a message copied from the debug sidebar, a notification as it stands
 * on the bus, the line of a log file that holds it, an event of an Illumio PCE, or a bare CADF event.
 * @throws OperatorError `SAMPLE_JSON`, or why it is no notification
 */
export function sampleMessage(text: string): Fields {
  const logged = logLine(text.trim())
  if (logged.kind === 'refused') throw logged.error
  const { body, context } = logged.kind === 'notification' ? logged : { body: text, context: undefined }
  // Somebody may have copied the end of a line only.
  const start = body.indexOf('{')
  let sample: unknown
  try {
    sample = JSON.parse(start < 0 ? body : body.slice(start))
  } catch {
    sample = undefined
  }
  if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) {
    throw new OperatorError('SAMPLE_JSON', 'The sample is no JSON object.', {
      remedy: 'Paste a message from the debug sidebar ("copy value") or a notification.',
    })
  }
  const fields = sample as Fields
  if (isPceEvent(fields)) return { ...messageOfPceEvent(fields, 'sample') }
  if ('oslo.message' in fields || 'event_type' in fields) return notified(fields, context)
  if (typeof fields['action'] === 'string' && typeof fields['eventTime'] === 'string') {
    return notified({ event_type: 'sample', payload: fields })
  }
  return fields
}

/** oslo's notifications have an `event_type`, too, but neither of the others. */
function isPceEvent(fields: Fields): boolean {
  return 'event_type' in fields && 'created_by' in fields && typeof fields['href'] === 'string'
}

function notified(body: Fields, context?: NotificationContext): Fields {
  const decoded = decodeNotification(JSON.stringify(body), { kind: 'inject', cloud: '' })
  const { notification, payload } = inContext(decoded, context)
  return { topic: notification.eventType, payload, event: cadfEvent(notification, payload), notification }
}
