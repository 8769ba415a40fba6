import type { Notification } from '../notification/model'
import { auditMap, withAuditMap } from './audit/map-file'
import { cadfEvent, isRead } from './convert'
import type { CadfEvent } from './event'
import { isGap } from './from-gap'

/** How a source makes events of its notifications. */
export interface Conversion {
  readonly event: (notification: Notification, payload: unknown) => CadfEvent
  /** Whether the event goes into the flow. A source's report of a gap always does. */
  readonly keeps: (notification: Notification, event: CadfEvent) => boolean
}

/** Without an audit map, and with everything kept. */
export const PLAIN_CONVERSION: Conversion = { event: cadfEvent, keeps: () => true }

/**
 * @param mapText an operator's audit map file; undefined for none
 * @param dropReads leaves out what was only looked at; most of an API's audit trail is that
 * @throws OperatorError `AUDIT_MAP_…`
 */
export function conversionOf(mapText: string | undefined, dropReads: boolean): Conversion {
  const paths = mapText === undefined ? undefined : withAuditMap(auditMap(mapText))
  return {
    event: paths === undefined ? cadfEvent : (notification, payload) => cadfEvent(notification, payload, paths),
    keeps: dropReads ? (notification, event) => !isRead(event) || isGap(notification) : PLAIN_CONVERSION.keeps,
  }
}
