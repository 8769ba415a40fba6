/**
 * Ids in half the space. A UUID of 32 or 36 characters becomes 16 bytes and how it was written; whatever else stays a text. Equal
 * texts pack equally, so that packed values can be compared for equality.
 */
const PLAIN = /^[0-9a-f]{32}$/
const DASHED = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const REQUEST = /^req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const AS_DASHED = 1
const AS_REQUEST = 2

export type Packed = string | Uint8Array

/** Stands for: as in the column that has it already. No packed id is as short. */
export const SAME: Uint8Array = Uint8Array.of(0)

export function packed(text: string): Packed {
  switch (text.length) {
    case 32:
      return PLAIN.test(text) ? Buffer.from(text, 'hex') : text
    case 36:
      return DASHED.test(text) ? tagged(AS_DASHED, text) : text
    case 40:
      return REQUEST.test(text) ? tagged(AS_REQUEST, text.slice(4)) : text
    default:
      return text
  }
}

export function unpacked(value: Packed): string {
  if (typeof value === 'string') return value
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes.length === 16) return bytes.toString('hex')
  const hex = bytes.toString('hex', 1)
  const dashed = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return bytes[0] === AS_REQUEST ? `req-${dashed}` : dashed
}

function tagged(tag: number, dashed: string): Uint8Array {
  return Buffer.from(`0${tag}${dashed.replaceAll('-', '')}`, 'hex')
}

/**
 * The time of a notification as oslo.messaging writes it, `2026-11-21 06:51:19.925256`, as the difference to the event's time: a few
 * bytes instead of 26. Whatever is written otherwise stays a text.
 */
const STAMP = /^(\d{4}-\d\d-\d\d)([ T])(\d\d:\d\d:\d\d)\.(\d{3})(\d{3})$/

export function packedStamp(text: string, eventTime: number): number | string {
  const match = STAMP.exec(text)
  if (match === null) return text
  const millis = Date.parse(`${match[1]}T${match[3]}.${match[4]}Z`)
  if (Number.isNaN(millis)) return text
  const difference = (millis * 1000 + Number(match[5]) - eventTime) * 2 + (match[2] === 'T' ? 1 : 0)
  // A date such as February 30th is read as another one.
  return unpackedStamp(difference, eventTime) === text ? difference : text
}

export function unpackedStamp(value: number | string, eventTime: number): string {
  if (typeof value === 'string') return value
  const withT = Math.abs(value % 2) === 1
  const micros = (value - (withT ? 1 : 0)) / 2 + eventTime
  const millis = Math.floor(micros / 1000)
  const iso = new Date(millis).toISOString()
  return `${withT ? iso.slice(0, 23) : iso.slice(0, 23).replace('T', ' ')}${String(micros - millis * 1000).padStart(3, '0')}`
}
