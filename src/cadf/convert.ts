import type { Notification } from '../notification/model'
import type { CadfEvent } from './event'
import { fromCadf, isCadf } from './from-cadf'
import { fromGap, isGap } from './from-gap'
import { fromNotification } from './from-notification'

/**
 * The CADF event of a notification, whatever its source. Never fails: a member that the standard requires and the source
 * lacks is filled in visibly and listed in `added`.
 */
export function cadfEvent(notification: Notification, payload: unknown): CadfEvent {
  if (isCadf(payload)) return fromCadf(notification, payload)
  return isGap(notification) ? fromGap(notification, payload) : fromNotification(notification, payload)
}
