const two = (number) => String(number).padStart(2, '0')

/** `2026-11-21 07:30:15`, in the time zone of the browser. */
export function localTime(ms, withSeconds = true) {
  const at = new Date(ms)
  if (Number.isNaN(at.getTime())) return ''
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`
  return withSeconds ? `${day} ${time}:${two(at.getSeconds())}` : `${day} ${time}`
}

/** Producers write offsets with and without a colon; browsers read the former only. */
export function timeOf(text) {
  return Date.parse(String(text ?? '').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
}

export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'local time'
}

/** For `<input type="datetime-local">`. */
export function inputTime(ms) {
  return localTime(ms).replace(' ', 'T')
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const RANGES = [
  ['15m', 'Last 15 minutes', 15 * MINUTE],
  ['1h', 'Last hour', HOUR],
  ['24h', 'Last 24 hours', DAY],
  ['7d', 'Last 7 days', 7 * DAY],
  ['30d', 'Last 30 days', 30 * DAY],
  ['all', 'All', undefined],
]

const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
]

/** The finest step of the timeline, in ms, that needs no more than `most` bars. */
export function stepFor(from, to, most) {
  return STEPS.find((step) => Math.floor(to / step) - Math.floor(from / step) < most) ?? STEPS.at(-1)
}

/** `2 min`, `3 h` */
export function duration(ms) {
  for (const [unit, name] of [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
  ]) {
    if (ms >= unit) return `${Math.round((ms / unit) * 10) / 10} ${name}`
  }
  return `${Math.round(ms / SECOND)} s`
}
