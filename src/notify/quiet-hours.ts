import { OperatorError } from '../errors/operator-error'

/** Hours of the day, on some days of the week, in which nothing is sent. */
export interface QuietHours {
  /** Minutes after midnight. */
  readonly from: number
  /** Before `from`: of the next day. */
  readonly to: number
  /** On which days they begin: 0 Sunday … 6 Saturday. */
  readonly days: ReadonlySet<number>
  readonly timeZone: string
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const SPAN = /^([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)$/

/**
 * @param span `22:00-07:00`; empty: none
 * @param days `mon-fri, sun`; empty: all
 * @param timeZone an IANA name; empty: that of this machine
 * @throws OperatorError NOTIFY_CONFIG
 */
export function parseQuietHours(span: string, days: string, timeZone: string): QuietHours | undefined {
  if (span.trim() === '') return undefined
  const [, fromHour, fromMinute, toHour, toMinute] = SPAN.exec(span.trim()) ?? []
  if (fromHour === undefined) throw problem('The quiet hours cannot be used.', 'Write them as 22:00-07:00.')
  const from = Number(fromHour) * 60 + Number(fromMinute)
  const to = Number(toHour) * 60 + Number(toMinute)
  if (from === to || to > 1440)
    throw problem('The quiet hours cannot be used.', 'They begin and end at different times.')
  return { from, to, days: parseDays(days), timeZone: checkedZone(timeZone.trim()) }
}

/** When the quiet hours end in which `at` lies, ms since 1970; undefined outside of them. */
export function quietUntil(quiet: QuietHours, at: number): number | undefined {
  const { minutes, day } = localTime(at, quiet.timeZone)
  const overnight = quiet.to <= quiet.from
  const began = minutes >= quiet.from && (overnight || minutes < quiet.to)
  if (began && quiet.days.has(day))
    return endFrom(quiet, at, overnight ? 1440 - minutes + quiet.to : quiet.to - minutes)
  const sinceYesterday = overnight && minutes < quiet.to
  if (sinceYesterday && quiet.days.has((day + 6) % 7)) return endFrom(quiet, at, quiet.to - minutes)
  return undefined
}

/** A night in which clocks change is an hour shorter or longer than its minutes say. */
function endFrom(quiet: QuietHours, at: number, minutes: number): number {
  const startOfMinute = Math.floor(at / 60_000) * 60_000
  const naive = startOfMinute + minutes * 60_000
  const off = localTime(naive, quiet.timeZone).minutes - (quiet.to % 1440)
  return naive - (Math.abs(off) <= 120 ? off : 0) * 60_000
}

function localTime(at: number, timeZone: string): { minutes: number; day: number } {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  return {
    minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
    day: DAYS.indexOf((parts.get('weekday') ?? '').toLowerCase()),
  }
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(timeZone: string): Intl.DateTimeFormat {
  let made = formatters.get(timeZone)
  if (made === undefined) {
    made = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
      hourCycle: 'h23',
    })
    formatters.set(timeZone, made)
  }
  return made
}

function parseDays(text: string): ReadonlySet<number> {
  const days = new Set<number>()
  for (const part of text.toLowerCase().split(/[\s,]+/)) {
    if (part === '') continue
    const [first = '', last = first] = part.split(/[-–]/)
    const from = DAYS.indexOf(first.slice(0, 3))
    const to = DAYS.indexOf(last.slice(0, 3))
    if (from < 0 || to < 0) throw problem('The days of the quiet hours cannot be used.', 'Write them as mon-fri, sun.')
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day)
      if (day === to) break
    }
  }
  return days.size === 0 ? new Set(DAYS.keys()) : days
}

function checkedZone(timeZone: string): string {
  if (timeZone === '') return Intl.DateTimeFormat().resolvedOptions().timeZone
  try {
    formatter(timeZone)
  } catch {
    throw problem('The time zone of the quiet hours is not known.', 'Use a name such as Europe/Berlin or UTC.')
  }
  return timeZone
}

function problem(message: string, remedy: string): OperatorError {
  return new OperatorError('NOTIFY_CONFIG', message, { remedy })
}
