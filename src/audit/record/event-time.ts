import { zonedTime } from '../../notification/zoned-time'

/**
 * µs since 1970 for a time in any spelling that OpenStack's services use; what has no zone is UTC, digits beyond the sixth do
 * not count. Undefined for what is no time, and for years in which µs are not exact (before 1684, after 2255).
 */
export function microseconds(value: unknown): number | undefined {
  // The spelling that the conversion gives nearly every event.
  if (typeof value === 'string' && value.length === 32 && value.endsWith('+00:00') && value.charCodeAt(19) === 46) {
    const whole = Date.parse(`${value.slice(0, 19)}Z`)
    const fraction = Number(value.slice(20, 26))
    if (!Number.isNaN(whole) && Number.isInteger(fraction)) return exact(whole * 1000 + fraction)
  }
  const [, seconds, fraction = '', zone] = PARTS.exec(zonedTime(value) ?? '') ?? []
  if (seconds === undefined) return undefined
  const whole = Date.parse(`${seconds}${zone}`)
  return Number.isNaN(whole) ? undefined : exact(whole * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0')))
}

const PARTS = /^(.{19})(?:\.(\d+))?([+-]\d{2}:\d{2})$/

function exact(time: number): number | undefined {
  return Number.isSafeInteger(time) ? time : undefined
}
