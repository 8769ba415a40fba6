const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})([.,]\d+)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/

/**
 * Brings a source's time to `yyyy-mm-ddThh:mm:ss[.fraction]±hh:mm` (DSP0262 wants the offset and no `Z`), digits kept as
 * sent. OpenStack writes UTC without a zone, UTC with `+0000` and UTC with `Z`; what has no zone is UTC.
 * Undefined for whatever is not a time.
 */
export function zonedTime(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  // The two spellings of nearly every message, without the general expression: every message has one to three of them.
  if (value.length === 26 && isMicrosecondTime(value)) return `${value.slice(0, 10)}T${value.slice(11)}+00:00`
  if (value.length === 31 && value.endsWith('+0000') && isMicrosecondTime(value)) {
    return `${value.slice(0, 10)}T${value.slice(11, 26)}+00:00`
  }
  const valid = TIME.exec(value)
  if (valid === null) return undefined
  const [, day, time, fraction = '', zone = 'Z'] = valid
  if (Number.isNaN(Date.parse(`${day}T${time}Z`))) return undefined
  return `${day}T${time}${fraction.replace(',', '.')}${offset(zone)}`
}

const ZERO = 48
/** `2026-11-21 06:51:16.704739`: what stands at each place, `0` for a digit. */
const SHAPE = '0000-00-00 00:00:00.000000'

function isMicrosecondTime(text: string): boolean {
  for (let at = 0; at < SHAPE.length; at++) {
    const code = text.charCodeAt(at)
    const expected = SHAPE.charCodeAt(at)
    if (expected === ZERO ? code < ZERO || code > ZERO + 9 : code !== expected && !(at === 10 && code === 0x54))
      return false
  }
  const month = two(text, 5)
  const day = two(text, 8)
  // Days that only some months have are left to the general way.
  return (
    month >= 1 && month <= 12 && day >= 1 && day <= 28 && two(text, 11) < 24 && two(text, 14) < 60 && two(text, 17) < 60
  )
}

function two(text: string, at: number): number {
  return (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO
}

function offset(zone: string): string {
  if (zone === 'Z' || zone === 'z') return '+00:00'
  if (zone.length === 6) return zone
  return zone.length === 3 ? `${zone}:00` : `${zone.slice(0, 3)}:${zone.slice(3)}`
}
