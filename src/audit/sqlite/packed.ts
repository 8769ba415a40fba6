/**
 * Ids in half the space. A UUID of 32 or 36 characters becomes 16 bytes and how it was written; whatever else stays a text. Equal
 * texts pack equally, so that packed values can be compared for equality.
 */
const AS_DASHED = 1
const AS_REQUEST = 2

export type Packed = string | Uint8Array

/** Stands for: as in the column that has it already. No packed id is as short. */
export const SAME: Uint8Array = Uint8Array.of(0)

export function packed(text: string): Packed {
  switch (text.length) {
    case 32:
      return bytesOf(text, 0, 0) ?? text
    case 36:
      return bytesOf(text, 0, AS_DASHED) ?? text
    case 40:
      return (text.startsWith('req-') ? bytesOf(text, 4, AS_REQUEST) : undefined) ?? text
    default:
      return text
  }
}

/** {@link packed} of a column, where that has a value. */
export function packedOrNull(text: string | null): Packed | null {
  return text === null ? null : packed(text)
}

/** The first 16 bytes of a hash in hexadecimal digits: equal or not is all that is asked of it. */
export function packedHash(hex: string): Packed {
  return (hex.length === 64 ? bytesOf(hex, 0, 0) : undefined) ?? hex
}

export function samePacked(a: Packed, b: Packed): boolean {
  return typeof a === 'string' || typeof b === 'string' ? a === b : Buffer.compare(a, b) === 0
}

export function unpacked(value: Packed): string {
  if (typeof value === 'string') return value
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (bytes.length === 16) return bytes.toString('hex')
  const hex = bytes.toString('hex', 1)
  const dashed = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return bytes[0] === AS_REQUEST ? `req-${dashed}` : dashed
}

/** Values of lower-case hexadecimal digits by their codes. */
const DIGITS = new Int8Array(128).fill(-1)
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGITS[digit.charCodeAt(0)] = value
const DASH = '-'.charCodeAt(0)
/** In a UUID with dashes a dash stands before these bytes. */
const DASHED: readonly boolean[] = Array.from({ length: 16 }, (_, byte) => [4, 6, 8, 10].includes(byte))

/** 16 bytes after the tag, which 0 is none. Digit by digit: expressions and conversions of strings take ten times as long. */
function bytesOf(text: string, from: number, tag: number): Uint8Array | undefined {
  const start = tag === 0 ? 0 : 1
  const bytes = new Uint8Array(16 + start)
  if (tag !== 0) bytes[0] = tag
  let at = from
  for (let byte = 0; byte < 16; byte += 1) {
    if (tag !== 0 && DASHED[byte] && text.charCodeAt(at++) !== DASH) return undefined
    const high = DIGITS[text.charCodeAt(at++)] ?? -1
    const low = DIGITS[text.charCodeAt(at++)] ?? -1
    if (high < 0 || low < 0) return undefined
    bytes[start + byte] = high * 16 + low
  }
  return bytes
}

/**
 * The time of a notification as oslo.messaging writes it, `2026-11-21 06:51:19.925256`, as the difference to the event's time: a few
 * bytes instead of 26. Whatever is written otherwise stays a text.
 */
const STAMP = /^(\d{4}-\d\d-(\d\d))([ T])((\d\d):\d\d:\d\d)\.(\d{3})(\d{3})$/

export function packedStamp(text: string, eventTime: number): number | string {
  const match = STAMP.exec(text)
  if (match === null) return text
  const [, date, day, between, clock, hour, thousandths, millionths] = match
  const millis = Date.parse(`${date}T${clock}.${thousandths}Z`)
  if (Number.isNaN(millis)) return text
  const difference = (millis * 1000 + Number(millionths) - eventTime) * 2 + (between === 'T' ? 1 : 0)
  // February 30th and 24 o'clock are read as others.
  const odd = Number(day) > 28 || Number(hour) > 23
  return odd && unpackedStamp(difference, eventTime) !== text ? text : difference
}

export function unpackedStamp(value: number | string, eventTime: number): string {
  if (typeof value === 'string') return value
  const withT = Math.abs(value % 2) === 1
  const micros = (value - (withT ? 1 : 0)) / 2 + eventTime
  const millis = Math.floor(micros / 1000)
  const iso = new Date(millis).toISOString()
  return `${withT ? iso.slice(0, 23) : iso.slice(0, 23).replace('T', ' ')}${String(micros - millis * 1000).padStart(3, '0')}`
}
