import { OperatorError } from '../../errors/operator-error'
import type { Bucket } from '../model'

/** Of a chart: `ui-chart` of Node-RED's dashboard draws them with x, y and series as the names of its properties. */
export interface Point {
  /** ms since 1970 */
  readonly x: number
  readonly y: number
  readonly series: string
}

/** As the older dashboard's `ui_chart` takes a whole chart. */
export interface OldChart {
  readonly series: readonly string[]
  readonly data: readonly (readonly { readonly x: number; readonly y: number }[])[]
  readonly labels: readonly string[]
}

const SECOND = 1_000_000
/** µs; steps that people read easily. */
const STEPS = [1, 5, 15, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 28 * 86_400].map(
  (seconds) => seconds * SECOND,
)
const ABOUT = 60
export const MOST_BUCKETS = 5000

/** The step with which a time is cut into at most about sixty pieces, µs. */
export function stepFor(from: number, to: number): number {
  const wanted = Math.max(0, to - from) / ABOUT
  return STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / DAY) * DAY
}
const DAY = 86_400 * SECOND

/**
 * Every bucket from the first to the last, also those that hold nothing: a line would be drawn across them.
 * @param span in µs; a side without bound begins or ends with the first or last event
 */
export function filled(
  buckets: readonly Bucket[],
  interval: number,
  span: { readonly from?: number; readonly to?: number },
): Bucket[] {
  const first = Math.max(span.from ?? Number.NEGATIVE_INFINITY, buckets[0]?.time ?? span.from ?? Number.NaN)
  const begin = align(span.from ?? first, interval)
  const last = span.to === undefined ? (buckets.at(-1)?.time ?? begin) : align(span.to - 1, interval)
  if (Number.isNaN(begin) || Number.isNaN(last)) return []
  if ((last - begin) / interval > MOST_BUCKETS) {
    throw new OperatorError('AUDIT_TOO_WIDE', `The chart would have more than ${MOST_BUCKETS} points.`, {
      remedy: 'Choose a longer interval or less time.',
    })
  }
  const byTime = new Map(buckets.map((bucket) => [bucket.time, bucket]))
  const all: Bucket[] = []
  for (let time = begin; time <= last; time += interval) all.push(byTime.get(time) ?? { time, count: 0 })
  return all
}

function align(time: number, interval: number): number {
  return Math.floor(time / interval) * interval
}

/** @param name of the one series of a chart that is not counted apart */
export function points(buckets: readonly Bucket[], name: string): Point[] {
  return seriesOf(buckets, name).flatMap((series) =>
    buckets.map((bucket) => ({ x: bucket.time / 1000, y: heightOf(bucket, series, name), series: labelOf(series) })),
  )
}

export function oldChart(buckets: readonly Bucket[], name: string): OldChart[] {
  const series = seriesOf(buckets, name)
  const data = series.map((one) => buckets.map((bucket) => ({ x: bucket.time / 1000, y: heightOf(bucket, one, name) })))
  return [{ series: series.map(labelOf), data, labels: [''] }]
}

function seriesOf(buckets: readonly Bucket[], name: string): string[] {
  const apart = new Set(buckets.flatMap(({ by }) => Object.keys(by ?? {})))
  return apart.size === 0 ? [name] : [...apart].sort()
}

function heightOf({ count, by }: Bucket, series: string, name: string): number {
  if (by !== undefined) return Object.hasOwn(by, series) ? (by[series] ?? 0) : 0
  return series === name ? count : 0
}

/** Events that lack the attribute come under the empty text. */
function labelOf(series: string): string {
  return series === '' ? '(none)' : series
}
