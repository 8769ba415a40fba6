const DIGITS = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})([.,]\d+)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/

/**
 * Brings a source's time to `yyyy-mm-ddThh:mm:ss[.fraction]±hh:mm` (DSP0262 wants the offset and no `Z`), digits kept as
 * sent. OpenStack writes UTC without a zone, UTC with `+0000` and UTC with `Z`; what has no zone is UTC.
 * Undefined for whatever is not a time.
 */
export function zonedTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  // The two spellings of nearly every message, told by their shape: 2026-11-21 06:51:16.704739 and …T…+0000.
  const valid = DIGITS.exec(value)
  if (valid === null) return undefined
  const [, day, time, fraction = '', zone = 'Z'] = valid
  if (Number.isNaN(Date.parse(`${day}T${time}Z`))) return undefined
  return `${day}T${time}${fraction.replace(',', '.')}${offset(zone)}`
}

function offset(zone: string): string {
  if (zone === 'Z' || zone === 'z') return '+00:00'
  if (zone.length === 6) return zone
  return zone.length === 3 ? `${zone}:00` : `${zone.slice(0, 3)}:${zone.slice(3)}`
}
