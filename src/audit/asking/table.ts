import { fieldsOf } from '../export/fields'
import type { StoredEvent } from '../model'
import { eventOf } from './occurrence'

/** One event as a line of a table: texts, empty where the event does not tell. Names are those of attributes. */
export interface Row {
  /** As the source sent it. */
  readonly time: string
  readonly [column: string]: string
}

const PATHS = {
  action: 'action',
  outcome: 'outcome',
  reason_code: 'reason.reasonCode',
  initiator_name: 'initiator.name',
  initiator_id: 'initiator.id',
  initiator_project_id: 'initiator.project_id',
  initiator_project_name: 'initiator.project_name',
  address: 'initiator.host.address',
  target_type: 'target.typeURI',
  target_name: 'target.name',
  target_id: 'target.id',
  target_project_id: 'target.project_id',
  observer_type: 'observer.typeURI',
  request_path: 'requestPath',
} as const

/** With what look-ups added, where the event itself does not tell. */
export function rowOf(stored: StoredEvent): Row {
  const field = fieldsOf(stored)
  const cells = Object.entries(PATHS).map(([name, path]) => [name, field(path) ?? ''])
  return {
    time: eventOf(stored).eventTime,
    cloud: stored.cloud,
    event_type: stored.notification.eventType ?? '',
    ...Object.fromEntries(cells),
    id: stored.id,
  }
}
