import type { Notification } from '../notification/model'
import { KNOWN_SERVICES, type ServicePaths } from './audit/service-paths'
import type { CadfEvent } from './event'
import { fromCadf, isCadf } from './from-cadf'
import { fromGap, isGap } from './from-gap'
import { fromNotification } from './from-notification'
import { fromKeystoneBasic } from './keystone'

/**
 * The CADF event of a notification, whatever its source. Never fails: a member that the standard requires and the source
 * lacks is filled in visibly and listed in `added`.
 * @param paths what request paths name; those of OpenStack's services, or with an audit map file's as well
 */
export function cadfEvent(
  notification: Notification,
  payload: unknown,
  paths: ServicePaths = KNOWN_SERVICES,
): CadfEvent {
  if (isCadf(payload)) return fromCadf(notification, payload, paths)
  if (isGap(notification)) return fromGap(notification, payload)
  return fromKeystoneBasic(notification, payload) ?? fromNotification(notification, payload)
}

/** Whether an event tells of something that was only looked at. */
export function isRead(event: CadfEvent): boolean {
  return event.action === 'read' || event.action.startsWith('read/')
}
