import type { Page } from '../../audit/model'
import { filterFrom } from '../../audit/query/filter-from'
import { firstValue } from '../../audit/query/parameters'
import { parseSort } from '../../audit/query/sort'
import { parseTime } from '../../audit/query/time'
import { type Answer, JSON_TYPE } from '../answer'
import { badRequest } from '../failure'
import type { KnownRoute } from '../model'
import { checkWindow, limitOf, wholeNumber, withParameter } from '../paging'
import { PORTION, portionsFrom } from '../portions'
import { recordRead } from '../record-read'
import { shapeOf } from '../shape/shapes'
import { whileTokenIsGood } from '../while-token-is-good'
import { emptyList, type Links, listBody } from './list-body'

/** In place of a cursor: from the beginning, with cursors from there. */
const FIRST = 'first'

export const list: KnownRoute = async (call, options): Promise<Answer> => {
  const { parameters, query } = call
  // Hermes' order: whoever sends several mistakes is told of the same one.
  const offset = wholeNumber(parameters, 'offset') ?? 0
  const limit = limitOf(parameters)
  const sort = parseSort(firstValue(parameters, 'sort') ?? '')
  parseTime(firstValue(parameters, 'time') ?? '')
  const shape = shapeOf(parameters, options.shape)
  const cursor = firstValue(parameters, 'cursor')
  if (cursor !== undefined && offset > 0) {
    throw badRequest('CURSOR_AND_OFFSET', 'A cursor and an offset cannot be given together.')
  }
  if (cursor !== undefined && sort.some(({ by }) => by !== 'time')) {
    throw badRequest('CURSOR_AND_SORT', 'With a cursor events can be sorted by time only.')
  }
  const reading = call.reading()
  checkWindow(limit)
  const headers = { 'content-type': JSON_TYPE }
  if (reading.kind === 'nothing') return { status: 200, headers, body: emptyList() }

  const filter = filterFrom(parameters, reading.scope)
  const { store } = call.trail
  const place = cursor === undefined ? { offset } : cursor === FIRST ? {} : { after: cursor }
  const first = await store.list({ filter, sort, limit: Math.min(limit, PORTION), total: true, ...place })
  const total = first.total ?? (await store.count(filter))
  await recordRead(call, reading, 'read/list')

  const link = (name: string, value: string) => call.link('/v1/events', withParameter(query, name, value))
  const pages = portionsFrom(store, first, { filter, sort, limit, total: false, ...place })
  const portions = whileTokenIsGood(call, options, pages)
  const links = async (last: Page | undefined, shown: number): Promise<Links> => {
    if (cursor === undefined) {
      return {
        ...(offset + limit < total ? { next: link('offset', String(offset + limit)) } : {}),
        ...(offset > 0 ? { previous: link('offset', String(Math.max(0, offset - limit))) } : {}),
      }
    }
    const after = shown === limit ? last?.cursor : undefined
    if (after === undefined) return {}
    const beyond = await store.list({ filter, sort, limit: 1, after, total: false })
    return beyond.events.length > 0 ? { next: link('cursor', after) } : {}
  }
  const showing = { shape, details: query.has('details') }
  return { status: 200, headers, body: await listBody({ portions, first, limit, total, links, showing }) }
}
