import { OperatorError } from '../../errors/operator-error'
import { parseTime, type TimeBounds } from '../query/time'

export type Unit = 'minutes' | 'hours' | 'days' | 'weeks'

/** The time that a dialog asks for. */
export type Span =
  | { readonly by: 'all' }
  | { readonly by: 'last'; readonly count: number; readonly unit: Unit }
  /** As the `time` parameter takes them; empty: no bound. `to` is not included. */
  | { readonly by: 'between'; readonly from: string; readonly to: string }

const UNIT_US: Readonly<Record<Unit, number>> = {
  minutes: 60_000_000,
  hours: 3_600_000_000,
  days: 86_400_000_000,
  weeks: 7 * 86_400_000_000,
}

/**
 * @param nowMs since 1970; "the last hour" ends then, so that asking again page by page asks the same
 * @throws OperatorError `AUDIT_BAD_TIME`
 */
export function boundsOf(span: Span, nowMs: number): TimeBounds {
  switch (span.by) {
    case 'all':
      return {}
    case 'last': {
      const to = nowMs * 1000
      return { from: to - span.count * UNIT_US[span.unit], to }
    }
    case 'between': {
      const from = stamp(span.from)
      const to = stamp(span.to)
      return parseTime([from && `gte:${from}`, to && `lt:${to}`].filter((part) => part !== '').join(','))
    }
  }
}

/** A date alone is its first moment, as is a time without seconds; both in UTC where no zone is given. */
function stamp(text: string): string {
  const given = text.trim()
  if (given.includes(',')) {
    throw new OperatorError('AUDIT_BAD_TIME', 'From and to are one time each.', {
      remedy: 'Write each as 2026-11-21 or 2026-11-21T06:00:00Z.',
    })
  }
  if (/^\d{4}-\d\d-\d\d$/.test(given)) return `${given}T00:00:00Z`
  const [, day, minute, rest] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:.*|[Z+-].*)?$/.exec(given) ?? []
  if (day === undefined || minute === undefined) return given
  return rest?.startsWith(':') ? `${day}T${minute}${rest}` : `${day}T${minute}:00${rest ?? ''}`
}
