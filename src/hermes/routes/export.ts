import { csv } from '../../audit/export/csv'
import { jsonLines } from '../../audit/export/json-lines'
import type { Portions } from '../../audit/export/portions'
import type { StoredEvent } from '../../audit/model'
import { filterFrom } from '../../audit/query/filter-from'
import { firstValue, type QueryParameters } from '../../audit/query/parameters'
import { parseSort } from '../../audit/query/sort'
import { quote } from '../../errors/redact'
import type { Answer } from '../answer'
import { badRequest } from '../failure'
import type { KnownRoute } from '../model'
import { ownTurn } from '../own-turn'
import { recordRead } from '../record-read'
import { shapeOf } from '../shape/shapes'
import { whileTokenIsGood } from '../while-token-is-good'

/** Events whose texts are made in one go: a millisecond or two, in which nobody else is served. */
const AT_ONCE = 50

/** Everything that the list's filters find, of any size, as JSON Lines or CSV. Oldest first unless `sort=time:desc`. */
export const exportEvents: KnownRoute = async (call, serving): Promise<Answer> => {
  const { parameters } = call
  const newestFirst = newestFirstOf(parameters)
  const write = formatOf(parameters)
  const reading = call.reading()
  if (reading.kind === 'nothing') return write([])
  const filter = filterFrom(parameters, reading.scope)
  await recordRead(call, reading, 'read/list')
  const order = newestFirst ? 'newest-first' : 'oldest-first'
  const stored = call.trail.store.export({ filter, order, signal: call.signal })
  return write(inTurns(whileTokenIsGood(call, serving, stored)))
}

function newestFirstOf(parameters: QueryParameters): boolean {
  const sort = parseSort(firstValue(parameters, 'sort') ?? '')
  if (sort.some(({ by }) => by !== 'time')) {
    throw badRequest('EXPORT_AND_SORT', 'An export can be sorted by time only.', 'Sort what was exported.')
  }
  return sort[0]?.descending === true
}

/** @throws ApiFailure 400 */
function formatOf(parameters: QueryParameters): (portions: Portions) => Answer {
  const format = firstValue(parameters, 'format') ?? 'jsonl'
  if (format === 'jsonl') {
    const shape = shapeOf(parameters, 'event')
    if (shape !== 'event' && shape !== 'record') {
      throw badRequest('BAD_SHAPE', 'An export holds whole events: its shape is event or record.')
    }
    return (portions) => file('application/x-ndjson', 'jsonl', jsonLines(portions, { as: shape }))
  }
  if (format === 'csv') {
    const byteOrderMark = firstValue(parameters, 'bom') === 'true'
    return (portions) => file('text/csv; charset=utf-8; header=present', 'csv', csv(portions, { byteOrderMark }))
  }
  throw badRequest('BAD_FORMAT', `The parameter format is "${quote(format, 40)}", which is neither jsonl nor csv.`)
}

function file(type: string, extension: string, body: AsyncIterable<string>): Answer {
  const headers = { 'content-type': type, 'content-disposition': `attachment; filename="audit-events.${extension}"` }
  return { status: 200, headers, body }
}

/** Each made into text in a turn of its own. */
async function* inTurns(portions: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<readonly StoredEvent[]> {
  for await (const portion of portions) {
    for (let at = 0; at < portion.length; at += AT_ONCE) {
      await ownTurn()
      yield portion.slice(at, at + AT_ONCE)
    }
  }
}
