import { zonedTime } from '../notification/zoned-time'

/**
 * ms since 1970 for a time in Keystone's answers; undefined for what is none. Keystone means UTC also where it writes no zone
 * (as it does for the expiry of application credentials), which `Date.parse` would take for this machine's time.
 */
export function keystoneTime(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const time = Date.parse(zonedTime(value) ?? value)
  return Number.isNaN(time) ? undefined : time
}
