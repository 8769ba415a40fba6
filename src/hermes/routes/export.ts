import { csv } from '../../audit/export/csv'
import { jsonLines } from '../../audit/export/json-lines'
import type { Portions } from '../../audit/export/portions'
import type { StoredEvent } from '../../audit/model'
import { filterFrom } from '../../audit/query/filter-from'
import { firstValue, type QueryParameters } from '../../audit/query/parameters'
import { parseSort } from '../../audit/query/sort'
import { quote } from '../../errors/redact'
import type { Answer } from '../answer'
import { ApiFailure, badRequest } from '../failure'
import type { KnownCall, KnownRoute, Serving } from '../model'
import { ownTurn } from '../own-turn'
import { recordRead } from '../record-read'
import { shapeOf } from '../shape/shapes'

/** An export may last for hours; a token may not be good that long. */
const ASK_AGAIN_MS = 60_000

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
  return write(whileTokenIsGood(call, serving, call.trail.store.export({ filter, order, signal: call.signal })))
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

/** In small portions. Ends with an error, so that the connection is cut, as soon as the token is known not to be good any more. */
async function* whileTokenIsGood(
  { token }: KnownCall,
  { tokens, clock = Date }: Serving,
  portions: AsyncIterable<readonly StoredEvent[]>,
): AsyncGenerator<readonly StoredEvent[]> {
  let askedAt = clock.now()
  for await (const portion of portions) {
    if (clock.now() - askedAt >= ASK_AGAIN_MS) {
      const { valid } = await tokens.check(token)
      if (!valid) throw new ApiFailure(401, 'BAD_TOKEN', 'The token expired or was revoked during an export.')
      askedAt = clock.now()
    }
    for (let at = 0; at < portion.length; at += AT_ONCE) {
      await ownTurn()
      yield portion.slice(at, at + AT_ONCE)
    }
  }
}
