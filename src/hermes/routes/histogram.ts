import { seenSpan } from '../../audit/asking/seen-span'
import type { AuditFilter } from '../../audit/model'
import { filterFrom } from '../../audit/query/filter-from'
import { firstValue, type QueryParameters } from '../../audit/query/parameters'
import type { AuditStore } from '../../audit/store'
import { quote } from '../../errors/redact'
import { type Answer, jsonAnswer } from '../answer'
import { badRequest } from '../failure'
import type { KnownRoute } from '../model'
import { recordRead } from '../record-read'
import { attributeOf } from './attributes'

const SECOND = 1_000_000
/** Seconds: what people read times by. */
const INTERVALS = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800, 2_592_000, 31_536_000]
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }
/** Chosen for about so many buckets where nothing is said. */
const ABOUT = 60
const MOST_BUCKETS = 2_000

/** How many events there were when, with all filters of the list; `by` counts apart by the values of an attribute. */
export const histogram: KnownRoute = async (call): Promise<Answer> => {
  const { parameters } = call
  const given = intervalOf(parameters)
  const name = firstValue(parameters, 'by')
  const by = name === undefined ? undefined : attributeOf(name)
  const reading = call.reading()
  if (reading.kind === 'nothing') return jsonAnswer(200, { interval: given ?? ABOUT, buckets: [], total: 0 })
  const filter = filterFrom(parameters, reading.scope)
  const { store } = call.trail
  const seconds = given ?? (await fittingInterval(store, filter))
  const found = await store.histogram({
    filter,
    interval: seconds * SECOND,
    maxBuckets: MOST_BUCKETS,
    ...(by === undefined ? {} : { by }),
  })
  await recordRead(call, reading, 'read/list')
  const buckets = found.map(({ time, count, by: parts }) => ({
    time: new Date(time / 1000).toISOString(),
    count,
    ...(parts === undefined ? {} : { by: parts }),
  }))
  const total = found.reduce((sum, { count }) => sum + count, 0)
  return jsonAnswer(200, { interval: seconds, ...(by === undefined ? {} : { by }), buckets, total })
}

/** Seconds, or a number with a unit; undefined: to be chosen. @throws ApiFailure 400 */
function intervalOf(parameters: QueryParameters): number | undefined {
  const text = firstValue(parameters, 'interval')
  if (text === undefined || text === 'auto') return undefined
  const [, digits, unit = 's'] = /^(\d{1,9})([smhdw])?$/.exec(text) ?? []
  const seconds = Number(digits) * (UNITS[unit] ?? 1)
  if (seconds >= 1 && seconds <= 10 * 31_536_000) return seconds
  throw badRequest(
    'BAD_INTERVAL',
    `The parameter interval is "${quote(text, 40)}", which is no time span.`,
    'Write seconds, or a number with s, m, h, d or w: 15m.',
  )
}

async function fittingInterval(store: AuditStore, filter: AuditFilter): Promise<number> {
  const { from, to } = (await seenSpan(store, filter)) ?? { from: 0, to: 0 }
  const span = Math.max(0, to - from) / SECOND
  return INTERVALS.find((seconds) => span / seconds <= ABOUT) ?? (INTERVALS.at(-1) as number)
}
