import { hash } from 'node:crypto'
import { type CadfEvent, type CadfResource, EVENT_TYPE_URI } from '../../cadf/event'
import type { AuditRecord } from '../model'
import { type Fields, fieldsOf } from '../record/resources'
import type { OwnEvent } from '../trail'

/** Who reports what this package itself does. */
export const OWN_OBSERVER: CadfResource = {
  id: 'openstack-audit-trail',
  typeURI: 'service/bss/audit',
  name: 'audit trail of Node-RED',
}

const CONFLICT = 'create/conflict'

/** The CADF event of something that this package did. `time` in ms since 1970. */
export function ownEvent(own: OwnEvent, id: string, time: number): CadfEvent {
  const { action, outcome, initiator, target, reason, attachments, requestPath } = own
  return {
    typeURI: EVENT_TYPE_URI,
    id,
    eventType: 'activity',
    eventTime: isoTime(time),
    action,
    outcome,
    initiator,
    target,
    observer: OWN_OBSERVER,
    ...(reason === undefined ? {} : { reason }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(requestPath === undefined ? {} : { requestPath }),
  }
}

/**
 * Kept in place of an event whose id another event of other content has already: names that one, and holds the other. The
 * same for the same pair of key and content, so that it is kept once however often that content comes.
 */
export function conflictEvent(record: AuditRecord, time: number): CadfEvent {
  const { cloud, id, phase, contentHash } = record
  const other = JSON.parse(record.body) as { readonly id: string }
  return {
    typeURI: EVENT_TYPE_URI,
    id: uuidOf(JSON.stringify(['conflict', cloud, id, phase, contentHash])),
    eventType: 'activity',
    eventTime: isoTime(time),
    action: CONFLICT,
    outcome: 'failure',
    initiator: OWN_OBSERVER,
    target: { id: other.id, typeURI: 'data/audit/event', name: `${phase} event` },
    observer: OWN_OBSERVER,
    reason: {
      reasonType:
        'Another event with this id and phase is stored already and says something else; it was left as it is.',
      reasonCode: 'AUDIT_CONFLICT',
    },
    attachments: [{ typeURI: 'mime:application/json', name: 'event', content: other }],
  }
}

/** The event that a conflict holds in place of one of its own; any other event itself. */
export function heldEvent(event: Fields): Fields {
  const isConflict = event['action'] === CONFLICT && fieldsOf(event['observer'])?.['id'] === OWN_OBSERVER.id
  const [held] = isConflict && Array.isArray(event['attachments']) ? event['attachments'] : []
  return fieldsOf(fieldsOf(held)?.['content']) ?? event
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+00:00')
}

/** In the form of a UUID (version 8: of one's own making), by which clients ask for events. */
function uuidOf(text: string): string {
  const hex = hash('sha256', text)
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
